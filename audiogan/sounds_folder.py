"""A system whose clips are files: what any other program made, to be scored and rated beside checkpoints."""

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
        name: its path from the folder, with slashes.
        label: empty where the folder has no labels.
        sha256: of its bytes, in hexadecimal.
    """

    name: str
    label: str
    sha256: str


class SoundsFolder:
    """Files in `folder/LABEL/`, or unlabelled ones in `folder`, each a clip of the data's rate and length.

    Every file is read once, so that nobody learns hours later that one cannot be. Names that begin with a dot are
    passed over.

    Args:
        folder: where they lie.
        data: whose labels, sample rate and length they get.
        name: what the system is called; the folder's own name where that is empty.

    Attributes:
        name: the system's.
        folder: where the files lie.
        labels: those of the data that have files, in their order; empty for an unlabelled system.
        files: all of them, sorted by the bytes of their names.
        sha256: what `sha256sum` makes of its own lines about the files, in that order: which sounds these are.

    Raises:
        ValueError: a name that no checkpoint could have, a folder that is missing or has no files, labels beside files
            without one, a label that the data do not know, or a file that is unreadable or silent.
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
        """A file, by its name, as a clip: mono, resampled, cut or padded, its peak as it is; float32 [num_samples].

        Raises:
            ValueError: it is not audio, or silent as far as the clip goes; names it.
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
            raise ValueError(f"{path} is silent in its first {seconds:.2f} s, which are all that is heard of it")
        return audio

    def _found(self) -> Iterator[tuple[str, str]]:
        """Name and label of everything that has to be a sound."""
        if not self.folder.is_dir():
            raise ValueError(f"--sounds {self.folder} is not a folder")
        for place in _visible(self.folder):
            if place.is_dir():
                label = unicodedata.normalize("NFC", place.name)  # a Mac may spell an accent as a letter of its own
                yield from ((f"{place.name}/{inner.name}", label) for inner in _visible(place))
            else:
                yield place.name, ""

    def _check_labels(self, labels: set[str], data: PreparedData) -> None:
        if not labels:
            raise ValueError(f"--sounds {self.folder} holds no sounds: they lie in it, or in folders named as labels")
        if "" in labels and len(labels) > 1:
            raise ValueError(f"--sounds {self.folder} has files beside its folders: all of them need a label, or none")
        if unknown := sorted(labels - {"", *data.labels}):
            raise ValueError(
                f"--sounds {self.folder} has folders that are no labels of the data ({', '.join(unknown[:5])}): these "
                f"are {', '.join(data.labels) or 'none'}"
            )

    def _examined(self, name: str, label: str) -> SoundFile:
        path = self.folder / name
        if os.fsencode(name) != name.encode(errors="replace"):
            raise ValueError(f"{path} has a name that is not Unicode")
        if not path.is_file():
            raise ValueError(f"{path} is no file: sounds lie in {self.folder}, or in folders there named as labels")
        self.read(name)
        with open(path, "rb") as file:
            return SoundFile(name, label, hashlib.file_digest(file, "sha256").hexdigest())


def load(given: str, data: PreparedData, checkpoints: Path) -> SoundsFolder:
    """The system that `[NAME=]DIR` names.

    Raises:
        ValueError: as `SoundsFolder`, or a name that one of `checkpoints` has.
    """
    name, equals, folder = given.partition("=")
    if not equals or "/" in name:
        name, folder = "", given
    sounds = SoundsFolder(folder, data, name)
    if (checkpoints / sounds.name / "config.json").exists():
        raise ValueError(f"--sounds {given} has a checkpoint's name, {sounds.name}: call it otherwise by NAME=DIR")
    return sounds


def _visible(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if not place.name.startswith(".")]
