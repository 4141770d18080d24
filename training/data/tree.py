"""The audio files below a folder, and entries named like one that cannot be read."""

import os
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from training.data.recordings import Skipped

NAMES = """wav wave wavex rf64 w64 flac ogg oga opus mp3 aif aiff aifc au snd caf voc sph nist iff svx 8svx avr paf fap
pvf sf ircam sds htk mpc wve xi"""
EXTENSIONS = {f".{name}" for name in NAMES.split()}  # formats that libsndfile reads and recognises by content
NO_FILE = "is not a file, or a broken link"
READ_ANYWAY = "is a link to a folder that is read anyway"
AROUND = "is a link to a folder around one that is read"


def find(folder: Path) -> tuple[list[str], list[Skipped]]:
    """Every audio file below a folder, as a relative path with slashes, in order; and what seems one but is not.

    Names that begin with a dot are passed over. Links to folders are followed, except to folders that are read anyway,
    or that contain one that is read.
    """
    names, skipped = [], []
    for name, fault in tqdm(_walk(folder), desc="find", unit="file", leave=False, delay=2):
        if fault:
            skipped.append(Skipped(name, fault))
        else:
            names.append(name)
    names.sort(key=lambda name: name.replace("/", "\0"))  # like lists of path parts, in a tenth of their memory
    return names, skipped


def _walk(folder: Path) -> Iterator[tuple[str, str]]:
    """Each audio file with an empty fault; each entry that is not a file, or folder left out, with its fault."""
    roots, closed = {os.path.realpath(folder)}, []
    for place, folders, files in os.walk(folder, onerror=closed.append, followlinks=True):
        inside = "" if place == str(folder) else f"{Path(place).relative_to(folder).as_posix()}/"
        folders[:] = (name for name in folders if not name.startswith("."))
        for name in [name for name in folders if os.path.islink(os.path.join(place, name))]:
            real = os.path.realpath(os.path.join(place, name))
            read = any(_shows(root, real) for root in roots)
            if read or any(_holds(real, root) for root in roots):
                folders.remove(name)
                yield f"{inside}{name}", READ_ANYWAY if read else AROUND
            else:
                roots.add(real)
        for name in files:
            if os.path.splitext(name)[1].lower() in EXTENSIONS and not name.startswith("."):
                yield f"{inside}{name}", "" if os.path.isfile(os.path.join(place, name)) else NO_FILE
    for error in closed:
        yield Path(error.filename).relative_to(folder).as_posix(), f"cannot be opened: {error.strerror}"


def _shows(outer: str, inner: str) -> bool:
    """Whether the real path `inner` lies in `outer`, or is the same, and no folder on the way is hidden."""
    return _holds(outer, inner) and "/." not in f"/{inner.removeprefix(outer)}"


def _holds(outer: str, inner: str) -> bool:
    """Whether the real path `inner` lies in `outer`, or is the same."""
    return os.path.commonpath([outer, inner]) == outer
