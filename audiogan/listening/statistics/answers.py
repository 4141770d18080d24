"""Numbers that raters gave to clips, and their mean, in which every rater has the same weight."""

from collections.abc import Sequence

import numpy as np


class Answers:
    """Numbers that raters gave to clips.

    Args:
        values, raters, clips: one entry a vote, in the same order.
        labels: likewise, the clips' labels; by default all the same.

    Attributes:
        values: float64 [votes].
        rater, clip: int64 [votes], from 0.
        labels: str [votes].
        rater_names, clip_names: str [num_raters] and [num_clips], sorted: what those numbers stand for.
    """

    def __init__(
        self, values: Sequence[float], raters: Sequence[str], clips: Sequence[str], labels: Sequence[str] | None = None
    ):
        self.values = np.asarray(values, np.float64)
        self.rater_names, self.rater = np.unique(np.asarray(raters, str), return_inverse=True)
        self.clip_names, self.clip = np.unique(np.asarray(clips, str), return_inverse=True)
        self.labels = np.full(len(self.values), "") if labels is None else np.asarray(labels, str)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def num_raters(self) -> int:
        return len(self.rater_names)

    @property
    def num_clips(self) -> int:
        return len(self.clip_names)

    @property
    def rater_means(self) -> np.ndarray:
        """[num_raters]."""
        return np.bincount(self.rater, self.values) / np.bincount(self.rater)

    @property
    def mean(self) -> float:
        """Mean of raters' means; NaN without votes."""
        return float(self.rater_means.mean()) if len(self) else float("nan")

    @property
    def weights(self) -> np.ndarray:
        """Weight of each vote in the mean: [votes], summing to 1."""
        return 1 / (self.num_raters * np.bincount(self.rater))[self.rater]

    def of(self, raters: Sequence[str]) -> "Answers":
        """The answers of these raters."""
        kept = np.isin(self.rater_names, raters)[self.rater]
        names = self.rater_names[self.rater[kept]], self.clip_names[self.clip[kept]]
        return Answers(self.values[kept], *names, self.labels[kept])


def answers_of(rows: Sequence[dict], number=float) -> Answers:
    """The rows' values as `Answers`."""
    raters, labels = ([row[name] for row in rows] for name in ("rater", "label"))
    return Answers([number(row["value"]) for row in rows], raters, list(map(clip_of, rows)), labels)


def clip_of(row: dict) -> str:
    """The identity of a vote's clip: its id, or its hash if it has none, as in free votes."""
    return row["stimulus"] or row["clip_sha256"]
