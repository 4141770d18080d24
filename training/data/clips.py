"""Turn decoded audio into clips of one length, and write them as a prepared data set."""

import csv
import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiogan.audio import resample, to_pcm16
from audiogan.config import ModelConfig
from audiogan.dataset import INDEX_COLUMNS

PEAK = 0.95
SILENCE_PEAK = 10 ** (-60 / 20)
FADE_SECONDS = 0.016
ONSET_RANGE_DB = 40.0
PRE_ROLL_SECONDS = 0.004


@dataclass(frozen=True)
class ClipFormat:
    """What every clip of a data set has in common; pitches are estimated only where the source states none."""

    sample_rate: int = 16000
    num_samples: int = 16384
    normalize: bool = True
    estimate_pitch: bool = True

    def __post_init__(self):
        ModelConfig("any", sample_rate=self.sample_rate, num_samples=self.num_samples)  # the bounds of a model


@dataclass(frozen=True)
class Clip:
    """One clip, None where there is only silence, and its row of the index."""

    pcm: np.ndarray | None
    label: str
    source: str
    split: str = "train"
    licence: str = ""
    pitch: float | None = None
    onset_s: float = 0.0


def cut(audio: np.ndarray, source_rate: int, form: ClipFormat, max_crops: int) -> list[tuple[np.ndarray, float]]:
    """Clips of a recording: one from each onset after silence, and more along sounds that last.

    Args:
        audio: mono float [time] at `source_rate` Hz.
        max_crops: the most clips to take.

    Returns:
        (int16 [num_samples], onset in seconds) pairs; none where all is silent.
    """
    audio = resample(audio, source_rate, form.sample_rate)
    if not len(audio) or np.abs(audio).max() < SILENCE_PEAK:
        return []
    hop = max(1, form.sample_rate // 250)
    sounding = sounding_parts(audio, hop)
    pre_roll = int(PRE_ROLL_SECONDS * form.sample_rate)
    starts = []
    for begin, end in sounding:
        begin = max(0, begin - pre_roll)
        if starts and begin < starts[-1] + form.num_samples:
            begin = starts[-1] + form.num_samples
        starts += range(begin, end - form.num_samples // 4, form.num_samples) or ([begin] if not starts else [])
    pieces = [(fit(audio[start:], form), start / form.sample_rate) for start in starts[:max_crops]]
    return [(pcm, onset) for pcm, onset in pieces if pcm is not None]


def sounding_parts(audio: np.ndarray, hop: int) -> np.ndarray:
    """Where audio is within 40 dB of its loudest frame, frames of four hops, as `librosa.effects.split` says it.

    Returns:
        (begin, end) in samples, int64 [parts, 2].
    """
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(audio, 2 * hop), 4 * hop)[::hop]
    power = np.einsum("ij,ij->i", frames, frames)
    loud = np.pad(power > power.max() * 10 ** (-ONSET_RANGE_DB / 10), 1).astype(np.int8)
    return np.minimum(np.flatnonzero(np.diff(loud)).reshape(-1, 2) * hop, len(audio))


def fit(audio: np.ndarray, form: ClipFormat) -> np.ndarray | None:
    """The first `num_samples` of audio as int16: padded, faded where it is cut off, peak-normalised; None if silent."""
    piece = np.zeros(form.num_samples, dtype=np.float32)
    piece[: min(len(audio), form.num_samples)] = audio[: form.num_samples]
    if len(audio) > form.num_samples:
        fade = int(FADE_SECONDS * form.sample_rate)
        piece[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    peak = np.abs(piece).max()
    if peak < SILENCE_PEAK:
        return None
    return to_pcm16(piece * (PEAK / peak) if form.normalize else piece)


def refuse_existing(folder: str | os.PathLike) -> None:
    """ValueError where a data set could not be put, before hours of work are spent on it."""
    if os.path.lexists(folder):
        raise ValueError(f"--out {folder} exists already: remove it or name another folder")


class DataSetWriter:
    """Write a prepared data set clip by clip; the folder appears, whole, when the block ends without an error.

    Raises:
        ValueError: the folder exists, or no clip was added.
    """

    def __init__(self, folder: str | os.PathLike, form: ClipFormat, labels: tuple[str, ...], source: str):
        self.folder, self.form, self.labels, self.source = Path(folder), form, labels, source
        self.count, self.counts, self.seen = 0, {"train": Counter(), "test": Counter()}, set()

    def __enter__(self) -> "DataSetWriter":
        refuse_existing(self.folder)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.partial = Path(tempfile.mkdtemp(prefix=f".{self.folder.name}.", dir=self.folder.parent))
        self.audio = open(self.partial / "clips.npy", "wb")
        self.table = open(self.partial / "index.csv", "w", newline="")
        self._write_header()
        self.rows = csv.writer(self.table)
        self.rows.writerow(INDEX_COLUMNS)
        return self

    def add(self, clip: Clip) -> bool:
        """Append a clip; False where the very same samples are in the data set already."""
        digest = hashlib.sha256(clip.pcm.tobytes()).digest()
        if digest in self.seen:
            return False
        self.seen.add(digest)
        pitch = "" if clip.pitch is None else f"{round(clip.pitch, 2):g}"
        self.rows.writerow(
            [self.count, clip.label, pitch, clip.split, clip.source, f"{clip.onset_s:.4f}", clip.licence]
        )
        self.audio.write(np.ascontiguousarray(clip.pcm, dtype="<i2").tobytes())
        self.counts[clip.split][clip.label] += 1
        self.count += 1
        return True

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Write a CSV file beside the clips."""
        with open(self.partial / name, "w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self.audio.close()
            self.table.close()
            shutil.rmtree(self.partial, ignore_errors=True)

    def _finish(self) -> None:
        if not self.count:
            raise ValueError(f"no usable clip was found in {self.source}")
        self.audio.seek(0)
        self._write_header()
        for file in (self.audio, self.table):
            file.flush()
            os.fsync(file.fileno())
        with open(self.partial / "clips.npy", "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        meta = {
            "sample_rate": self.form.sample_rate,
            "num_samples": self.form.num_samples,
            "labels": [label for label in self.labels if any(counts[label] for counts in self.counts.values())],
            "counts": {split: dict(sorted(counts.items())) for split, counts in self.counts.items()},
            "source": self.source,
            "peak_normalized": self.form.normalize,
            "versions": {name: importlib.metadata.version(name) for name in ("numpy", "soxr", "soundfile")},
            "sha256": digest,
        }
        (self.partial / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
        self.partial.chmod(0o755)  # mkdtemp's is for its owner alone
        self.partial.rename(self.folder)

    def _write_header(self) -> None:
        """The npy header; numpy pads it so that a longer first axis needs no more room."""
        shape = (self.count, self.form.num_samples)
        header = {"descr": "<i2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.audio, header)
