"""Folders that appear whole or not at all; the next process sweeps up what a killed one left."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPLACED = "replaced"  # holds the old folder until the new one is in place


class PartialFolder:
    """A folder beside `target` to fill, locked while this process lives; `finish` renames it to `target`.

    Args:
        target: its final path.
        replace: replace an existing `target`, which stays until `finish`.

    Attributes:
        path: where to write.

    Raises:
        ValueError: `target` exists and is not to be replaced.
    """

    def __init__(self, target: Path, replace: bool = False):
        self.target, self._replace = target, replace
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target)
        self._refuse_existing()
        self._home, self._lock = _locked(_prefix(target), target.parent)
        self.path = self._home / "new"
        self.path.mkdir()

    def finish(self) -> None:
        """Move the folder into place; ValueError if another process has put one there, unless `replace`."""
        self._refuse_existing()
        if os.path.lexists(self.target):
            self.target.rename(self._home / REPLACED)
        self.path.rename(self.target)

    def discard(self) -> None:
        """Remove what was not moved into place, and release the lock."""
        try:
            _clear(self._home, self.target)
        finally:
            if self._lock is not None:
                os.close(self._lock)

    def _refuse_existing(self) -> None:
        if not self._replace:
            refuse_existing(self.target)


@contextlib.contextmanager
def staged(target: str | os.PathLike, replace: bool = False) -> Iterator[Path]:
    """A folder to fill, which becomes `target` at the end; an error changes nothing and leaves nothing behind.

    Args:
        replace: as `PartialFolder`'s.

    Raises:
        ValueError: `target` exists and is not to be replaced.
    """
    partial = PartialFolder(Path(target), replace)
    try:
        yield partial.path
        partial.finish()
    finally:
        partial.discard()


def sweep(target: Path) -> None:
    """Clear what killed processes left of folders for `target`; restores a `target` that was being replaced."""
    if target.parent.is_dir():
        for left in target.parent.iterdir():
            if left.name.startswith(_prefix(target)):
                _clear_dead(left, target)


def refuse_existing(folder: str | os.PathLike) -> None:
    """Raise ValueError if the folder exists, before hours of work are spent on it."""
    if os.path.lexists(folder):
        raise ValueError(f"--out {folder} exists already: remove it or name another folder")


def refuse_unwritable(folder: str | os.PathLike) -> None:
    """Raise ValueError unless files can be written in a folder, or in one that can be made; does not make it."""
    there = next(path for path in (Path(folder), *Path(folder).absolute().parents) if os.path.lexists(path))
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        why = "is closed to writing" if there.is_dir() else "is not a folder"
        raise ValueError(f"cannot write in {os.fspath(folder)}: {there} {why}")


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, if its file system supports locks.

    Raises:
        ValueError: another process holds it.
    """
    try:
        lock = _lock(folder)
    except BlockingIOError:
        raise ValueError(f"another process is using {folder}: wait until it is done, or name another folder") from None
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _locked(prefix: str, parent: Path) -> tuple[Path, int | None]:
    """A new folder and its lock; tries again if another process sweeps it up before it is locked."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        with contextlib.suppress(BlockingIOError, FileNotFoundError):
            lock = _lock(folder)
            if lock is None or folder.is_dir():
                return folder, lock
            os.close(lock)  # of a folder that is gone


def _prefix(target: Path) -> str:
    return f".{target.name}.partial-"


def _clear_dead(left: Path, target: Path) -> None:
    """Clear what another process left, unless that process is alive."""
    try:
        lock = _lock(left)
    except OSError:
        return
    if lock is not None:
        try:
            _clear(left, target)
        finally:
            os.close(lock)


def _clear(home: Path, target: Path) -> None:
    """Restore the old folder if nothing took its place, and remove the rest."""
    if os.path.lexists(home / REPLACED) and not os.path.lexists(target):
        (home / REPLACED).rename(target)
    shutil.rmtree(home, ignore_errors=True)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None if the file system has no locks.

    Raises:
        BlockingIOError: another process has it.
        OSError: the folder cannot be opened.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor
