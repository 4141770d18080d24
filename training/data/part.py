"""The part of a download that has arrived, and which file it is a part of."""

import json
import os
import re
from pathlib import Path
from typing import BinaryIO

import httpx

from audiogan.files import write_atomically
from training.data.retry import TryAgainError


class Part:
    """`NAME.part` holds the bytes so far, `NAME.part.json` the length of the whole file; its MD5 will tell the rest.

    Attributes:
        length: bytes of the whole file; None until a server states it.
    """

    def __init__(self, target: Path):
        self.target = target
        self.path, self.notes = Path(f"{target}.part"), Path(f"{target}.part.json")
        try:
            self.length = int(json.loads(self.notes.read_text())["length"])
        except (OSError, ValueError, TypeError, KeyError):
            self.length = None

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def whole(self) -> bool:
        return self.length is not None and self.size >= self.length

    @property
    def name(self) -> str:
        return self.target.name

    def headers(self) -> dict[str, str]:
        """Headers that ask for the rest. Of an unchanged file servers may give another ETag, so none is named."""
        return {"Range": f"bytes={self.size}-"} if self.size else {}

    def begin(self, response: httpx.Response) -> bool:
        """Prepare to append a body, starting over if the server does; False if nothing is left to download.

        Raises:
            TryAgainError: the response does not fit the bytes here; they are discarded, unless it is a whole file of
                another length: a page that some proxy or login made up.
            ValueError: the server does not say how long the file is.
        """
        start, length = _range(response)
        if response.status_code == 416 and length == self.size:
            self._note(length)
            return False
        changed = self.length is not None and length != self.length
        if response.status_code == 200 and changed and self.size:
            sent = "a file of unknown length" if length is None else f"{length:,} bytes"
            raise TryAgainError(f"the server sent {sent}, not the file of {self.length:,} bytes")
        if start not in (0, self.size) or (start and changed):
            self.discard()
            raise TryAgainError("the server's file has changed; starting over")
        if length is None:
            raise ValueError(f"{response.url} cannot be downloaded: the server does not say how long it is")
        if not start:
            self.path.unlink(missing_ok=True)
        self._note(length)
        return True

    def open(self) -> BinaryIO:
        """The file to append to."""
        return open(self.path, "ab")

    def finish(self) -> None:
        """Move the whole file to its place."""
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())
        os.replace(self.path, self.target)
        self.notes.unlink(missing_ok=True)

    def discard(self) -> None:
        """Delete everything: the next request starts at the first byte."""
        self.path.unlink(missing_ok=True)
        self.notes.unlink(missing_ok=True)
        self.length = None

    def _note(self, length: int) -> None:
        self.length = length
        write_atomically(self.notes, json.dumps({"length": length}).encode())


def _range(response: httpx.Response) -> tuple[int | None, int | None]:
    """The first byte of a body and the length of the whole file; None if the response does not state it."""
    if response.status_code == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    start, length = found.groups() if found else (None, None)
    return int(start) if start else None, int(length) if length and length.isdecimal() else None
