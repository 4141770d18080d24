"""A generator on its device: latents, labels and pitches to waveforms, tile by tile."""

from collections.abc import Callable

import numpy as np
import torch

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.models.base import Generator
from audiogan.tiles import TILE, Tiles

MOST_GAIN = 16.0  # 24 dB: fainter clips stay below the peak


class Renderer:
    """Runs a generator on arguments that are already checked. Safe to call from many threads.

    Clips are computed in tiles of a fixed size, because kernels choose their order of summation by batch size and a
    clip must not depend on how many were asked for. A lone caller's clip i is always at place i modulo that size.

    Attributes:
        generator: in evaluation mode.
        device: where it computes.
        elsewhere: `elsewhere(method, *arguments)` runs this renderer's method in a process that can reach its device
            (see `audiogan.ui.zero_gpu`); None if this one can.
    """

    def __init__(self, generator: Generator, device: torch.device):
        self.generator, self.device = generator.to(device).eval(), device
        self.elsewhere: Callable[..., np.ndarray] | None = None
        self._tiles = Tiles(self._compute_tile)

    def render(self, z: np.ndarray, labels: list[int], pitches: list[float]) -> np.ndarray:
        """Sounds of latents.

        Args:
            z: [clips, latent_dim].
            labels: a label's index for each clip, 0 for a model without labels.
            pitches: a MIDI number for each clip, NaN for none.

        Returns:
            [clips, num_samples] float32 in [-1, 1].
        """
        return self._where_the_device_is("compute", z, labels, pitches)

    def first_features(self, z: np.ndarray, label: int, pitch: float) -> np.ndarray:
        """The generator's first features of latents under one label and pitch: [n, latent_dim] to [n, features]."""
        return self._where_the_device_is("compute_first_features", z, label, pitch)

    def _where_the_device_is(self, method: str, *arguments) -> np.ndarray:
        return self.elsewhere(method, *arguments) if self.elsewhere else getattr(self, method)(*arguments)

    def compute(self, z: np.ndarray, labels: list[int], pitches: list[float]) -> np.ndarray:
        """`render` on this process's device."""
        parts = [slice(first, first + TILE) for first in range(0, len(z), TILE)]
        return np.concatenate([self._tiles(z[part], labels[part], pitches[part]) for part in parts])

    def close(self) -> None:
        """Compute no more tiles on this process's device: callers get a `tiles.ClosedError`."""
        self._tiles.close()

    @torch.inference_mode()
    def compute_first_features(self, z: np.ndarray, label: int, pitch: float) -> np.ndarray:
        """`first_features` on this process's device."""
        features = self.generator.first_features(*self._tensors(z, [label] * len(z), [pitch] * len(z)))
        return features.flatten(1).float().cpu().numpy()

    @torch.inference_mode()
    def _compute_tile(self, z: np.ndarray, labels: list[int], pitches: list[float]) -> np.ndarray:
        """[TILE, latent_dim] to [TILE, num_samples]."""
        native = self.generator(*self._tensors(z, labels, pitches))
        audio = self.generator.to_audio(native).float().clamp(-1.0, 1.0).cpu()
        return finished(audio, self.generator.config).numpy()

    def _tensors(self, z: np.ndarray, labels: list[int], pitches: list[float]) -> tuple[torch.Tensor | None, ...]:
        """A generator's arguments on its device."""
        return (
            torch.tensor(z, device=self.device),  # a copy: numpy's memory is less aligned, which changes sums
            torch.tensor(labels, device=self.device) if self.generator.config.labels else None,
            torch.tensor(pitches, device=self.device),
        )


def finished(audio: torch.Tensor, config: ModelConfig) -> torch.Tensor:
    """Finish clips [clips, num_samples] like the training clips: silent at both edges, peaking at `output_peak`.

    The gain is at most `MOST_GAIN`. If `output_peak` is 0, the training clips were not like that: changes nothing.
    """
    if not config.output_peak:
        return audio
    faded = audio * dsp.edges(config.num_samples, config.sample_rate, audio.device)
    return faded * (config.output_peak / faded.abs().amax(1, keepdim=True).clamp_min(config.output_peak / MOST_GAIN))
