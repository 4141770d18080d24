"""What the Hub does not have yet, as append-only JSON lines under names that nobody else has.

The Hub takes whole files: a file that is sent again replaces the one of its name. So every process writes files of its
own, called by a random uuid, and begins new ones before they grow long. Memory holds only what was added since the
last look; the rest waits in nameless temporary files, which a killed process leaves nothing of: the database, on disk
before a vote is acknowledged, has all of it.
"""

import json
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from typing import BinaryIO

FOLDERS = {"vote": "votes", "exclusion": "votes", "session": "sessions", "step": "sessions", "note": "sessions"}
FOLDERS |= {"recruited": "sessions", "background": "sessions"}
MAX_BYTES = 1_000_000  # of a file that may still grow


@dataclass
class Lines:
    """A file of entries.

    Attributes:
        path: on the Hub.
        size, entries: what it holds, in bytes and entries; sent_size, sent_entries: what the Hub has of it.
    """

    path: str
    file: BinaryIO = field(default_factory=tempfile.TemporaryFile, repr=False)
    size: int = 0
    entries: int = 0
    sent_size: int = 0
    sent_entries: int = 0

    def append(self, entry: dict) -> None:
        """Add a line, or after an OSError nothing."""
        data = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        self.file.seek(self.size)
        self.file.write(data)
        self.file.flush()
        self.size, self.entries = self.size + len(data), self.entries + 1

    def read(self) -> bytes:
        """All of it."""
        self.file.seek(0)
        return self.file.read(self.size)


class Outbox:
    """Entries on their way. `add` may be called by any thread and takes no time; the rest is for one thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._fresh: list[dict] = []
        self._files: list[Lines] = []
        self._last: dict[str, Lines] = {}  # by folder

    @property
    def waiting(self) -> int:
        """How many entries the Hub does not have yet."""
        with self._lock:
            return len(self._fresh) + sum(lines.entries - lines.sent_entries for lines in self._files)

    def add(self, entries: list[dict]) -> None:
        """Let entries wait."""
        with self._lock:
            self._fresh += entries

    def clear(self) -> None:
        """Forget all that waits."""
        with self._lock:
            self._fresh.clear()
            for lines in self._files:
                lines.file.close()
            self._files.clear()
            self._last.clear()

    def collect(self) -> list[Lines]:
        """The files that have what the Hub does not.

        Raises:
            OSError: the disk is full; everything goes on waiting.
        """
        with self._lock:
            fresh, self._fresh = self._fresh, []
        for done, entry in enumerate(fresh):
            try:
                self._open(FOLDERS[entry["kind"]]).append(entry)
            except OSError:
                with self._lock:
                    self._fresh = fresh[done:] + self._fresh
                raise
        return [lines for lines in self._files if lines.size > lines.sent_size]

    def sent(self, files: list[Lines]) -> None:
        """The Hub has all that these files hold now; those that are long enough are done with."""
        with self._lock:
            for lines in files:
                lines.sent_size, lines.sent_entries = lines.size, lines.entries
            done = [lines for lines in files if lines.sent_size >= MAX_BYTES]
            self._files = [lines for lines in self._files if lines.sent_size < MAX_BYTES]
        for lines in done:
            lines.file.close()

    def _open(self, folder: str) -> Lines:
        """The file that a folder's next entry goes into."""
        last = self._last.get(folder)
        if last is None or last.size >= MAX_BYTES:
            last = self._last[folder] = Lines(f"{folder}/{uuid.uuid4().hex}.jsonl")
            with self._lock:
                self._files.append(last)
        return last
