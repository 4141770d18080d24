"""A generator as an ONNX file that plays alone: latent, label, pitch and noise in, waveform out."""

import copy
import io
import json
import logging
import os
import warnings
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import torch
from torch import Tensor, nn

from audiogan.files import write_atomically
from audiogan.interop.real_fourier import RealFourier, RealGriffinLim, RealPostFilter
from audiogan.models.base import Generator, SpectralGenerator
from audiogan.models.convolutions import UpConv1d
from audiogan.renderer import finished
from audiogan.spectra import HOP_LENGTH
from audiogan.synthesis import Synthesizer

OPSET = 20
MISSING = "writing ONNX files takes two more packages: pip install -r requirements-onnx.txt"


class Player(nn.Module):
    """`Synthesizer.render` as one module of real-valued parts.

    Args:
        generator: copied.
    """

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = portable(generator)
        self.spectral = isinstance(generator, SpectralGenerator)

    @property
    def inputs(self) -> list[str]:
        """Names of the arguments, in order: those that the architecture takes."""
        config, generator = self.generator.config, self.generator
        taken = {"label": config.labels, "pitch": generator.takes_pitch, "noise": generator.noise_dim}
        return ["z", *(name for name, needed in taken.items() if needed)]

    @property
    def outputs(self) -> list[str]:
        """Names of the results, in order."""
        return ["audio", "spectrogram"] if self.spectral else ["audio"]

    def example(self) -> tuple[Tensor, ...]:
        """Arguments for two clips."""
        generator = self.generator
        given = {
            "z": torch.zeros(2, generator.config.latent_dim),
            "label": torch.zeros(2, dtype=torch.int64),
            "pitch": torch.full((2,), 60.0),
            "noise": torch.ones(2, generator.noise_dim),
        }
        return tuple(given[name] for name in self.inputs)

    def forward(self, *arguments: Tensor) -> tuple[Tensor, ...]:
        """`inputs` to `outputs`: audio [batch, num_samples] in [-1, 1], and its normalised log spectrogram."""
        native = self.generator(**dict(zip(self.inputs, arguments, strict=True)))
        audio = self.generator.to_audio(native).clamp(-1.0, 1.0)
        audio = finished(audio, self.generator.config)
        return (audio, native.squeeze(1)) if self.spectral else (audio,)


def portable(generator: Generator) -> Generator:
    """A copy that sounds the same, without complex numbers and with plain transposed convolutions."""
    generator = copy.deepcopy(generator).cpu().float().eval().requires_grad_(False)
    for parent in list(generator.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, UpConv1d):
                setattr(parent, name, _plain(layer))
    num_samples = generator.config.num_samples
    if isinstance(generator, SpectralGenerator):
        generator.find_phases = RealGriffinLim(generator.spectrogram.n_fft, HOP_LENGTH, num_samples)
    if hasattr(generator, "fourier"):
        generator.fourier = RealFourier(generator.fourier.n_fft, generator.fourier.hop_length, num_samples)
    if getattr(generator, "post", None) is not None:
        generator.post = RealPostFilter(generator.post)
    return generator


def _plain(layer: UpConv1d) -> nn.ConvTranspose1d:
    i, o, taps = layer.weight.shape
    rest = layer.stride + 2 * layer.padding - taps
    plain = nn.utils.skip_init(nn.ConvTranspose1d, i, o, taps, layer.stride, layer.padding, rest)
    plain.weight, plain.bias = layer.weight, layer.bias
    return plain


def export(synthesizer: Synthesizer, path: str | os.PathLike) -> None:
    """Write a model as an ONNX file, whole or not at all; any number of clips at a time.

    Raises:
        ValueError: the packages that write ONNX, or the folder, are missing.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise ValueError(f"--out's folder {path.parent} is missing")
    try:
        import onnx
        import onnxscript  # noqa: F401
    except ImportError:
        raise ValueError(MISSING) from None
    player = Player(synthesizer.generator)
    with torch.inference_mode():
        player(*player.example())  # fills the caches of constants; tracing would fill them with valueless tensors
    with _quiet():
        program = torch.onnx.export(
            player,
            player.example(),
            input_names=player.inputs,
            output_names=player.outputs,
            dynamic_shapes=(tuple({0: torch.export.Dim("batch")} for _ in player.inputs),),
            opset_version=OPSET,
            dynamo=True,
        )
    model = program.model_proto
    onnx.helper.set_model_props(model, metadata(synthesizer))
    model.doc_string = f"{synthesizer.name}: sounds by audiogan"
    onnx.checker.check_model(model)
    write_atomically(path, model.SerializeToString())


def metadata(synthesizer: Synthesizer) -> dict[str, str]:
    """What a player needs to know, as text; lists and objects are JSON.

    `pitches` has the lowest and the highest MIDI number of each label that takes a pitch, under "" for a model without
    labels; pass NaN for other labels.
    """
    config = synthesizer.config
    known = {
        "name": synthesizer.name,
        "architecture": config.architecture,
        "sample_rate": config.sample_rate,
        "num_samples": config.num_samples,
        "latent_dim": config.latent_dim,
        "latent_distribution": config.latent_distribution,
        "noise_dim": synthesizer.generator.noise_dim,
        "labels": list(config.labels),
        "pitches": synthesizer.pitch_ranges,
    }
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in known.items()}


@contextmanager
def _quiet():
    """Silence the exporter's progress and advice, which are for authors of architectures."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
