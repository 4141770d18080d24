"""An archive on a server that may misbehave, and a client that does not wait."""

import hashlib

import numpy as np
import pytest
from shelf import Shelf

from training.data.download import Archive, Downloader

NAME = "sounds.zip"
DATA = np.random.default_rng(0).bytes(300_000)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


ARCHIVE = Archive(NAME, md5(DATA))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def shelf():
    shelf = Shelf({NAME: DATA})
    yield shelf
    shelf.close()


@pytest.fixture
def waits() -> list[float]:
    """Seconds of each wait that a download would have made."""
    return []


@pytest.fixture
def fetch(shelf, waits, tmp_path):
    """Download the archive and return what is then in the folder."""

    def fetch(*archives: Archive) -> dict[str, bytes]:
        Downloader(shelf.base, waits.append).fetch(archives or (ARCHIVE,), tmp_path)
        return content()

    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    fetch.content = content
    return fetch


def refusal(fetch, *archives) -> str:
    with pytest.raises(ValueError, match=r".") as error:
        fetch(*archives)
    assert "\n" not in str(error.value)
    return str(error.value)
