"""Read regular files only; write files whole or not at all."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path


def regular(file: Path, name: str = "it") -> Path:
    """Return the path of a regular file, or a missing one: reading a device or a pipe might never end.

    Raises:
        ValueError: it exists and is not a regular file.
    """
    if file.exists() and not file.is_file():
        raise ValueError(f"{name} is not a file")
    return file


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write a file completely and to disk, or leave the path as it was.

    Raises:
        OSError: it cannot be written; names `path`.
    """
    write_together({path: data})


def write_together(files: Mapping[str | os.PathLike, bytes]) -> None:
    """Write several files, all complete and on disk before the first one takes its place.

    A full disk therefore changes none. They take their places one after another: if stopped in between, only the first
    ones are new. A link is followed to its target, as by `open`.

    Raises:
        OSError: one cannot be written; names its path.
    """
    with contextlib.ExitStack() as partials:
        complete = {}
        for path, data in files.items():
            with _named(path):
                target = Path(os.path.realpath(path))
                complete[path] = target, partials.enter_context(_beside(target, data))
        for path, (target, partial) in complete.items():
            with _named(path):
                os.replace(partial, target)


def append(path: str | os.PathLike, data: bytes) -> None:
    """Add bytes to the end of a file, all or none; creates it if it is missing.

    Raises:
        OSError: they cannot be written; names `path`.
    """
    with _named(path), open(path, "ab", buffering=0) as file:
        end = file.tell()
        try:
            while data:  # a disk that fills up takes a part, and refuses the rest
                data = data[file.write(data) :]
        except OSError:
            file.truncate(end)
            raise


@contextlib.contextmanager
def _beside(path: Path, data: bytes) -> Iterator[Path]:
    """A temporary file of these bytes, beside `path` and ready to replace it; removed afterwards if it did not."""
    if path.exists() and not path.is_file():  # root could replace even a device
        raise OSError(errno.EISDIR, "Is a directory" if path.is_dir() else "Not a regular file")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None  # keep its permissions
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode)
        with os.fdopen(handle, "wb") as file:
            if mode is not None:
                os.chmod(partial, mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield partial
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(path: str | os.PathLike) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
