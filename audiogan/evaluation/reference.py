"""Real clips as the reference that scores compare candidates with, computed once."""

import numpy as np

from audiogan.evaluation import manifold, nearest, pitch
from audiogan.evaluation.clips import Clips

RARE = 0.05  # share of real clips whose distances to training clips are too near to show what is usual
NEAR = 0.75  # of a usual distance: what is nearer is as near as a copy


class Reference:
    """Held-out clips to compare candidates with, and training clips that they may have memorised.

    Args:
        held_out: the reference of every distance.
        train: what a model was trained on.
        labels: the names.
        sample_rate: Hz.
        seed: of random draws.
        fewest: clips of the smallest candidate: scores that depend on the number of clips use this many of each.

    Attributes:
        near_db: by label, `NEAR` of the distance to the nearest training clip that all but `RARE` of the held-out clips
            reach, and of the training clips: float [labels], NaN where nothing is to compare.
    """

    def __init__(
        self, held_out: Clips, train: Clips, labels: tuple[str, ...], sample_rate: int, seed: int, fewest: int
    ):
        self.held_out, self.train, self.labels = held_out, train, labels
        self.sample_rate, self.seed, self.fewest = sample_rate, seed, fewest
        self.bins = manifold.Bins(held_out.features.embeddings["summary"], seed)
        both = np.concatenate([held_out.label, train.label])
        pitches = np.concatenate([held_out.pitch, train.pitch])
        summary = np.concatenate([clips.features.embeddings["summary"] for clips in (held_out, train)])
        self.spread = manifold.spread(summary, both, len(labels))
        self.spread_at_pitch = np.array(
            [_spread_at_pitch(summary[both == n], pitches[both == n]) for n in range(len(labels))]
        )
        self.tonal = share_by_label(np.isfinite(pitches), both, len(labels)) > 0.5
        self.near_db = NEAR * np.fmin(*map(self._usual, (held_out, train)))
        heard = held_out.label[: len(held_out.audio)]
        levels = held_out.features.measures["level_db"]
        self.level_db = manifold.each_label(_median, levels, held_out.label, len(labels))
        tonal = np.flatnonzero(self.tonal[heard])
        _, cents = pitch.tracks(held_out.heard[tonal], sample_rate)
        self.steady = share_by_label(pitch.steady(cents), heard[tonal], len(labels))

    def _usual(self, clips: Clips) -> np.ndarray:
        """By label, the distance to the nearest training clip that all but `RARE` of the clips reach: dB [labels]."""
        return manifold.each_label(_low, self.distances(clips, self.train), clips.label, len(self.labels))

    def distances(self, candidate: Clips, rival: Clips) -> np.ndarray:
        """Spectral distance of each candidate to the nearest rival of its label: [n], infinite if it has none.

        Siblings do not count: neither a real clip's own, nor those of the held-out clip that set a generated clip's
        label and pitch, to which it would be unfairly near.
        """
        found = np.full(len(candidate), np.inf)
        for rows, columns in nearest.by_label(candidate.label, rival.label):
            distance = nearest.spectral_distance(candidate.features.spectra[rows], rival.features.spectra[columns])
            sibling = (candidate.note[rows][:, None] == rival.note[columns]) & (rival.note[columns] != "")
            distance[sibling] = np.inf
            found[rows], _ = nearest.nearest(distance)
        return found


def share_by_label(chosen: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Mean of values within each label: [count], NaN for a label without any."""
    return manifold.each_label(_mean, chosen, label, count)


def _spread_at_pitch(embeddings: np.ndarray, pitches: np.ndarray) -> float:
    """Mean pairwise distance among clips of one pitch, averaged over the pitches with several clips."""
    values = [manifold.mean_pairwise_distance(embeddings[pitches == value]) for value in np.unique(pitches)]
    values = [value for value in values if np.isfinite(value)]
    return _mean(np.array(values))


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _low(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(np.quantile(values, RARE, method="lower")) if len(values) else float("nan")


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else float("nan")
