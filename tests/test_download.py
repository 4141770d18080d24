"""The download client against a server that breaks off, throttles, lies and redirects; no waiting, no network."""

import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import numpy as np
import pytest
from shelf import Shelf, answer, drop, ignore_range, say

from audiogan import __version__
from audiogan.folders import alone_in
from training.data import download, retry
from training.data.download import TRIES, Archive, Downloader, is_whole
from training.data.part import Part

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


class TestGoodServer:
    def test_whole_verified_and_nothing_beside_it(self, fetch, waits):
        assert fetch() == {NAME: DATA}
        assert waits == []

    def test_it_says_who_it_is_and_asks_for_the_right_address(self, fetch, shelf):
        fetch()
        for _, path, headers in shelf.requests:
            assert path == f"/records/1/files/{NAME}?download=1"
            assert headers["User-Agent"].startswith(f"audiogan/{__version__} (+audiogan")
            assert headers["Accept-Encoding"] == "identity"
        assert [method for method, *_ in shelf.requests] == ["HEAD", "GET"]

    def test_what_is_there_is_not_fetched_again(self, fetch, shelf):
        fetch()
        shelf.requests.clear()
        assert fetch() == {NAME: DATA}
        assert shelf.requests == []

    def test_a_damaged_copy_is_replaced(self, fetch, tmp_path):
        (tmp_path / NAME).write_bytes(DATA[:-1] + b"x")
        assert fetch() == {NAME: DATA}

    def test_several_archives(self, fetch, shelf):
        shelf.files["b.zip"] = b"b"
        assert fetch(ARCHIVE, Archive("b.zip", md5(b"b"))) == {NAME: DATA, "b.zip": b"b"}


class TestBrokenConnections:
    def test_goes_on_where_it_broke_off(self, fetch, shelf, waits):
        shelf.script += [drop(100_000), drop(50_000)]
        assert fetch() == {NAME: DATA}
        first, second, third = shelf.gets()
        assert "Range" not in first
        assert (second["Range"], second["If-Range"]) == ("bytes=100000-", '"1"')
        assert third["Range"] == "bytes=150000-"
        assert len(waits) == 2

    def test_ctrl_c_leaves_the_part_for_the_next_time(self, fetch, shelf, tmp_path):
        def interrupt(_):
            raise KeyboardInterrupt

        shelf.script += [drop(100_000)]
        with pytest.raises(KeyboardInterrupt):
            Downloader(shelf.base, interrupt).fetch((ARCHIVE,), tmp_path)
        assert fetch.content()[f"{NAME}.part"] == DATA[:100_000]
        assert fetch() == {NAME: DATA}
        assert shelf.gets()[-1]["Range"] == "bytes=100000-"

    def test_a_disk_that_fills_up_leaves_the_part_for_the_next_time(self, fetch, shelf, monkeypatch):
        class Full(io.FileIO):
            def write(self, data):
                if self.tell() >= 100_000:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return super().write(data[: 100_000 - self.tell()])

        with monkeypatch.context() as disk:
            disk.setattr(Part, "open", lambda part: io.BufferedWriter(Full(part.path, "ab")))
            assert "the disk is full at 100,000 bytes of sounds.zip; they are kept" in refusal(fetch)
        assert len(fetch.content()[f"{NAME}.part"]) == 100_000
        assert fetch() == {NAME: DATA}
        assert shelf.requests[-1][2]["Range"] == "bytes=100000-"

    def test_two_at_once_do_not_write_into_one_part(self, fetch, tmp_path):
        with alone_in(tmp_path):
            assert "another process works in" in refusal(fetch)
        assert fetch() == {NAME: DATA}

    def test_a_file_system_without_locks(self, fetch, monkeypatch):
        def refuse(*_):
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr(fcntl, "flock", refuse)
        assert fetch() == {NAME: DATA}

    def test_a_part_without_notes_is_gone_on_with(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA[:70_000])
        assert fetch() == {NAME: DATA}
        assert shelf.gets()[0]["Range"] == "bytes=70000-"
        assert "If-Range" not in shelf.gets()[0]

    def test_a_whole_part_is_only_verified(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA)
        assert fetch() == {NAME: DATA}  # by the server's 416, which states the length

    def test_gives_up_after_a_bounded_number_of_tries_and_keeps_the_part(self, fetch, shelf, waits):
        shelf.script += [drop(10)] * 100
        message = refusal(fetch)
        assert f"in {TRIES} tries" in message
        assert "goes on from there" in message
        assert len(waits) == TRIES - 1
        assert waits[0] < 2
        assert waits[5] > 20
        assert max(waits) <= 75
        assert fetch.content()[f"{NAME}.part"] == DATA[: 10 * TRIES]

    def test_progress_earns_new_tries(self, fetch, shelf, monkeypatch):
        monkeypatch.setattr(download, "PROGRESS_BYTES", 1000)
        shelf.script += [drop(1000)] * (3 * TRIES)
        assert fetch() == {NAME: DATA}

    def test_starting_over_each_time_is_not_progress(self, fetch, shelf, monkeypatch):
        monkeypatch.setattr(download, "PROGRESS_BYTES", 1000)
        shelf.script += [lambda handler, data: answer(handler, data, sent=data[:5000])] * 100
        assert "tries" in refusal(fetch)
        assert len(shelf.gets()) <= TRIES + 1

    def test_no_server_at_all(self, tmp_path, waits):
        message = refusal(lambda: Downloader("http://127.0.0.1:9", waits.append).fetch((ARCHIVE,), tmp_path))
        assert "could not be downloaded from http://127.0.0.1:9" in message


