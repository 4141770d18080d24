"""The evaluation's classifier: a small network on log-mel spectrograms, trained apart from any GAN.

Its posterior gives the Inception Score and the class accuracy; its last hidden layer is an embedding for distances.
"""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from audiogan import dsp, weights
from audiogan.checkpoint import FOLDER
from audiogan.config import ModelConfig
from audiogan.text import read_object

FORMAT = 1
CONFIG_FILE, WEIGHTS_FILE = "classifier.json", "model.safetensors"
DEFAULT_FOLDER = FOLDER / "classifier-general-midi"
MAX_CONFIG_BYTES = 1_000_000
N_FFT, HOP_LENGTH, N_MELS = 1024, 256, 64
LOG_FLOOR = 1e-3
LOG_MEAN, LOG_SPREAD = -3.5, 2.5  # of log-mel magnitudes of peak-normalised clips, roughly


@dataclass(frozen=True)
class ClassifierConfig:
    """A classifier. Building from an untrusted file is safe: every size is bounded.

    Args:
        labels: class names in the order of their indices, at least two.
        sample_rate: Hz.
        num_samples: length of a clip in samples.
        width: channels of the first block; each later block has twice as many as the one before.
        features: size of the embedding.

    Raises:
        ValueError: a value is out of range; names it and what is accepted.
    """

    labels: tuple[str, ...]
    sample_rate: int = 16000
    num_samples: int = 16384
    width: int = 32
    features: int = 128

    def __post_init__(self):
        bounds = ModelConfig("any", self.width, self.num_samples, self.sample_rate, self.features, labels=self.labels)
        object.__setattr__(self, "labels", bounds.labels)
        if len(self.labels) < 2:
            raise ValueError(f"labels must be at least two names, not {list(self.labels)}")

    def to_dict(self) -> dict:
        """The config as JSON types."""
        return dataclasses.asdict(self) | {"labels": list(self.labels)}


def mel(audio: Tensor, sample_rate: int) -> Tensor:
    """Audio [batch, time] to mel magnitudes, [batch, mel, frames]."""
    return dsp.mel(dsp.magnitude(audio, N_FFT, HOP_LENGTH), N_FFT, N_MELS, sample_rate)


class Classifier(nn.Module):
    """Four blocks of two 3x3 convolutions, the mean over time and frequency, a hidden layer, logits."""

    def __init__(self, config: ClassifierConfig):
        super().__init__()
        self.config = config
        channels = [1] + [config.width * 2**number for number in range(4)]
        strides = ((2, 2), (2, 1), (2, 1), (2, 1))
        shapes = zip(channels, channels[1:], strides, strict=False)
        self.blocks = nn.Sequential(*(_block(*shape) for shape in shapes))
        self.hidden = nn.Linear(channels[-1], config.features)
        self.output = nn.Linear(config.features, len(config.labels))

    def mel(self, audio: Tensor) -> Tensor:
        """The network's input: `mel` at its sample rate."""
        return mel(audio, self.config.sample_rate)

    def embed_mel(self, mels: Tensor) -> Tensor:
        """Mel magnitudes [batch, mel, frames] to the last hidden layer, [batch, features]."""
        logs = dsp.log_magnitude(mels, LOG_FLOOR)
        maps = self.blocks(((logs - LOG_MEAN) / LOG_SPREAD)[:, None])  # [batch, channels, mel / 32, frames / 32]
        return self.hidden(maps.mean((2, 3))).relu()

    def classify(self, embeddings: Tensor) -> Tensor:
        """Embeddings [batch, features] to logits [batch, labels]."""
        return self.output(embeddings)

    def forward(self, audio: Tensor) -> Tensor:
        """Audio [batch, time] to logits [batch, labels]."""
        return self.classify(self.embed_mel(self.mel(audio)))


def _block(inputs: int, outputs: int, strides: tuple[int, int]) -> nn.Sequential:
    layers = []
    for channels, stride in zip((inputs, outputs), strides, strict=True):
        layers += [nn.Conv2d(channels, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


def read(folder: str | os.PathLike) -> tuple[ClassifierConfig, dict]:
    """A classifier's config, and the training record in its classifier.json.

    Raises:
        ValueError: it is missing, damaged, too large or of an unknown format.
    """
    folder, file = Path(folder), Path(folder) / CONFIG_FILE
    try:
        document = read_object(file, MAX_CONFIG_BYTES, format=FORMAT)
        return ClassifierConfig(**document["model"]), dict(document["training"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"classifier {folder} has no usable {CONFIG_FILE}: {error}") from None


def load(folder: str | os.PathLike = DEFAULT_FOLDER) -> tuple[Classifier, dict]:
    """A classifier in float32, in evaluation mode, on the CPU, and its training record.

    Raises:
        ValueError: config or weights missing, damaged, of other shapes, or not finite.
    """
    config, training = read(folder)
    with torch.device("meta"):
        classifier = Classifier(config)
    try:
        state = weights.read(Path(folder) / WEIGHTS_FILE, classifier.state_dict())
    except (OSError, ValueError) as error:
        raise ValueError(f"classifier {folder} has no usable {WEIGHTS_FILE}: {error}") from None
    classifier.load_state_dict(state, assign=True)
    return classifier.requires_grad_(False).eval(), training
