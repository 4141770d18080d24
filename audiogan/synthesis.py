"""Checkpoint, seed, index, label and pitch to a waveform: the same arguments give the same samples."""

import math
import os
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from audiogan import checkpoint, hub, latent
from audiogan.checks import check_pitch, check_seed, check_whole
from audiogan.device import choose_device
from audiogan.models.base import Generator
from audiogan.tiles import TILE, Tiles

MAX_CLIPS = 100_000
MAX_MORPH_STEPS = 256
MOST_GAIN = 16.0  # 24 dB: what is quieter stays quiet


class Synthesizer:
    """A loaded generator.

    Clips are computed in tiles of a fixed size, and by one caller alone clip i always at place i modulo that size:
    kernels choose their order of summation by batch size, and a clip must not depend on how many were asked for.

    Attributes:
        name: the checkpoint's.
        config: the model's.
        checkpoint: the description it was loaded from.
        device: where it computes.
        elsewhere: `elsewhere(name, method, *arguments)` runs this synthesizer's method where its device can be
            reached, `audiogan.ui.zero_gpu`; None where that is here.
    """

    def __init__(self, description: checkpoint.Checkpoint, generator: Generator, device: torch.device):
        self.checkpoint, self.name, self.config = description, description.name, generator.config
        self.device, self.elsewhere = device, None
        self.generator = generator.to(device).eval()
        self._tiles = Tiles(self._compute)

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

    @property
    def pitched_labels(self) -> tuple[str, ...]:
        """Labels that take a pitch: those that had one in training; none where the architecture ignores pitch."""
        return tuple(label for label in self.labels if self.pitch_range(label) is not None)

    def pitch_range(self, label: str | None) -> tuple[float, float] | None:
        """The lowest and the highest MIDI pitch of a label in training, None where it takes none.

        Raises:
            ValueError: the label is not one of the model's.
        """
        return self.generator.pitch_range(0 if label is None else self.config.label_index(label))

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
            pitch: MIDI number for labels that take one; None lets each clip draw one as its label had in training.
            truncation: in (0, 1]; smaller is more typical and less varied.

        Returns:
            [num, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument out of range, named with what is accepted.
        """
        return np.concatenate(list(self.stream(num, seed, label, pitch, truncation, MAX_CLIPS)))

    def stream(
        self,
        num: int,
        seed: int,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
        at_once: int = TILE,
    ) -> Iterator[np.ndarray]:
        """`generate`, so many clips at a time, a multiple of `TILE`, so that memory does not grow with num."""
        num = check_whole("num", num, 1, MAX_CLIPS)
        seed = check_seed(seed)
        pitch = check_pitch(pitch)
        latent.truncate(np.zeros(1, np.float32), truncation)
        self.clip_labels([0], seed, label)
        return self._portions(num, seed, label, pitch, truncation, at_once)

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

    def clip_pitches(
        self, indices: Sequence[int], seed: int, labels: Sequence[str | None], pitch: float | None = None
    ) -> list[float | None]:
        """The MIDI pitch of each of a seed's clips at the given indices; None for those whose label takes none."""
        numbers = [self.config.label_index(label) if self.labels else 0 for label in labels]
        drawn = self.generator.draw_pitches(indices, seed, numbers)
        return [None if math.isnan(own) else own if pitch is None else pitch for own in drawn]

    def latents(self, indices: Sequence[int], seed: int) -> np.ndarray:
        """The z of a seed's clips at the given indices: [len(indices), latent_dim] float32."""
        return latent.sample(indices, seed, self.config.latent_dim, self.config.latent_distribution)

    def render(self, z: np.ndarray, labels: Sequence[str | None], pitches: Sequence[float | None]) -> np.ndarray:
        """Sounds of given latents, each a function of its own latent, label and pitch.

        Args:
            z: [clips, latent_dim].
            labels: a name in `labels` for each clip; None each for a model without labels.
            pitches: a MIDI number for each clip, None for no pitch; labels that take none are given none.

        Returns:
            [clips, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: a shape, label or pitch that does not fit.
        """
        z = np.ascontiguousarray(z, np.float32)
        if z.ndim != 2 or z.shape[1] != self.config.latent_dim or not len(z) == len(labels) == len(pitches):
            raise ValueError(
                f"z must be [clips, {self.config.latent_dim}] with a label and a pitch each, not {list(z.shape)} "
                f"with {len(labels)} labels and {len(pitches)} pitches"
            )
        if not np.isfinite(z).all():
            raise ValueError("z must be finite numbers")
        numbers = [self._label_number(label) for label in labels]
        pitches = [
            None if self.generator.pitch_range(number) is None else check_pitch(pitch)
            for number, pitch in zip(numbers, pitches, strict=True)
        ]
        return self._where_the_device_is("compute", z, numbers, pitches)

    def morph(
        self, from_seed: int, to_seed: int, steps: int, label: str | None = None, pitch: float | None = None
    ) -> np.ndarray:
        """Sounds along the great circle from clip 0 of one seed to clip 0 of another.

        Args:
            steps: 2 to `MAX_MORPH_STEPS`, both ends included.
            label: a name in `labels`; None takes the one that `from_seed` draws.
            pitch: MIDI number; None takes the one that `from_seed` draws, where the label takes one.

        Returns:
            [steps, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument out of range, named with what is accepted.
        """
        steps = check_whole("steps", steps, 2, MAX_MORPH_STEPS)
        pitch = check_pitch(pitch)
        from_seed, to_seed = check_seed(from_seed, "from_seed"), check_seed(to_seed, "to_seed")
        labels = self.clip_labels([0], from_seed, label)
        pitches = self.clip_pitches([0], from_seed, labels, pitch)
        path = latent.slerp(self.latents([0], from_seed)[0], self.latents([0], to_seed)[0], steps)
        return self.render(path, labels * steps, pitches * steps)

    def _portions(self, num: int, seed: int, label: str | None, pitch: float | None, truncation: float, at_once: int):
        for first in range(0, num, at_once):
            indices = range(first, min(first + at_once, num))
            labels = self.clip_labels(indices, seed, label)
            z = latent.truncate(self.latents(indices, seed), truncation)
            yield self.render(z, labels, self.clip_pitches(indices, seed, labels, pitch))

    def _label_number(self, label: str | None) -> int:
        if label is None and not self.labels:
            return 0
        return self.config.label_index(label)

    def first_features(self, z: np.ndarray, label: str | None, pitch: float | None) -> np.ndarray:
        """The generator's first features of latents under one label and pitch: [n, latent_dim] to [n, features]."""
        number = self._label_number(label)
        return self._where_the_device_is("compute_first_features", z, number, math.nan if pitch is None else pitch)

    def _where_the_device_is(self, method: str, *arguments) -> np.ndarray:
        if self.elsewhere is None:
            return getattr(self, method)(*arguments)
        return self.elsewhere(self.name, method, *arguments)

    @torch.inference_mode()
    def compute_first_features(self, z: np.ndarray, number: int, pitch: float) -> np.ndarray:
        """`first_features` on this process's device, of a label's index and a MIDI pitch, NaN for none."""
        label = torch.full((len(z),), number, device=self.device) if self.labels else None
        pitches = torch.full((len(z),), pitch, device=self.device)
        features = self.generator.first_features(torch.tensor(z, device=self.device), label, pitches)
        return features.flatten(1).float().cpu().numpy()

    def compute(self, z: np.ndarray, numbers: list[int], pitches: list[float | None]) -> np.ndarray:
        """`render` on this process's device, of label indices, all arguments checked."""
        given = [math.nan if pitch is None else pitch for pitch in pitches]
        parts = [slice(first, first + TILE) for first in range(0, len(z), TILE)]
        return np.concatenate([self._tiles(z[part], numbers[part], given[part]) for part in parts])

    @torch.inference_mode()
    def _compute(self, z: np.ndarray, numbers: list[int], pitches: list[float]) -> np.ndarray:
        """A tile: [TILE, latent_dim] to [TILE, num_samples]."""
        native = self.generator(
            torch.tensor(z, device=self.device),  # a copy: numpy's memory is less aligned, which changes sums
            torch.tensor(numbers, device=self.device) if self.labels else None,
            torch.tensor(pitches, device=self.device),
        )
        audio = self.generator.to_audio(native).float().clamp(-1.0, 1.0).cpu()
        return at_peak(audio, self.config.output_peak).numpy()


def at_peak(audio: torch.Tensor, peak: float) -> torch.Tensor:
    """Clips [clips, num_samples] brought to a peak, by at most `MOST_GAIN`; a peak of 0 leaves them as they are."""
    if not peak:
        return audio
    return audio * (peak / audio.abs().amax(1, keepdim=True).clamp_min(peak / MOST_GAIN))


def load(
    name_or_path: str | os.PathLike, device: str = "auto", folder: str | os.PathLike = checkpoint.FOLDER
) -> Synthesizer:
    """Load a checkpoint by name or path; a name may be one that AUDIOGAN_HUB_CHECKPOINTS gives.

    Args:
        device: `auto`, `cuda`, `mps` or `cpu`.
        folder: where names are looked up.

    Raises:
        ValueError: no such checkpoint, a damaged one, or a device that is not here.
    """
    where = choose_device(device)
    return Synthesizer(*checkpoint.load(*hub.find(name_or_path, folder)), where)


def file_name(name: str, label: str | None, seed: int, index: int) -> str:
    """`NAME-LABEL-SEED-INDEX.wav`, with spaces as underscores; a model without labels has `any`."""
    return f"{name}-{(label or 'any').replace(' ', '_')}-{seed}-{index}.wav"
