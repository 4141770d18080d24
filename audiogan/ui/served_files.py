"""Files that Gradio serves: sounds for whoever fetches them soon, and never more of them than a disk can bear."""

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gradio as gr

MAX_BYTES = 256 * 2**20
SLACK_SECONDS = 60.0  # a file that was handed out so recently stays, and may be one of twice as many bytes
KEPT_SECONDS = 3600.0  # none stays longer
FULL = "the server is busy: too many sounds were fetched in the last minute; try again in one"


class ServedFiles:
    """Files in a folder of their own, which goes with this object or its process, in the order of being handed out.

    Gradio's `delete_cache` leaves an empty folder for each file, and ends for good if one comes while it counts them.

    Args:
        page: in whose cache the folder lies.
        max_bytes: of all of them; the oldest make room. Twice as many while those are too young to go, and never more.

    Raises:
        ValueError: nothing can be written there.
    """

    def __init__(self, page: gr.Blocks, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.monotonic):
        self._page, self._max_bytes, self._clock = page, max_bytes, clock
        try:
            Path(page.GRADIO_CACHE).mkdir(parents=True, exist_ok=True)
            self._folder = tempfile.TemporaryDirectory(dir=page.GRADIO_CACHE, ignore_cleanup_errors=True)
        except OSError as error:
            where = f"files for those who fetch sounds cannot be written below {page.GRADIO_CACHE}"
            raise ValueError(f"{where}: {error.strerror}; GRADIO_TEMP_DIR can name another folder") from None
        self._busy = threading.Lock()
        self._kept: dict[str, tuple[int, float]] = {}  # bytes, and when it was handed out
        self.bytes = 0

    def add(self, data: bytes, name: str) -> dict:
        """A file of these bytes, under a name of our choice, as Gradio hands it out.

        The same bytes under the same name are one file, which is not written again: someone may be fetching it.

        Raises:
            ValueError: there are too many that someone may be fetching.
        """
        self.sweep()
        path = Path(self._folder.name).resolve() / hashlib.sha256(data).hexdigest() / name
        with self._busy:
            if self.bytes + len(data) > 2 * self._max_bytes:
                raise ValueError(FULL)
            if not path.exists():
                _write(path, data)
            self.bytes += len(data) - self._kept.pop(str(path), (0, 0.0))[0]
            self._kept[str(path)] = len(data), self._clock()
        self.sweep()
        return {"path": str(path), "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def sweep(self) -> None:
        """Remove what was handed out long ago, or is too much."""
        with self._busy:
            while self._kept:
                path, (size, handed_out) = next(iter(self._kept.items()))
                age = self._clock() - handed_out
                if age < SLACK_SECONDS or (age < KEPT_SECONDS and self.bytes <= self._max_bytes):
                    return
                del self._kept[path]
                self.bytes -= size
                self._remove(Path(path))

    def _remove(self, path: Path) -> None:
        """A file, its folder, and what Gradio remembers of it."""
        with suppress(OSError):  # it may be gone
            path.unlink()
            path.parent.rmdir()
        for remembered in self._page.temp_file_sets:
            remembered.discard(str(path))


def _write(path: Path, data: bytes) -> None:
    """A new file in a folder of its own, whole or not at all; that it outlives the machine is not needed."""
    path.parent.mkdir(parents=True, exist_ok=True)  # all of it may be gone: systems tidy temporary folders
    try:
        path.write_bytes(data)
    except OSError:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # the same bytes may lie in it under another name
            path.parent.rmdir()
        raise
