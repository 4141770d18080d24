"""The score that picks a run's best checkpoint: it compares generated clips with held-out ones, and ignores losses."""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass

import numpy as np
import torch
from torch import Tensor

from audiogan import latent
from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.evaluation.candidates import alike
from audiogan.evaluation.classifier import mel
from audiogan.evaluation.features import summarize
from audiogan.evaluation.metrics import frechet_distance, kernel_distance_alone
from audiogan.models.base import Generator
from audiogan.renderer import finished
from training.data.held_out import FEWEST, holds_out

SEED = 1
MAX_CLIPS, BATCH = 512, 32
FLOORS = 4


@dataclass(frozen=True)
class Score:
    """How far clips are from held-out ones; smaller is better.

    Attributes:
        distance: Frechet distance of log-mel summaries, which chooses the best.
        kad: kernel distance of the same summaries, which is unbiased but hardly notices what only a few clips do.
    """

    distance: float
    kad: float


class Validation:
    """Distances of log-mel summaries between the test split and a generator's clips, at playing level.

    The generator gets the test clips' labels and pitches. The summary is coarse on purpose: no network is involved that
    a generator could fool. `floor` is the mean score of `FLOORS` draws of training clips with the same labels: what
    other notes of the same instruments get.

    Args:
        data: its test split is the reference. With fewer than two test clips it is the training split, without a floor:
            that would be compared with itself.
        device: where to compute.

    Raises:
        ValueError: there are fewer than two training clips.
    """

    def __init__(self, data: PreparedData, device: torch.device):
        held_out = holds_out(data.meta["counts"])
        rows = data.rows("test" if held_out else "train")
        if len(rows) < FEWEST:
            raise ValueError(f"training needs at least {FEWEST} clips, but {data.folder} has {len(rows)}")
        rows = np.random.default_rng(SEED).permutation(rows)[:MAX_CLIPS]
        self.device, self.sample_rate = device, data.sample_rate
        self.label, self.pitch = (torch.from_numpy(values[rows]).to(device) for values in (data.label, data.pitch))
        self.reference = self._summaries(data, rows)
        self.floor = self._floor(data, rows) if held_out else None

    @torch.no_grad()
    def score(self, generator: Generator, stopping: Callable[[], bool] = lambda: False) -> Score | None:
        """Score a generator, putting it into evaluation mode.

        Args:
            stopping: called before each batch; True gives it up.

        Returns:
            None if given up.
        """
        generator.eval()
        config = generator.config
        z = latent.sample(range(len(self.label)), SEED, config.latent_dim, config.latent_distribution)
        latents = torch.from_numpy(z).to(self.device).split(BATCH)
        summaries = []
        for batch, label, pitch in zip(latents, self.label.split(BATCH), self.pitch.split(BATCH), strict=True):
            if stopping():
                return None
            native = generator(batch, label if config.labels else None, pitch)
            summaries.append(self._summary(finished(generator.to_audio(native), config)))
        return self._score(torch.cat(summaries).numpy())

    def _score(self, summaries: np.ndarray) -> Score:
        return Score(*(distance(summaries, self.reference) for distance in (frechet_distance, kernel_distance_alone)))

    def _floor(self, data: PreparedData, rows: np.ndarray) -> Score:
        floors = [astuple(self._score(self._summaries(data, others))) for others in _alike(data, rows)]
        return Score(*np.mean(floors, axis=0).tolist())

    def _summaries(self, data: PreparedData, rows: np.ndarray) -> np.ndarray:
        """Summaries of clips of the data set: [rows, features]."""
        chunks = np.array_split(np.sort(rows), -(-len(rows) // BATCH))
        return torch.cat([self._summary(torch.from_numpy(from_pcm16(data.clips[chunk]))) for chunk in chunks]).numpy()

    def _summary(self, audio: Tensor) -> Tensor:
        """Log-mel spectrogram averaged on a coarse grid: [batch, time] to [batch, features] on the CPU."""
        return summarize(mel(audio.to(self.device), self.sample_rate)).cpu()


def _alike(data: PreparedData, rows: np.ndarray) -> Iterator[np.ndarray]:
    """`FLOORS` draws of as many training clips, with the same labels as long as there are enough."""
    train = data.rows("train")
    for draw in range(FLOORS):
        found = alike(data, train, rows, SEED + draw)
        yield np.resize(found if len(found) else train, len(rows))
