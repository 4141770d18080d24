"""Which clips are in a data set already, in little memory however many they are."""

import errno
import hashlib
import os
import sqlite3
from pathlib import Path


class Seen:
    """A set of byte strings by their SHA-256, in a file that SQLite keeps a few megabytes of in memory."""

    def __init__(self, path: Path):
        self.path = path
        self.database = sqlite3.connect(path)
        self.database.execute("PRAGMA journal_mode = OFF")  # it does not outlive the process
        self.database.execute("PRAGMA synchronous = OFF")
        self.database.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, data: bytes | memoryview) -> bool:
        """Whether the data are new; they are not the next time.

        Raises:
            OSError: the disk is full.
        """
        digest = hashlib.sha256(data).digest()
        try:
            return self.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 1
        except sqlite3.OperationalError as error:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error

    def close(self) -> None:
        """Forget everything."""
        self.database.close()
        self.path.unlink(missing_ok=True)
