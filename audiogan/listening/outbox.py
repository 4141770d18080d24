"""Entries that the Hub does not have yet, as append-only JSON lines in files of unique names.

The Hub takes whole files: sending a file again replaces it. So every process writes its own files, named by a random
uuid, and begins new ones before they grow long. Memory holds only the entries added since the last `collect`; the rest
wait in unnamed temporary files. A killed process loses those, but the database, written before a vote is acknowledged,
has all entries.
"""

import json
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from typing import BinaryIO

FOLDERS = {"vote": "votes", "exclusion": "votes", "session": "sessions", "step": "sessions", "note": "sessions"}
FOLDERS |= {"recruited": "sessions", "background": "sessions"}
MAX_BYTES = 1_000_000  # a file that has reached this takes no more entries


@dataclass
class Lines:
    """A file of entries.

    Attributes:
        path: on the Hub.
        size, entries: bytes and entries in the file; sent_size, sent_entries: those that the Hub has.
    """

    path: str
    file: BinaryIO = field(default_factory=tempfile.TemporaryFile, repr=False)
    size: int = 0
    entries: int = 0
    sent_size: int = 0
    sent_entries: int = 0

    def append(self, entry: dict) -> None:
        """Add a line; an OSError leaves the contents as they were."""
        data = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        self.file.seek(self.size)
        self.file.write(data)
        self.file.flush()
        self.size, self.entries = self.size + len(data), self.entries + 1

    def read(self) -> bytes:
        """The whole contents."""
        self.file.seek(0)
        return self.file.read(self.size)


class Outbox:
    """Entries waiting to be sent. Any thread may call `add`, which is fast, or `waiting`; one thread calls the rest."""

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
        """Queue entries."""
        with self._lock:
            self._fresh += entries

    def clear(self) -> None:
        """Drop everything that waits."""
        with self._lock:
            self._fresh.clear()
            for lines in self._files:
                lines.file.close()
            self._files.clear()
            self._last.clear()

    def collect(self) -> list[Lines]:
        """Write queued entries to files, and return the files with unsent entries.

        Raises:
            OSError: the disk is full; everything stays queued.
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
        """Mark these files as sent, and close those that have reached `MAX_BYTES`."""
        with self._lock:
            for lines in files:
                lines.sent_size, lines.sent_entries = lines.size, lines.entries
            done = [lines for lines in files if lines.sent_size >= MAX_BYTES]
            self._files = [lines for lines in self._files if lines.sent_size < MAX_BYTES]
        for lines in done:
            lines.file.close()

    def _open(self, folder: str) -> Lines:
        """The file for a folder's next entry."""
        last = self._last.get(folder)
        if last is None or last.size >= MAX_BYTES:
            last = self._last[folder] = Lines(f"{folder}/{uuid.uuid4().hex}.jsonl")
            with self._lock:
                self._files.append(last)
        return last
