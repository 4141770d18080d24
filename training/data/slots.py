"""Slots in a file where processes leave samples for their parent: a pipe would carry them in small pieces."""

import functools
from io import FileIO
from pathlib import Path

import numpy as np


class Slots:
    """Slots of one size, used in turn: callers reuse a slot only after its earlier samples were read.

    The file is written and read, not mapped: a full disk then raises an error instead of a signal. So small a file
    stays in the system's cache.

    Args:
        path: the file, which the parent makes and removes.
        number: of slots.
        size: samples per slot.
    """

    def __init__(self, path: Path, number: int, size: int):
        self.path, self.number, self.size = path, number, size

    def __enter__(self) -> "Slots":
        self.path.touch()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self.path.unlink(missing_ok=True)

    def write(self, turn: int, pcm: np.ndarray) -> None:
        """Write int16 samples to the slot of that turn."""
        file, left = self._opened(turn), memoryview(np.ascontiguousarray(pcm)).cast("B")
        while len(left):
            left = left[file.write(left) :]

    def read(self, turn: int, count: int) -> np.ndarray:
        """The first `count` samples in the slot of that turn, int16 [count]."""
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
    """Opened once per process."""
    return open(path, "r+b", buffering=0)
