"""A system whose clips are files from any other program, to be scored and rated beside checkpoints."""

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan import checkpoint
from audiogan.audio import AudioFile, resampled_blocks
from audiogan.dataset import PreparedData
from audiogan.lengths import SILENCE_PEAK, fit_length


@dataclass(frozen=True)
class SoundFile:
    """A file of the folder.

    Attributes:
        name: its path relative to the folder, with slashes.
        label: empty where the folder has no labels.
        sha256: of its bytes, in hexadecimal.
    """

    name: str
    label: str
    sha256: str


class SoundsFolder:
    """Files in `folder/LABEL/`, or unlabelled ones in `folder`, each a clip of the data's rate and length.

    Reads every file once, so that an unreadable one is reported now, not hours later. Skips names that begin with a
    dot.

    Args:
        folder: the folder of the files.
        data: the data set whose labels, sample rate and clip length apply.
        name: the system's name; by default the folder's.

    Attributes:
        name: the system's.
        folder: the folder of the files.
        labels: the data's labels that have files, in the data's order; empty for an unlabelled system.
        files: all of them, sorted by the bytes of their names.
        sha256: of `sha256sum`'s output for the files, in that order: identifies the sounds.

    Raises:
        ValueError: a name that no checkpoint may have, a folder that is missing or empty, labelled beside unlabelled
            files, a label that the data lack, or a file that is unreadable or silent.
    """

    def __init__(self, folder: str | os.PathLike, data: PreparedData, name: str = ""):
        self.folder = Path(folder)
        self.name = checkpoint.check_name(name or self.folder.resolve().name, "NAME in --sounds [NAME=]DIR")
        self.sample_rate, self.num_samples = data.sample_rate, data.num_samples
        found = sorted(self._found(), key=lambda pair: os.fsencode(pair[0]))
        self._check_labels({label for _, label in found}, data)
        bar = tqdm(found, desc=f"read {self.name}", unit="file", leave=False, delay=2)
        self.files = tuple(self._examined(name, label) for name, label in bar)
        self.labels = tuple(label for label in data.labels if any(file.label == label for file in self.files))
        lines = "".join(f"{file.sha256}  {file.name}\n" for file in self.files)
        self.sha256 = hashlib.sha256(lines.encode()).hexdigest()

    def of(self, label: str) -> list[SoundFile]:
        """The files of a label, in order."""
        return [file for file in self.files if file.label == label]

    def read(self, name: str) -> np.ndarray:
        """The named file as a clip: mono, resampled, cut or padded, its peak unchanged; float32 [num_samples].

        Raises:
            ValueError: it is not audio, or silent within the clip's length; names it.
        """
        path, blocks = self.folder / name, []
        with AudioFile(path) as sound:
            for block in resampled_blocks(sound, self.sample_rate):
                blocks.append(block)
                if sum(map(len, blocks)) > self.num_samples:
                    break
        audio = fit_length(np.concatenate(blocks), self.num_samples, self.sample_rate)
        if np.abs(audio).max() < SILENCE_PEAK:
            seconds = self.num_samples / self.sample_rate
            raise ValueError(f"{path} is silent in its first {seconds:.2f} s, the only part that is used")
        return audio

    def _found(self) -> Iterator[tuple[str, str]]:
        """Name and label of every entry, each of which must be a sound."""
        if not self.folder.is_dir():
            raise ValueError(f"--sounds {self.folder} is not a folder")
        for place in _visible(self.folder):
            if place.is_dir():
                label = unicodedata.normalize("NFC", place.name)  # macOS may decompose accents
                yield from ((f"{place.name}/{inner.name}", label) for inner in _visible(place))
            else:
                yield place.name, ""

    def _check_labels(self, labels: set[str], data: PreparedData) -> None:
        if not labels:
            raise ValueError(f"--sounds {self.folder} holds no sounds: put them in it, or in folders named by label")
        if "" in labels and len(labels) > 1:
            raise ValueError(f"--sounds {self.folder} has files beside its folders: give every file a label, or none")
        if unknown := sorted(labels - {"", *data.labels}):
            raise ValueError(
                f"--sounds {self.folder} has folders that are no labels of the data ({', '.join(unknown[:5])}); those "
                f"are {', '.join(data.labels) or 'none'}"
            )

    def _examined(self, name: str, label: str) -> SoundFile:
        path = self.folder / name
        if os.fsencode(name) != name.encode(errors="replace"):
            raise ValueError(f"{path} has a name that is not Unicode")
        if not path.is_file():
            raise ValueError(f"{path} is not a file: put sounds in {self.folder}, or in folders there named by label")
        self.read(name)
        with open(path, "rb") as file:
            return SoundFile(name, label, hashlib.file_digest(file, "sha256").hexdigest())


def load(given: str, data: PreparedData, checkpoints: Path) -> SoundsFolder:
    """Load the system that `[NAME=]DIR` names.

    Raises:
        ValueError: as `SoundsFolder`, or one of `checkpoints` has that name.
    """
    name, equals, folder = given.partition("=")
    if not equals or "/" in name:
        name, folder = "", given
    sounds = SoundsFolder(folder, data, name)
    if (checkpoints / sounds.name / "config.json").exists():
        raise ValueError(f"--sounds {given} has a checkpoint's name, {sounds.name}: give it another with NAME=DIR")
    return sounds


def _visible(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if not place.name.startswith(".")]
