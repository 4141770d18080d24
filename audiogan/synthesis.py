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
from audiogan.renderer import Renderer
from audiogan.text import file_stem
from audiogan.tiles import TILE

MAX_CLIPS = 100_000
MAX_MORPH_STEPS = 256


class Synthesizer:
    """A loaded checkpoint, asked for sounds by seed, index, label and pitch.

    Attributes:
        checkpoint: the description it was loaded from.
        name: the checkpoint's.
        config: the model's.
        generator: the loaded model.
        renderer: computes sounds with it.
    """

    def __init__(self, description: checkpoint.Checkpoint, generator: Generator, device: torch.device):
        self.checkpoint, self.name, self.config = description, description.name, generator.config
        self.generator, self.renderer = generator, Renderer(generator, device)

    def __repr__(self) -> str:
        made = f"{len(self.labels)} labels, {self.num_samples} samples at {self.sample_rate} Hz"
        return f"<Synthesizer {self.name}: {self.config.architecture}, {made}, on {self.renderer.device}>"

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
        return tuple(filter(None, self.pitch_ranges))

    @property
    def pitch_ranges(self) -> dict[str, tuple[float, float]]:
        """`pitch_range` of each label that takes a pitch; a model without labels has the key ""."""
        ranges = {label or "": self.pitch_range(label) for label in self.labels or (None,)}
        return {label: known for label, known in ranges.items() if known is not None}

    def pitch_range(self, label: str | None) -> tuple[float, float] | None:
        """The lowest and the highest MIDI pitch of a label in training; None if it takes none.

        Raises:
            ValueError: the label is not one of the model's.
        """
        return self.generator.pitch_range(0 if label is None else self.config.label_index(label))

    def usual_pitch(self, label: str | None) -> float | None:
        """The MIDI number in the middle of a label's range; None if it takes no pitch."""
        known = self.pitch_range(label)
        return None if known is None else float(math.floor(sum(known) / 2 + 0.5))

    def heard_pitch(self, label: str | None, pitch: float | None) -> float | None:
        """The MIDI number that a label is played at: `pitch`, else its usual one; None if it takes none.

        Raises:
            ValueError: the label is not one of the model's, or the pitch is not a MIDI number.
        """
        pitch, usual = check_pitch(pitch), self.usual_pitch(label)
        return usual if usual is None or pitch is None else pitch

    def generate(
        self,
        num: int,
        seed: int = 0,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
    ) -> np.ndarray:
        """Clips 0 to num - 1 of a seed.

        Args:
            num: how many, 1 to `MAX_CLIPS`.
            seed: 0 to `latent.MAX_SEED`.
            label: a name in `labels`; None lets each clip draw its own where the model has labels.
            pitch: MIDI number for labels that take one; None draws each clip's as its label had them in training.
            truncation: in (0, 1]; smaller is more typical and less varied.

        Returns:
            [num, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument is out of range; names it and what is accepted.
        """
        return next(self.stream(num, seed, label, pitch, truncation, MAX_CLIPS))

    def stream(
        self,
        num: int,
        seed: int,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
        at_once: int = TILE,
    ) -> Iterator[np.ndarray]:
        """`generate`, `at_once` clips at a time (a multiple of `TILE`), so that memory does not grow with num."""
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
        """The MIDI pitch of each of a seed's clips at the given indices: `pitch`, or drawn as in training.

        None for clips whose label takes none, or that drew none.
        """
        numbers = [self._label_number(label) for label in labels]
        if pitch is not None:
            return [None if self.generator.pitch_range(number) is None else pitch for number in numbers]
        return [None if math.isnan(own) else own for own in self.generator.draw_pitches(indices, seed, numbers)]

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
            ValueError: a shape, label or pitch that does not fit, or weights whose sounds are not finite.
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
        given = [self._played(number, pitch) for number, pitch in zip(numbers, pitches, strict=True)]
        audio = self.renderer.render(z, numbers, given)
        if not np.isfinite(audio).all():
            raise ValueError(f"checkpoint {self.name} makes a sound whose values are not finite")
        return audio

    def morph(
        self, from_seed: int, to_seed: int, steps: int, label: str | None = None, pitch: float | None = None
    ) -> np.ndarray:
        """Sounds along the great circle from clip 0 of one seed to clip 0 of another.

        Args:
            steps: 2 to `MAX_MORPH_STEPS`, both ends included.
            label: a name in `labels`; None takes the label that `from_seed` draws.
            pitch: MIDI number; None takes the pitch that `from_seed` draws, if the label takes one.

        Returns:
            [steps, num_samples] float32 in [-1, 1].

        Raises:
            ValueError: an argument is out of range; names it and what is accepted.
        """
        steps = check_whole("steps", steps, 2, MAX_MORPH_STEPS)
        pitch = check_pitch(pitch)
        from_seed, to_seed = check_seed(from_seed, "from_seed"), check_seed(to_seed, "to_seed")
        labels = self.clip_labels([0], from_seed, label)
        pitches = self.clip_pitches([0], from_seed, labels, pitch)
        path = latent.slerp(self.latents([0], from_seed)[0], self.latents([0], to_seed)[0], steps)
        return self.render(path, labels * steps, pitches * steps)

    def first_features(self, z: np.ndarray, label: str | None, pitch: float | None) -> np.ndarray:
        """The generator's first features of latents under one label and pitch: [n, latent_dim] to [n, features]."""
        return self.renderer.first_features(z, self._label_number(label), math.nan if pitch is None else float(pitch))

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

    def _played(self, number: int, pitch: float | None) -> float:
        """The pitch that a label's clip is given, NaN for none."""
        pitch = None if self.generator.pitch_range(number) is None else check_pitch(pitch)
        return math.nan if pitch is None else pitch


def load(
    name_or_path: str | os.PathLike, device: str | torch.device = "auto", folder: str | os.PathLike = checkpoint.FOLDER
) -> Synthesizer:
    """Load a checkpoint by name or path; a name may be one in AUDIOGAN_HUB_CHECKPOINTS.

    Args:
        device: `auto`, `cuda`, `mps` or `cpu`, or a torch.device.
        folder: where names are looked up.

    Raises:
        ValueError: no such checkpoint, a damaged one, or a device that this machine lacks.
    """
    where = choose_device(device)
    return Synthesizer(*checkpoint.load(*hub.find(name_or_path, folder)), where)


def file_name(name: str, label: str | None, seed: int, index: int) -> str:
    """File name of a seed's clip: `NAME-LABEL-SEED-INDEX.wav`."""
    return f"{_stem(name, label)}-{seed}-{index}.wav"


def morph_name(name: str, label: str | None, from_seed: int, to_seed: int) -> str:
    """File name of a morph: `NAME-LABEL-FROM-to-TO.wav`."""
    return f"{_stem(name, label)}-{from_seed}-to-{to_seed}.wav"


def _stem(name: str, label: str | None) -> str:
    """`NAME-LABEL`, with spaces as underscores; a model without labels has `any`."""
    return f"{name}-{file_stem(label or 'any')}"
