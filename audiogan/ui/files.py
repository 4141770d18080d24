"""Files that Gradio serves: sounds for whoever fetches them soon, and never more of them than a disk can bear."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

MAX_BYTES = 256 * 2**20
SLACK_SECONDS = 60.0  # a file that was handed out so recently stays


class ServedFiles:
    """Files in a component's cache, in the order in which they were last handed out.

    Args:
        field: the component.
        max_bytes: of all of them; the oldest make room. `delete_cache` removes by age what nobody asks for any more.
    """

    def __init__(self, field: gr.HTML, max_bytes: int = MAX_BYTES, clock: Callable[[], float] = time.time):
        self._field, self._max_bytes, self._clock = field, max_bytes, clock
        self._busy = threading.Lock()
        self._kept: dict[str, tuple[int, float]] = {}  # bytes, and when it was handed out
        self.bytes = 0

    def add(self, data: bytes, name: str) -> dict:
        """A file of these bytes, under a name of our choice, as Gradio hands it out."""
        path = save_bytes_to_cache(data, name, self._field.GRADIO_CACHE)
        with self._busy:
            self.bytes += len(data) - self._kept.pop(path, (0, 0.0))[0]
            self._kept[path] = len(data), self._clock()
            self._make_room()
        return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def _make_room(self) -> None:
        until = self._clock() - SLACK_SECONDS
        while self.bytes > self._max_bytes:
            path, (size, handed_out) = next(iter(self._kept.items()))
            if handed_out > until:
                return
            del self._kept[path]
            self.bytes -= size
            Path(path).unlink(missing_ok=True)
