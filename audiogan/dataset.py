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
SPLITS = ("train", "test")
META = {  # of meta.json: each entry's type, and the type in words
    "sample_rate": (int, "a whole number"),
    "num_samples": (int, "a whole number"),
    "labels": (list, "a list"),
    "source": (str, "a text"),
    "sha256": (str, "a text"),
    "counts": (dict, "an object"),
}


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
        ValueError: not a prepared data set, or its files disagree or hold a wrong value; names it and its row.
    """

    def __init__(self, folder: str | os.PathLike):
        try:
            self.folder = Path(folder)
            self.meta = _read_meta(self.folder / "meta.json")
            self.clips = np.load(self.folder / "clips.npy", mmap_mode="c", allow_pickle=False)
            with open(self.folder / "index.csv", newline="", encoding="utf-8") as file:
                self.index = list(csv.DictReader(file))
            self._read_index()
        except FileNotFoundError as error:
            name = Path(error.filename).name
            raise ValueError(f"{folder} is not a prepared data set: {name} is missing; run training prepare") from None
        except KeyError as error:
            raise ValueError(f"{folder} is not a whole prepared data set: index.csv has no column {error}") from None
        except (OSError, EOFError, OverflowError, csv.Error, TypeError, ValueError) as error:
            raise ValueError(f"{folder} is not a whole prepared data set: {error}") from None

    def _read_index(self) -> None:
        self.labels = tuple(self.meta["labels"])
        self.sample_rate, self.num_samples = self.meta["sample_rate"], self.meta["num_samples"]
        if self.clips.dtype != np.int16 or self.clips.shape != (len(self.index), self.num_samples):
            raise ValueError(
                f"clips.npy is {self.clips.dtype} {self.clips.shape}, index.csv has {len(self.index)} rows"
            )
        lookup = {label: number for number, label in enumerate(self.labels)}
        for number, row in enumerate(self.index):
            _check_row(f"clip {number} of index.csv", row, lookup)
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


def _read_meta(file: Path) -> dict:
    """The object in meta.json."""
    try:
        meta = json.loads(file.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("meta.json is nested too deeply") from None
    if not isinstance(meta, dict):
        raise ValueError("meta.json is not a JSON object")
    for name, (kind, words) in META.items():
        if type(meta.get(name)) is not kind:
            raise ValueError(f"meta.json has no {name} that is {words}")
    if not all(isinstance(label, str) for label in meta["labels"]):
        raise ValueError("meta.json has labels that are not all texts")
    return meta


def _check_row(where: str, row: dict[str, str | None], labels: Iterable[str]) -> None:
    """Check the values of index.csv that are read; `where` names the row in the error."""
    if labels and row["label"] not in labels:
        raise ValueError(f"{where} has the label {row['label']!r}, which meta.json has not")
    if row["split"] not in SPLITS:
        raise ValueError(f"{where} has the split {row['split']!r}, not train or test")
    if row["pitch"] and not _is_pitch(row["pitch"]):
        raise ValueError(f"{where} has the pitch {row['pitch']!r}, not a MIDI number from 0 to 127, or nothing")


def _is_pitch(text: str) -> bool:
    try:
        return 0 <= float(text) <= 127
    except ValueError:
        return False
