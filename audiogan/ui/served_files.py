"""Files that Gradio serves: sounds to be fetched soon, within a limit on their bytes."""

import hashlib
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import gradio as gr

MAX_BYTES = 256 * 2**20
SLACK_SECONDS = 60.0  # a file handed out more recently stays, even if that takes up to twice the bytes
KEPT_SECONDS = 3600.0  # no file stays longer
FULL = "the server is busy: too many sounds were fetched in the last minute; try again in one"


class ServedFiles:
    """Files in a folder of their own, in the order handed out. The folder goes with this object or its process.

    Gradio's `delete_cache` leaves an empty folder for each file, and stops for good if a file comes while it counts.

    Args:
        page: the folder is in its cache.
        max_bytes: limit on all files together; the oldest are removed. Up to twice that while they are too recent.

    Raises:
        ValueError: the folder cannot be written to.
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
        self._kept: dict[str, tuple[int, float]] = {}  # by path: bytes, and when it was handed out
        self.bytes = 0

    def add(self, data: bytes, name: str) -> dict:
        """Store a file under the given name, and return it as Gradio hands it out.

        The same bytes under the same name are one file, which is not written again: someone may be fetching it.

        Raises:
            ValueError: too many bytes were handed out too recently to be removed.
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
        """Remove files that were handed out long ago, or exceed the limit."""
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
        """Remove a file, its folder, and Gradio's record of it."""
        with suppress(OSError):  # it may be gone
            path.unlink()
            path.parent.rmdir()
        for remembered in self._page.temp_file_sets:
            remembered.discard(str(path))


def _write(path: Path, data: bytes) -> None:
    """Write a new file in a folder of its own, whole or not at all; it need not survive a crash of the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)  # all of it may be gone: systems tidy temporary folders
    try:
        path.write_bytes(data)
    except OSError:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # the same bytes may lie in it under another name
            path.parent.rmdir()
        raise