class TestServersThatRestart:
    def test_a_server_that_ignores_range_starts_over(self, fetch, shelf):
        shelf.script += [drop(100_000), ignore_range]
        assert fetch() == {NAME: DATA}

    def test_a_file_that_changed_starts_over(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)
        (tmp_path / f"{NAME}.part.json").write_text(json.dumps({"length": len(DATA), "validator": '"0"'}))
        assert fetch() == {NAME: DATA}

    def test_a_changed_length_starts_over(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)
        (tmp_path / f"{NAME}.part.json").write_text(json.dumps({"length": 2000, "validator": ""}))
        assert fetch() == {NAME: DATA}

    def test_a_part_longer_than_the_file_starts_over(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA + b"more")
        assert fetch() == {NAME: DATA}

    @pytest.mark.parametrize("content_range", [None, "bytes 5-9/300000", "nonsense", "bytes */*"])
    def test_another_range_than_asked_starts_over(self, fetch, shelf, content_range):
        shelf.script += [drop(1000), lambda handler, data: answer(handler, data[5:], 206, Content_Range=content_range)]
        assert fetch() == {NAME: DATA}

    def test_a_shorter_range_than_asked_is_asked_again(self, fetch, shelf):
        length = len(DATA)
        shelf.script += [
            drop(1000),
            lambda handler, data: answer(handler, data[1000:5000], 206, Content_Range=f"bytes 1000-4999/{length}"),
        ]
        assert fetch() == {NAME: DATA}
        assert shelf.gets()[-1]["Range"] == "bytes=5000-"

    def test_a_weak_etag_is_no_validator_but_a_date_is(self, fetch, shelf):
        date = "Wed, 30 Jan 2019 10:00:00 GMT"
        answers = {"ETag": 'W/"1"', "Last_Modified": date}
        shelf.script += [lambda handler, data: answer(handler, data, sent=data[:1000], **answers)]
        fetch()
        assert shelf.gets()[1]["If-Range"] == date

    def test_notes_that_are_not_ours_are_ignored(self, fetch, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA[:10])
        (tmp_path / f"{NAME}.part.json").write_text("[1, 2]")
        assert fetch() == {NAME: DATA}


class TestThrottling:
    @pytest.mark.parametrize("status", [429, 503])
    def test_waits_as_many_seconds_as_asked(self, fetch, shelf, waits, status):
        shelf.script += [say(status, Retry_After="7")]
        assert fetch() == {NAME: DATA}
        assert waits == [7.0]

    def test_waits_until_the_date_asked(self, fetch, shelf, waits):
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
        shelf.heads += [say(429, Retry_After=date)]
        fetch()
        assert waits == [pytest.approx(90, abs=3)]

    def test_waits_ten_minutes_at_most(self, fetch, shelf, waits):
        shelf.script += [say(429, Retry_After="86400")]
        fetch()
        assert waits == [600.0]

    @pytest.mark.parametrize("asked", ["", "soon", "-5", "²", "Wed, 99 Foo 2019"])
    def test_backs_off_where_it_is_not_told(self, asked):
        assert retry.retry_after(asked) is None

    def test_a_date_that_is_past_means_now(self):
        assert retry.retry_after("Wed, 30 Jan 2019 10:00:00 GMT") == 0

    @pytest.mark.parametrize("status", [500, 502, 408])
    def test_tries_again_after_a_fault(self, fetch, shelf, waits, status):
        shelf.script += [say(status), say(status)]
        assert fetch() == {NAME: DATA}
        assert 0.7 < waits[0] < 1.3
        assert 1.4 < waits[1] < 2.6

    def test_throttled_for_ever(self, fetch, shelf):
        shelf.heads += [say(429, Retry_After="1")] * 100
        assert "HTTP 429" in refusal(fetch)


