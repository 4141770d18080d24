"""Checkpoint, seed, index, label and pitch to a waveform: the same arguments give the same samples."""

import math
import operator
import os
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from audiogan import checkpoint, latent
from audiogan.device import choose_device
from audiogan.models.base import Generator

TILE = 8
MAX_CLIPS = 100_000
MAX_MORPH_STEPS = 256


class Synthesizer:
    """A loaded generator.

    Clips are computed in tiles of a fixed size, clip i always at place i modulo that size: kernels choose
    their order of summation by batch size, and a clip must not depend on how many were asked for.

    Attributes:
        name: the checkpoint's.
        config: the model's.
        checkpoint: the description it was loaded from.
        device: where it computes.
    """

    def __init__(self, description: checkpoint.Checkpoint, generator: Generator, device: torch.device):
        self.checkpoint, self.name, self.config = description, description.name, generator.config
        self.device = device
        self.generator = generator.to(device).eval()
        self._busy = threading.Lock()

    @property
    def labels(self) -> tuple[str, ...]:
        return self.config.labels

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.config.sample_rate

    @property
    def num_samples(self) -> int:
        """Length of a clip in samples."""
        return self.config.num_samples

    def generate(
        self,
        num: int,
        seed: int,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Clips 0 to num - 1 of a seed.

        Args:
            num: how many, 1 to `MAX_CLIPS`.
            seed: 0 to `latent.MAX_SEED`.
            label: a name in `labels`; None lets each clip draw its own where the model has labels.
            pitch: MIDI number for architectures that take one.
            truncation: in (0, 1]; smaller is more typical and less varied.

        Returns:
            [num, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument out of range, named with what is accepted.
        """
        return np.concatenate(list(self.stream(num, seed, label, pitch, truncation)))

    def stream(
        self,
        num: int,
        seed: int,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
    ) -> Iterator[np.ndarray]:
        """`generate`, up to `TILE` clips at a time, so that memory does not grow with num."""
        num = _whole("num", num, 1, MAX_CLIPS)
        seed = check_seed(seed)
        pitch = check_pitch(pitch)
        latent.truncate(np.zeros(1, np.float32), truncation)
        self.clip_labels([0], seed, label)
        return self._tiles(num, seed, label, pitch, truncation)

    def clip_labels(self, indices: Sequence[int], seed: int, label: str | None = None) -> list[str | None]:
        """The label of each of a seed's clips at the given indices; None for a model without labels.

        Raises:
            ValueError: the label is not one of the model's.
        """
        if label is not None:
            self.config.label_index(label)
        if label is not None or not self.labels:
            return [label] * len(indices)
        return [self.labels[index] for index in latent.draw_labels(indices, seed, len(self.labels))]

    def morph(
        self, from_seed: int, to_seed: int, steps: int, label: str | None = None, pitch: float | None = None
    ) -> np.ndarray:
        """Sounds along the great circle from clip 0 of one seed to clip 0 of another.

        Args:
            steps: 2 to `MAX_MORPH_STEPS`, both ends included.
            label: a name in `labels`; None takes the one that `from_seed` draws.

        Returns:
            [steps, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument out of range, named with what is accepted.
        """
        steps = _whole("steps", steps, 2, MAX_MORPH_STEPS)
        pitch = check_pitch(pitch)
        from_seed, to_seed = check_seed(from_seed, "from_seed"), check_seed(to_seed, "to_seed")
        start, end = self._latents([0], from_seed)[0], self._latents([0], to_seed)[0]
        path = latent.slerp(start, end, steps)
        names = self.clip_labels([0], from_seed, label) * steps
        tiles = [slice(first, first + TILE) for first in range(0, steps, TILE)]
        return np.concatenate([self._compute(path[tile], names[tile], pitch)[: len(path[tile])] for tile in tiles])

    def _tiles(self, num: int, seed: int, label: str | None, pitch: float | None, truncation: float):
        for first in range(0, num, TILE):
            indices = range(first, first + TILE)
            z = latent.truncate(self._latents(indices, seed), truncation)
            yield self._compute(z, self.clip_labels(indices, seed, label), pitch)[: num - first]

    def _latents(self, indices: Sequence[int], seed: int) -> np.ndarray:
        return latent.sample(indices, seed, self.config.latent_dim, self.config.latent_distribution)

    @torch.inference_mode()
    def _compute(self, z: np.ndarray, names: list[str | None], pitch: float | None) -> np.ndarray:
        """A tile: latents [at most TILE, latent_dim], padded with their last row, to audio [TILE, num_samples]."""
        missing = TILE - len(z)
        z = np.pad(z, ((0, missing), (0, 0)), mode="edge")
        names = names + names[-1:] * missing
        label = torch.tensor([self.config.label_index(name) for name in names]) if self.labels else None
        pitches = torch.full((TILE,), math.nan if pitch is None else pitch)
        with self._busy:  # one tile at a time a model: threads would only fight for the cores
            native = self.generator(
                torch.tensor(z, device=self.device),  # a copy: numpy's memory is less aligned, which changes sums
                label if label is None else label.to(self.device),
                pitches.to(self.device),
            )
            return self.generator.to_audio(native).float().clamp(-1.0, 1.0).cpu().numpy()


def load(
    name_or_path: str | os.PathLike, device: str = "auto", folder: str | os.PathLike = checkpoint.FOLDER
) -> Synthesizer:
    """Load a checkpoint by name or path.

    Args:
        device: `auto`, `cuda`, `mps` or `cpu`.
        folder: where names are looked up.

    Raises:
        ValueError: no such checkpoint, a damaged one, or a device that is not here.
    """
    where = choose_device(device)
    return Synthesizer(*checkpoint.load(checkpoint.find(name_or_path, folder)), where)


def file_name(name: str, label: str | None, seed: int, index: int) -> str:
    """`NAME-LABEL-SEED-INDEX.wav`, with spaces as underscores; a model without labels has `any`."""
    return f"{name}-{(label or 'any').replace(' ', '_')}-{seed}-{index}.wav"


def check_seed(seed, name: str = "seed") -> int:
    """The seed as an int.

    Raises:
        ValueError: not a whole number from 0 to `latent.MAX_SEED`.
    """
    return _whole(name, seed, 0, latent.MAX_SEED)


def check_pitch(pitch: float | None) -> float | None:
    """The MIDI pitch as a float, or None.

    Raises:
        ValueError: not a number from 0 to 127.
    """
    if pitch is None:
        return None
    if isinstance(pitch, (int, float)) and 0 <= pitch <= 127:
        return float(pitch)
    raise ValueError(f"pitch must be a MIDI number from 0 to 127, not {pitch!r}")


def _whole(name: str, value, low: int, high: int) -> int:
    try:
        whole = operator.index(value)
    except TypeError:
        whole = int(value) if isinstance(value, float) and value.is_integer() else None
    if whole is None or isinstance(value, bool) or not low <= whole <= high:
        raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
    return whole
