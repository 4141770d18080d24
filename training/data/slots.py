"""Room in a file where processes leave samples for the first one: a pipe would carry them in small pieces."""

import functools
from io import FileIO
from pathlib import Path

import numpy as np


class Slots:
    """Places of one size that are taken in turn: who takes one knows that what was left there before has been read.

    They are written and read as files are, not mapped: a full disk is then an error and not a signal. So small a file
    stays in the system's cache.

    Args:
        path: the file, which the first process makes and removes.
        number: of the places.
        size: samples of each.
    """

    def __init__(self, path: Path, number: int, size: int):
        self.path, self.number, self.size = path, number, size

    def __enter__(self) -> "Slots":
        self.path.touch()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.path.unlink(missing_ok=True)

    def write(self, turn: int, pcm: np.ndarray) -> None:
        """Leave int16 samples in the place of that turn."""
        file, left = self._opened(turn), memoryview(np.ascontiguousarray(pcm)).cast("B")
        while len(left):
            left = left[file.write(left) :]

    def read(self, turn: int, count: int) -> np.ndarray:
        """The first `count` samples that were left in the place of that turn, int16 [count]."""
        file, pcm = self._opened(turn), np.empty(count, np.int16)
        if file.readinto(memoryview(pcm).cast("B")) != pcm.nbytes:
            raise ValueError(f"{self.path} was cut short")
        return pcm

    def _opened(self, turn: int) -> FileIO:
        file = _file(self.path)
        file.seek(turn % self.number * self.size * 2)
        return file


@functools.lru_cache(maxsize=1)
def _file(path: Path) -> FileIO:
    """A process opens it once."""
    return open(path, "r+b", buffering=0)
