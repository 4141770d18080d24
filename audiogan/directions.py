"""Directions in latent space that a listener can name, of one label of one model."""

import threading
from dataclasses import dataclass

import numpy as np

from audiogan import descriptors, latent
from audiogan.descriptors import DESCRIPTORS
from audiogan.synthesis import Synthesizer
from audiogan.tiles import TILE

SPAN, COUNT = 16, 6  # principal directions kept, and offered
SEED, DRAWS = 0, 512  # latents whose features are decomposed
HEARD = 8 * TILE  # how many of these are rendered and measured
JUDGES, REACH = TILE, 2.0  # further latents, and how many standard deviations they move each way
AGREEMENT = 0.75  # least correlation of a descriptor with the position along a direction, over the judges
EFFECT = 0.6  # least change of a descriptor from end to end, in spreads over the judges


@dataclass(frozen=True)
class Meaning:
    """What a direction audibly changes.

    Attributes:
        name: the descriptor's; empty where none follows the direction.
        low, high: words for its two ends.
        change: of the descriptor over `2 * REACH` standard deviations, in `unit`.
    """

    name: str = ""
    low: str = ""
    high: str = ""
    change: float = 0.0
    unit: str = ""


class Directions:
    """Directions of one model and label: first one steered at each descriptor, then `COUNT` principal ones.

    The principal directions are those of the generator's first features (GANSpace, Haerkoenen et al. 2020). A steered
    one is the direction in their span along which a descriptor grows fastest. The first request finds all of them,
    from `HEARD` clips. What a direction changes is measured once, on request, on other clips.

    Args:
        pitch: MIDI number, for labels that take one.
    """

    def __init__(self, synthesizer: Synthesizer, label: str | None, pitch: float | None = None):
        self._synthesizer, self._label, self._pitch = synthesizer, label, pitch
        self._vectors = self._judged = None
        self._meanings: dict[int, Meaning] = {}
        self._busy = threading.RLock()  # two visitors with the same request share one measurement

    def __len__(self) -> int:
        return len(DESCRIPTORS) + COUNT

    def vectors(self) -> np.ndarray:
        """[len(self), latent_dim]: adding one to z moves it by a standard deviation. Directions not found are 0."""
        with self._busy:
            if self._vectors is None:
                self._vectors = self._find()
            return self._vectors

    def meaning(self, number: int) -> Meaning:
        """What direction `number` changes; a steered one that misses its descriptor has no meaning."""
        with self._busy:
            if number not in self._meanings:
                self._meanings[number] = self._listen(number)
            return self._meanings[number]

    def _find(self) -> np.ndarray:
        z = self._synthesizer.latents(range(DRAWS), SEED)
        features = self._synthesizer.first_features(z, self._label, self._pitch)
        principal = latent.principal_directions(z, features, min(SPAN, z.shape[1]))
        values = self._measure(z[:HEARD])
        vectors = np.zeros((len(self), z.shape[1]), np.float32)
        for number, value in enumerate(values):
            known = np.isfinite(value)
            if known.sum() >= HEARD // 2:
                vectors[number] = latent.steer(z[:HEARD][known], value[known], principal)
        vectors[len(DESCRIPTORS) :][: len(principal)] = principal[:COUNT]
        return vectors

    def _listen(self, number: int) -> Meaning:
        vector = self.vectors()[number]
        if not vector.any():
            return Meaning()
        z = self._synthesizer.latents(range(DRAWS, DRAWS + JUDGES), SEED)
        if self._judged is None:
            self._judged = self._measure(z)
        ends = [self._measure(z + side * REACH * vector) for side in (-1, 1)]
        moved = np.stack([ends[0], self._judged, ends[1]], axis=1)
        aim = DESCRIPTORS[number].name if number < len(DESCRIPTORS) else None
        return name_change(moved, aim)

    def _measure(self, z: np.ndarray) -> np.ndarray:
        """[n, latent_dim] to [descriptors, n]."""
        audio = self._synthesizer.render(z, [self._label] * len(z), [self._pitch] * len(z))
        return descriptors.measure(audio, self._synthesizer.sample_rate)


def name_change(moved: np.ndarray, aim: str | None = None) -> Meaning:
    """The descriptor that changes most along a direction, in spreads over the clips, if it does so steadily.

    Args:
        moved: [descriptors, 3, clips], the same clips at equal steps along the direction.
        aim: consider only this descriptor.
    """
    changes = [(*_change(values), item) for values, item in zip(moved, DESCRIPTORS, strict=True)]
    effect, change, item = max((c for c in changes if aim in (None, c[2].name)), key=lambda found: abs(found[0]))
    if abs(effect) < EFFECT or abs(change) < item.least:
        return Meaning()
    ends = (item.low, item.high) if change > 0 else (item.high, item.low)
    return Meaning(item.name, *ends, change, item.unit)


def _change(values: np.ndarray) -> tuple[float, float]:
    """The change of [3, clips] in spreads over the clips (0 if they disagree or too few are known), and unscaled."""
    values = values[:, np.isfinite(values).all(0)]
    if values.shape[1] < JUDGES // 2:
        return 0.0, 0.0
    change, spread = float(np.mean(values[2] - values[0])), float(values.std(1).mean())
    within = values - values.mean(0)  # [3, clips] without the differences between clips
    agreement = (within[2] - within[0]).sum() / np.sqrt(2 * values.shape[1] * np.square(within).sum() + 1e-12)
    return change / max(spread, 1e-9) if abs(agreement) >= AGREEMENT else 0.0, change
