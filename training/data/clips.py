"""Clips of one length, and the prepared data set they are written to."""

import contextlib
import csv
import importlib.metadata
import json
import os
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from audiogan.audio import to_pcm16
from audiogan.config import ModelConfig
from audiogan.dataset import INDEX_COLUMNS
from audiogan.folders import PartialFolder
from audiogan.lengths import PEAK, SILENCE_PEAK, fit_length
from training.data import statistics
from training.data.hashing import file_hash
from training.data.seen import Seen


@dataclass(frozen=True)
class ClipFormat:
    """The common form of a data set's clips; pitches are estimated only if the source states none."""

    sample_rate: int = 16000
    num_samples: int = 16384
    normalize: bool = True
    estimate_pitch: bool = True

    def __post_init__(self):
        ModelConfig("any", sample_rate=self.sample_rate, num_samples=self.num_samples)  # checks the bounds


@dataclass(frozen=True)
class Clip:
    """One clip, with `pcm` None if it is silent, and its row of the index."""

    pcm: np.ndarray | None
    label: str
    source: str
    split: str = "train"
    licence: str = ""
    pitch: float | None = None
    onset_s: float = 0.0


def fit(audio: np.ndarray, form: ClipFormat) -> np.ndarray | None:
    """The first `num_samples` of audio as int16: padded, or faded where cut off; peak-normalised; None if silent."""
    piece = fit_length(audio, form.num_samples, form.sample_rate)
    peak = max(piece.max(), -piece.min())
    if peak < SILENCE_PEAK:
        return None
    if form.normalize:
        piece *= PEAK / peak
    return to_pcm16(piece)


class DataSetWriter:
    """Write a prepared data set clip by clip; the folder appears, complete, when the block ends without an error.

    Attributes:
        mixed_down, unmixed: numbers of recordings whose channels were mixed down, and of those of which one channel
            was taken because the channels cancel; the caller counts them.

    Raises:
        ValueError: the folder exists, or no clip was added.
    """

    def __init__(self, folder: str | os.PathLike, form: ClipFormat, labels: tuple[str, ...], source: str):
        self.folder, self.form, self.labels, self.source = Path(folder), form, labels, source
        self.count = self.mixed_down = self.unmixed = 0

    def __enter__(self) -> "DataSetWriter":
        self.partial = PartialFolder(self.folder)
        with contextlib.ExitStack() as stack:
            stack.callback(self.partial.discard)
            self.audio = stack.enter_context(open(self.partial.path / "clips.npy", "w+b"))
            self.seen = stack.enter_context(contextlib.closing(Seen(self.partial.path / "seen.sqlite3", self._read)))
            self._write_header()
            self._begin = self.audio.tell()
            self._begin_table(stack.enter_context(self._open_table()))
            self._open = stack.pop_all()
        return self

    def add(self, clip: Clip) -> bool:
        """Append a clip; False if the same samples are already in the data set."""
        pcm = np.ascontiguousarray(clip.pcm, dtype="<i2")
        if not self.seen.add(pcm, self.count):
            return False
        pitch = "" if clip.pitch is None else f"{round(clip.pitch, 2):g}"
        row = self.count, clip.label, pitch, clip.split, clip.source, f"{clip.onset_s:.4f}", clip.licence
        self._write_row(dict(zip(INDEX_COLUMNS, row, strict=True)))
        self.audio.write(pcm.data)
        self.count += 1
        return True

    def hold_out(self, sources: Container[str]) -> None:
        """Put the clips of these sources into the test split, and all others into the training split."""
        before = self.table
        before.seek(0)
        (self.partial.path / "index.csv").unlink()  # `before` can still be read
        self._begin_table(self._open.enter_context(self._open_table()))
        for row in csv.DictReader(before):
            self._write_row(row | {"split": "test" if row["source"] in sources else "train"})
        before.close()

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a CSV file beside the clips."""
        with open(self.partial.path / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([columns, *rows])

    def __exit__(self, kind, error, trace) -> None:
        with self._open:
            if kind is None:
                self._finish()

    def _read(self, number: int) -> np.ndarray:
        """The samples of a clip that was added."""
        self.audio.flush()
        size = 2 * self.form.num_samples
        return np.frombuffer(os.pread(self.audio.fileno(), size, self._begin + number * size), "<i2")

    def _open_table(self) -> TextIO:
        return open(self.partial.path / "index.csv", "w+", newline="", encoding="utf-8")

    def _begin_table(self, table: TextIO) -> None:
        """Begin index.csv and what is counted of its rows."""
        self.table, self.rows = table, csv.DictWriter(table, INDEX_COLUMNS)
        self.rows.writeheader()
        self.counts = {"train": Counter(), "test": Counter()}
        self.trained = bytearray()  # per clip, 1 if in the training split, else 0

    def _write_row(self, row: dict) -> None:
        self.rows.writerow(row)
        self.trained.append(row["split"] == "train")
        self.counts[row["split"]][row["label"]] += 1

    def _finish(self) -> None:
        if not self.count:
            raise ValueError(f"no usable clip was found in {self.source}")
        self.audio.seek(0)
        self._write_header()
        self.audio.flush()
        with ThreadPoolExecutor() as threads:  # the disk, the statistics and the hash need not wait for one another
            others = threads.submit(os.fsync, self.audio.fileno()), threads.submit(self._write_statistics)
            self._write_meta(file_hash(self.partial.path / "clips.npy", "sha256"))
            for other in others:
                other.result()
        self.table.flush()
        os.fsync(self.table.fileno())
        self.seen.close()
        self.partial.finish()

    def _write_meta(self, sha256: str) -> None:
        meta = {
            "sample_rate": self.form.sample_rate,
            "num_samples": self.form.num_samples,
            "labels": [label for label in self.labels if any(counts[label] for counts in self.counts.values())],
            "counts": {split: dict(sorted(counts.items())) for split, counts in self.counts.items()},
            "source": self.source,
            "peak_normalized": self.form.normalize,
            "mixed_down": self.mixed_down,
            "versions": {name: importlib.metadata.version(name) for name in ("numpy", "soxr", "soundfile")},
            "sha256": sha256,
        }
        (self.partial.path / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")

    def _write_statistics(self) -> None:
        rows = np.flatnonzero(np.frombuffer(self.trained, np.uint8))
        if len(rows):
            clips = np.load(self.partial.path / "clips.npy", mmap_mode="r")
            np.savez(self.partial.path / "statistics.npz", **statistics.measure(clips, rows, self.form.sample_rate))

    def _write_header(self) -> None:
        """Write the npy header; numpy pads it so that a longer first axis needs no more room."""
        shape = (self.count, self.form.num_samples)
        header = {"descr": "<i2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.audio, header)