class TestWrongFiles:
    def test_wrong_once_is_fetched_again(self, fetch, shelf):
        shelf.script += [lambda handler, data: answer(handler, b"x" * len(data))]
        assert fetch() == {NAME: DATA}

    @pytest.mark.parametrize("wrong", [b"x" * len(DATA), DATA[:-10], DATA + b"more", b""])
    def test_wrong_twice_is_one_sentence_and_leaves_nothing(self, fetch, shelf, wrong):
        shelf.files[NAME] = wrong
        assert "came wrong twice" in refusal(fetch)
        assert fetch.content() == {}
        assert len(shelf.gets()) == 2

    def test_more_bytes_than_promised_are_not_kept(self, fetch, shelf):
        def endless(handler, data):
            answer(handler, data * 3, 206, Content_Range=f"bytes 0-{len(data) - 1}/{len(data)}")

        shelf.script += [endless]
        assert fetch() == {NAME: DATA}

    def test_fewer_bytes_than_promised_are_asked_for(self, fetch, shelf):
        shelf.script += [lambda handler, data: answer(handler, data + b"x" * 50, sent=data)]
        assert fetch() == {NAME: DATA}

    def test_no_length(self, fetch, shelf):
        shelf.script += [lambda handler, data: answer(handler, data, Content_Length=None)]
        assert "does not say how long" in refusal(fetch)

    def test_no_room(self, fetch, shelf, monkeypatch):
        shelf.heads += [lambda handler, data: answer(handler, b"", Content_Length=str(5 * 2**30))]
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 2**30))
        message = refusal(fetch)
        assert "need 5.00 GiB more" in message
        assert "1.00 GiB are free" in message
        assert shelf.gets() == []


class TestAddresses:
    @pytest.mark.parametrize("status", [403, 404, 410, 304])
    def test_a_refusal_is_one_sentence_at_once(self, fetch, shelf, waits, status):
        shelf.heads += [say(status)]
        assert f"the server says HTTP {status}" in refusal(fetch)
        assert waits == []

    def test_redirects_on_the_same_server_are_followed_with_the_range(self, fetch, shelf):
        shelf.script += [drop(1000), say(302, Location=f"/elsewhere/{NAME}")]
        assert fetch() == {NAME: DATA}
        _, path, headers = shelf.requests[-1]
        assert (path, headers["Range"], headers["If-Range"]) == (f"/elsewhere/{NAME}", "bytes=1000-", '"1"')

    def test_redirects_to_plain_http_elsewhere_are_refused(self, fetch, shelf):
        shelf.script += [say(302, Location="http://example.invalid/x.zip")]
        assert "which is not https" in refusal(fetch)

    @pytest.mark.parametrize("address", ["file://example.invalid/x", "ftp://example.invalid/x"])
    def test_redirects_to_other_protocols_are_refused(self, fetch, shelf, address):
        shelf.script += [say(302, Location=address)]
        assert address in refusal(fetch)

    def test_redirects_without_end(self, fetch, shelf):
        shelf.heads += [say(302, Location=f"/a/{NAME}")] * 50
        assert "redirects without end" in refusal(fetch)

    def test_an_https_base_may_send_us_to_https_only(self):
        downloader = Downloader("https://zenodo.org/records/1/files")
        downloader._refuse_plain_http(httpx.Request("GET", "https://store.example.invalid/x.zip"))
        with pytest.raises(ValueError, match="which is not https"):
            downloader._refuse_plain_http(httpx.Request("GET", "http://zenodo.org/x.zip"))

    @pytest.mark.parametrize("base", ["", "zenodo.org", "ftp://zenodo.org", "http://", "file:///tmp"])
    def test_bad_bases(self, base):
        with pytest.raises(ValueError, match="must begin with https"):
            Downloader(base)


def test_is_whole(tmp_path):
    (tmp_path / NAME).write_bytes(DATA)
    assert is_whole(tmp_path / NAME, md5(DATA))
    assert not is_whole(tmp_path / NAME, md5(b""))
    assert not is_whole(tmp_path / "none", md5(b""))


def test_the_shelf_itself_serves_ranges(shelf):
    answered = httpx.get(f"{shelf.base}/{NAME}", headers={"Range": "bytes=299990-"})
    assert (answered.status_code, answered.content) == (206, DATA[-10:])
