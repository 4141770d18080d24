"""A folder that appears whole or not at all; what a killed process left of one, the next sweeps up."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


class PartialFolder:
    """A hidden folder beside `target`, locked while this process lives, that becomes `target` in the end.

    Attributes:
        path: where to write.

    Raises:
        ValueError: `target` exists.
    """

    def __init__(self, target: Path):
        refuse_existing(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{target.name}.partial-"
        for left in target.parent.iterdir():
            if left.name.startswith(prefix):
                _sweep(left)
        self.target, self.path = target, Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
        self._lock = _lock(self.path)

    def finish(self) -> None:
        """Put the folder in its place; ValueError where another process has put one there meanwhile."""
        refuse_existing(self.target)
        self.path.chmod(0o755)  # mkdtemp's is for its owner alone
        self.path.rename(self.target)

    def discard(self) -> None:
        """Remove what is not in its place, and let go of the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


def refuse_existing(folder: str | os.PathLike) -> None:
    """ValueError where a data set could not be put, before hours of work are spent on it."""
    if os.path.lexists(folder):
        raise ValueError(f"--out {folder} exists already: remove it or name another folder")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, where its file system has one.

    Raises:
        ValueError: another process holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            _lock_or_block(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock_or_block(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"another process works in {folder}: wait until it is done, or name another folder") from None


def _sweep(left: Path) -> None:
    """Remove a partial folder, unless a living process holds it."""
    lock = _lock(left)
    if lock is not None:
        shutil.rmtree(left, ignore_errors=True)
        os.close(lock)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where another process has it, or the file system has none."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except OSError:
            os.close(descriptor)
    return None
