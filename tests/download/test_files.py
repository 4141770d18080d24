"""Files from a good server and from one that lies: whole and verified, or none."""

import shutil

import httpx
import pytest
from shelf import answer

from audiogan import __version__
from training.data.download import Archive, is_whole

from .conftest import ARCHIVE, DATA, NAME, md5, refusal


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


class TestWrongFiles:
    def test_wrong_once_is_fetched_again(self, fetch, shelf):
        shelf.script += [lambda handler, data: answer(handler, b"x" * len(data))]
        assert fetch() == {NAME: DATA}

    @pytest.mark.parametrize("wrong", [b"x" * len(DATA), DATA[:-10], DATA + b"more", b""])
    def test_wrong_twice_is_one_sentence_and_leaves_nothing(self, fetch, shelf, wrong):
        shelf.files[NAME] = wrong
        assert "was wrong twice" in refusal(fetch)
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


def test_is_whole(tmp_path):
    (tmp_path / NAME).write_bytes(DATA)
    assert is_whole(tmp_path / NAME, md5(DATA))
    assert not is_whole(tmp_path / NAME, md5(b""))
    assert not is_whole(tmp_path / "none", md5(b""))


def test_the_shelf_itself_serves_ranges(shelf):
    answered = httpx.get(f"{shelf.base}/{NAME}", headers={"Range": "bytes=299990-"})
    assert (answered.status_code, answered.content) == (206, DATA[-10:])
