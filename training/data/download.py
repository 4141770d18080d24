"""Download archives of known MD5: resumed after interruptions, verified, and in place complete or not at all."""

import errno
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tqdm import tqdm

from audiogan import __version__
from audiogan.folders import alone_in
from training.data.hashing import file_hash
from training.data.part import Part
from training.data.retry import TryAgainError, back_off, retry_after

USER_AGENT = f"audiogan/{__version__} (+audiogan: WaveGAN and SpecGAN, training prepare fsdkaggle2018)"
TIMEOUT_S = 60.0
TRIES = 8  # in a row with less than PROGRESS_BYTES of progress
PROGRESS_BYTES = 2**20
REDIRECTS = 5
RETRIED = (408, 425, 429)  # and every 5xx


@dataclass(frozen=True)
class Archive:
    """A file of a record and the MD5 its publisher states."""

    name: str
    md5: str


class Downloader:
    """A client of one record of files, `BASE/NAME?download=1`.

    Redirects are followed to https, and to plain http only at the base's own address.

    Args:
        base: address of the record's files.
        sleep: waits between tries, for the given seconds.

    Raises:
        ValueError: the base is not an http or https address.
    """

    def __init__(self, base: str, sleep: Callable[[float], None] = time.sleep):
        self.base, self.sleep = base.rstrip("/"), sleep
        self.origin = _origin(self.base)
        self.client = httpx.Client(
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            timeout=TIMEOUT_S,
            follow_redirects=True,
            max_redirects=REDIRECTS,
            event_hooks={"request": [self._refuse_plain_http]},
        )

    def fetch(self, archives: Sequence[Archive], folder: Path) -> None:
        """Download every archive into the folder and verify it; those already there are only verified.

        Raises:
            ValueError: another process is downloading into the folder, the disk has no room, or the server refuses,
                cannot be reached, or sends a wrong file twice. Received bytes stay in `NAME.part` for the next try,
                unless they are wrong.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with self.client, alone_in(folder):
            missing = [archive for archive in archives if not is_whole(folder / archive.name, archive.md5)]
            self._check_room([Part(folder / archive.name) for archive in missing], folder)
            for archive in missing:
                self._fetch_one(archive, Part(folder / archive.name))

    def _check_room(self, parts: list[Part], folder: Path) -> None:
        """Raise ValueError if the disk has no room for what the parts lack, as far as the server answers to HEAD."""
        needed = 0
        with suppress(TryAgainError, httpx.HTTPError, ValueError):  # only GET must succeed
            for part in parts:
                needed += (part.length or self._ask_length(part)) - part.size
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise ValueError(
                f"the archives need {needed / 2**30:.2f} GiB more in {folder}, where {free / 2**30:.2f} GiB are free: "
                "make room or name another folder"
            )

    def _fetch_one(self, archive: Archive, part: Part) -> None:
        for _ in range(2):
            self._persist(self._transfer, part)
            if is_whole(part.path, archive.md5):
                part.finish()
                return
            size = part.size
            part.discard()
        raise ValueError(
            f"{archive.name} was wrong twice from {self.base} ({size:,} bytes, whose MD5 is not {archive.md5}) "
            "and was deleted: try again later"
        )

    def _persist(self, attempt: Callable, part: Part):
        """Repeat `attempt(part)` until it succeeds; waits after failures as long as the server asks, or ever longer."""
        failures, furthest = 0, part.size
        while True:
            try:
                return attempt(part)
            except (TryAgainError, httpx.TransportError) as error:
                reason, wait_s = str(error) or type(error).__name__, getattr(error, "wait_s", None)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise ValueError(
                    f"the disk is full at {part.size:,} bytes of {part.name}; they are kept: make room, and the same "
                    "command resumes from there"
                ) from None
            except httpx.TooManyRedirects:
                raise ValueError(f"{part.name} cannot be downloaded: {self.base} redirects without end") from None
            if part.size >= furthest + PROGRESS_BYTES:  # real progress only, or tries might never end
                failures, furthest = 0, part.size
            failures += 1
            if failures == TRIES:
                raise ValueError(
                    f"{part.name} could not be downloaded from {self.base} in {TRIES} tries ({reason}); "
                    "received bytes are kept, and the same command resumes from there"
                )
            wait_s = back_off(failures) if wait_s is None else wait_s
            tqdm.write(f"{part.name}: {reason}; next try in {wait_s:.0f} s", file=sys.stderr)
            self.sleep(wait_s)

    def _ask_length(self, part: Part) -> int:
        with self._open("HEAD", part.name) as response:
            length = response.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else part.size

    def _transfer(self, part: Part) -> None:
        """Request the missing bytes once, and write them as they arrive."""
        if part.whole:
            return
        with self._open("GET", part.name, part.headers()) as response:
            if not part.begin(response):
                return
            unit = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
            with part.open() as file, tqdm(desc=part.name, total=part.length, initial=part.size, **unit) as bar:
                for data in response.iter_raw():
                    file.write(data)
                    bar.update(len(data))
                    if bar.n > part.length:
                        break  # too long, so wrong: no need for the rest
        if not part.whole:
            raise TryAgainError(f"the server stopped at {part.size:,} of {part.length:,} bytes")

    @contextmanager
    def _open(self, method: str, name: str, headers: dict | None = None) -> Iterator[httpx.Response]:
        url = f"{self.base}/{name}?download=1"
        with self.client.stream(method, url, headers=headers) as response:
            status = f"HTTP {response.status_code} {response.reason_phrase}".strip()
            if response.status_code in RETRIED or response.status_code >= 500:
                raise TryAgainError(status, retry_after(response.headers.get("Retry-After", "")))
            if response.status_code not in (200, 206, 416):
                raise ValueError(f"{url} cannot be downloaded: the server says {status}")
            yield response

    def _refuse_plain_http(self, request: httpx.Request) -> None:
        if request.url.scheme != "https" and _origin(str(request.url)) != self.origin:
            raise ValueError(f"{self.base} redirects to {request.url}, which is not https")


def is_whole(path: Path, md5: str) -> bool:
    """Whether the file exists and has that MD5."""
    return path.is_file() and file_hash(path, "md5", "verify") == md5


def _origin(address: str) -> tuple[str, str, int | None]:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("https", "http") or not url.host:
        raise ValueError(f"the address of a download must begin with https:// or http://, not {address!r}")
    return url.scheme, url.host, url.port
