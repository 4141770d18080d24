"""Files that are read only if they are files, and written whole or not at all."""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path


def regular(file: Path, name: str = "it") -> Path:
    """The file, if it is one: a device or a pipe under its name would be read for ever.

    Raises:
        ValueError: it is something else.
    """
    if file.exists() and not file.is_file():
        raise ValueError(f"{name} is not a file")
    return file


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write a file that is either complete and on disk, or not there (or as it was before).

    Raises:
        OSError: it cannot be; names `path`.
    """
    write_together({path: data})


def write_together(files: Mapping[str | os.PathLike, bytes]) -> None:
    """Write files that are all complete and on disk before the first of them takes its place.

    So a full disk changes none. They take their places one after another: stopped in between, the first ones are new.
    Where a path is a link, what it leads to is written, as by `open`.

    Raises:
        OSError: one cannot be; names its path.
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


@contextlib.contextmanager
def _beside(path: Path, data: bytes) -> Iterator[Path]:
    """A file of these bytes that may take the path's place, and is gone afterwards where it did not."""
    if path.exists() and not path.is_file():  # a device, which root could replace, like any file
        raise OSError(errno.EISDIR, "Is a directory" if path.is_dir() else "Is no regular file")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None  # whoever may read it now, and nobody else
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
