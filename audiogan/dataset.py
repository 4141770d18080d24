"""Read a prepared data set: `clips.npy`, `index.csv`, `meta.json` and `statistics.npz` in one folder."""

import csv
import functools
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from audiogan.text import file_stem

INDEX_COLUMNS = ("clip", "label", "pitch", "split", "source", "onset_s", "licence")
META = (("source", str), ("sha256", str), ("counts", dict))  # of meta.json, besides the clips' format


def check_file_names(labels: Iterable[str]) -> None:
    """Raise ValueError if labels would share a file name: a space becomes _, and many disks ignore case."""
    seen: dict[str, str] = {}
    for label in labels:
        other = seen.setdefault(file_stem(label).casefold(), label)
        if other != label:
            raise ValueError(f"labels {other!r} and {label!r} would share files: rename one of them")


class PreparedData:
    """Clips of equal length with their labels, memory-mapped.

    Attributes:
        clips: int16 [clips, num_samples], a private map of the file: never loaded whole, never written back.
        labels: class names; empty where the data have none.
        label: index into `labels` for each clip, int64 [clips]; 0 where there are none.
        pitch: MIDI number of each clip, float32 [clips], NaN where it has none.
        split: `train` or `test` for each clip.
        index: the rows of index.csv as dictionaries.

    Raises:
        ValueError: not a prepared data set, or its files disagree.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        try:
            self.meta = dict(json.loads((self.folder / "meta.json").read_text()))
            self.clips = np.load(self.folder / "clips.npy", mmap_mode="c", allow_pickle=False)
            with open(self.folder / "index.csv", newline="", encoding="utf-8") as file:
                self.index = list(csv.DictReader(file))
            self._read_index()
        except FileNotFoundError as error:
            name = Path(error.filename).name
            raise ValueError(f"{folder} is not a prepared data set: {name} is missing; run training prepare") from None
        except (OSError, EOFError, OverflowError, csv.Error, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder} is not a whole prepared data set: {error}") from None

    def _read_index(self) -> None:
        for name, kind in META:
            if not isinstance(self.meta.get(name), kind):
                raise ValueError(f"meta.json has no {name}, or one of the wrong type")
        self.labels = tuple(self.meta["labels"])
        self.sample_rate, self.num_samples = int(self.meta["sample_rate"]), int(self.meta["num_samples"])
        if self.clips.dtype != np.int16 or self.clips.shape != (len(self.index), self.num_samples):
            raise ValueError(
                f"clips.npy is {self.clips.dtype} {self.clips.shape}, index.csv has {len(self.index)} rows"
            )
        lookup = {label: number for number, label in enumerate(self.labels)}
        self.label = np.array([lookup[row["label"]] if lookup else 0 for row in self.index], dtype=np.int64)
        self.pitch = np.array([float(row["pitch"] or "nan") for row in self.index], dtype=np.float32)
        self.split = np.array([row["split"] for row in self.index])

    @functools.cached_property
    def statistics(self) -> dict[str, np.ndarray]:
        """Mean and standard deviation of each bin over the training split, float64 [2, bins] by `LogSpectrogram.name`.

        Empty for data sets prepared without them.

        Raises:
            ValueError: the file is damaged.
        """
        path = self.folder / "statistics.npz"
        if not path.exists():
            return {}
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in file.files}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path} cannot be read: {error}; delete it, and training measures the clips") from None
        for name, values in kept.items():
            if values.ndim != 2 or len(values) != 2 or values.dtype != np.float64 or not np.isfinite(values).all():
                raise ValueError(f"{path} has no valid statistics of {name}: delete it, and training measures them")
        return kept

    @functools.cached_property
    def index_sha256(self) -> str:
        """Hash of what training takes from the index: each clip's label, pitch and split, but not its source."""
        rows = [[row[name] for name in ("label", "pitch", "split")] for row in self.index]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def rows(self, split: str) -> np.ndarray:
        """Clip numbers of a split, in order.

        Raises:
            ValueError: the split is unknown or empty.
        """
        rows = np.flatnonzero(self.split == split)
        if not len(rows):
            there = ", ".join(sorted(set(self.split)))
            raise ValueError(f"{self.folder} has no clips in split {split!r}, only in {there}")
        return rows
