"""An optional index of training sounds in a checkpoint's folder, to name those nearest to a sound."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from safetensors import safe_open

from audiogan.audio import from_pcm16
from audiogan.checkpoint import INDEX, MAX_INDEX_BYTES
from audiogan.dataset import PreparedData
from audiogan.files import write_atomically
from audiogan.log_mel import log_mel_db

BANDS, FRAMES = 24, 24
DEPTH_DB = 60.0  # below a clip's loudest cell
MAX_LAG = 1  # frames
TYPICAL_CLIPS = 100  # per label, to measure how near its sounds are to one another


@dataclass(frozen=True)
class Neighbour:
    """A training sound.

    Attributes:
        source: its name in the data set.
        distance_db: root mean square difference of fingerprints at the best lag; loudness does not count.
    """

    source: str
    distance_db: float


class Index:
    """Training sounds as fingerprints.

    Attributes:
        fingerprints: uint8 [clips, `BANDS`, `FRAMES`], 255 at the loudest cell and 0 `DEPTH_DB` below it.
        label: index into `labels`, int [clips]; sources: one a clip.
    """

    def __init__(self, fingerprints: np.ndarray, label: np.ndarray, labels: list[str], sources: list[str]):
        count = len(sources)
        if fingerprints.dtype != np.uint8 or fingerprints.shape != (count, BANDS, FRAMES) or label.shape != (count,):
            raise ValueError("its fingerprints, labels and sources do not fit each other")
        self.fingerprints, self.label, self.labels, self.sources = fingerprints, label, labels, sources
        self._typical: dict[str | None, float] = {}

    def nearest(self, audio: np.ndarray, sample_rate: int, label: str | None, count: int = 3) -> list[Neighbour]:
        """The nearest training sounds of a label, or of all labels if None, nearest first."""
        rows = self._rows(label)
        if not len(rows):
            return []
        distance = distances(fingerprint(audio, sample_rate), self.fingerprints[rows])
        order = np.argsort(distance, kind="stable")[:count]
        return [Neighbour(self.sources[rows[place]], float(distance[place])) for place in order]

    def typical(self, label: str | None) -> float:
        """Median distance in dB from a label's training sounds to their nearest others, over a sample; cached.

        Returns:
            NaN for a label with fewer than two.
        """
        if label not in self._typical:
            self._typical[label] = self._median(self._rows(label))
        return self._typical[label]

    def _median(self, rows: np.ndarray) -> float:
        if len(rows) < 2:
            return float("nan")
        chosen = rows[:: max(1, len(rows) // TYPICAL_CLIPS)][:TYPICAL_CLIPS]
        found = [np.partition(distances(self.fingerprints[row], self.fingerprints[rows]), 1)[1] for row in chosen]
        return float(np.median(found))

    def _rows(self, label: str | None) -> np.ndarray:
        if label is None:
            return np.arange(len(self.sources))
        return np.flatnonzero(self.label == self.labels.index(label)) if label in self.labels else np.arange(0)


def build(data: PreparedData) -> Index:
    """The index of a data set's training clips."""
    rows = data.rows("train")
    marks = [fingerprint(from_pcm16(data.clips[row]), data.sample_rate) for row in rows]
    return Index(np.stack(marks), data.label[rows], list(data.labels), [data.index[row]["source"] for row in rows])


def save(index: Index, folder: Path) -> Path:
    """Write the index into a checkpoint's folder, whole or not at all."""
    words = {"labels": json.dumps(index.labels), "sources": json.dumps(index.sources)}
    tensors = {"fingerprints": index.fingerprints, "label": index.label.astype(np.int64)}
    write_atomically(folder / INDEX, safetensors.numpy.save(tensors, metadata=words))
    return folder / INDEX


def load(folder: Path) -> Index | None:
    """The index in a checkpoint's folder; None where there is none.

    Raises:
        ValueError: it is damaged or too large.
    """
    path = folder / INDEX
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise ValueError(f"it is larger than {MAX_INDEX_BYTES} bytes")
        with safe_open(path, framework="numpy") as file:
            words = file.metadata() or {}
            tensors = [file.get_tensor(name) for name in ("fingerprints", "label")]
        return Index(*tensors, *(_names(words.get(name)) for name in ("labels", "sources")))
    except (AttributeError, OSError, RecursionError, safetensors.SafetensorError, TypeError, ValueError) as error:
        raise ValueError(f"checkpoint {folder.name} has no usable {INDEX}: {error}") from None


def fingerprint(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """A coarse log-mel picture relative to its loudest cell, uint8 [`BANDS`, `FRAMES`]."""
    levels = log_mel_db(audio, sample_rate, BANDS)  # [bands, frames]
    edges = np.linspace(0, levels.shape[1], FRAMES + 1).astype(int)
    coarse = np.stack([levels[:, a : max(b, a + 1)].mean(1) for a, b in pairwise(edges)], axis=1)
    relative = (coarse - coarse.max() + DEPTH_DB).clip(0) / DEPTH_DB
    return np.round(255 * relative).astype(np.uint8)


def distances(mark: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """Root mean square difference in dB of a fingerprint and others [n, bands, frames], at the best lag: [n]."""
    best = np.full(len(marks), np.inf)
    for lag in range(-MAX_LAG, MAX_LAG + 1):
        own = mark[:, max(lag, 0) : FRAMES + min(lag, 0)].astype(np.float32)
        other = marks[:, :, max(-lag, 0) : FRAMES + min(-lag, 0)]
        best = np.minimum(best, np.sqrt(np.square(own - other).mean((1, 2))))
    return best * DEPTH_DB / 255


def _names(text: str | None) -> list[str]:
    names = json.loads(text or "null")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("its names are not a list")
    return names
