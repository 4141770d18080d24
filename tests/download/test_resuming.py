"""Connections that break off and servers that start over: no byte is fetched twice without need, none is lost."""

import errno
import fcntl
import io
import json
import os

import pytest
from shelf import answer, drop, ignore_range, page

from audiogan.folders import alone_in
from training.data import download
from training.data.download import TRIES, Downloader
from training.data.part import Part

from .conftest import ARCHIVE, DATA, NAME, refusal


class TestBrokenConnections:
    def test_goes_on_where_it_broke_off(self, fetch, shelf, waits):
        shelf.script += [drop(100_000), drop(50_000)]
        assert fetch() == {NAME: DATA}
        first, second, third = shelf.gets()
        assert "Range" not in first
        assert second["Range"] == "bytes=100000-"
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
            assert "another process is using" in refusal(fetch)
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

    def test_a_whole_part_is_only_verified(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA)
        assert fetch() == {NAME: DATA}  # by the server's 416, which states the length
        assert [asked["Range"] for asked in shelf.gets()] == [f"bytes={len(DATA)}-"]

    def test_gives_up_after_a_bounded_number_of_tries_and_keeps_the_part(self, fetch, shelf, waits):
        shelf.script += [drop(10)] * 100
        message = refusal(fetch)
        assert f"in {TRIES} tries" in message
        assert "resumes from there" in message
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
        assert len(shelf.gets()) == 2  # what came was the file, not the rest

    def test_a_file_that_changed_starts_over(self, fetch, shelf, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)
        (tmp_path / f"{NAME}.part.json").write_text(json.dumps({"length": len(DATA)}))
        assert fetch() == {NAME: DATA}
        assert [asked.get("Range") for asked in shelf.gets()] == ["bytes=1000-", None]  # its MD5 was wrong

    def test_another_etag_alone_is_no_other_file(self, fetch, shelf):
        def break_off(handler, data):
            drop(290_000)(handler, data)
            shelf.etag = '"2"'

        shelf.script += [break_off]
        assert fetch() == {NAME: DATA}
        assert "Range" in shelf.gets()[1]
        assert "If-Range" not in shelf.gets()[1]

    @pytest.mark.parametrize("length", ["26", None])
    def test_a_page_in_place_of_the_file_costs_no_byte(self, fetch, shelf, waits, length):
        portal = [lambda handler, data: answer(handler, b"<html>Please log in</html>", Content_Length=length)]
        shelf.script += [drop(290_000), *portal * 3]
        assert fetch() == {NAME: DATA}
        assert [asked.get("Range") for asked in shelf.gets()] == [None] + ["bytes=290000-"] * 4
        assert len(waits) == 4

    def test_a_page_for_ever_leaves_the_part_for_the_next_time(self, fetch, shelf):
        shelf.script += [drop(290_000), *[page] * TRIES]
        assert "(the server sent 26 bytes, not the file of 300,000 bytes); received bytes are kept" in refusal(fetch)
        assert fetch.content()[f"{NAME}.part"] == DATA[:290_000]
        assert fetch() == {NAME: DATA}
        assert shelf.gets()[-1]["Range"] == "bytes=290000-"

    def test_a_page_at_first_is_no_lasting_harm(self, fetch, shelf):
        shelf.script += [lambda handler, data: answer(handler, b"<html>Please log in</html>", sent=b"<html>")]
        assert fetch() == {NAME: DATA}

    def test_a_changed_length_starts_over(self, fetch, waits, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(b"x" * 1000)
        (tmp_path / f"{NAME}.part.json").write_text(json.dumps({"length": 2000}))
        assert fetch() == {NAME: DATA}
        assert len(waits) == 1  # seen at once, not by the MD5 of the whole

    def test_a_part_longer_than_the_file_starts_over(self, fetch, waits, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA + b"more")
        assert fetch() == {NAME: DATA}
        assert len(waits) == 1

    @pytest.mark.parametrize("content_range", [None, "bytes 5-9/300000", "nonsense", "bytes */*"])
    def test_another_range_than_asked_starts_over(self, fetch, shelf, waits, content_range):
        shelf.script += [drop(1000), lambda handler, data: answer(handler, data[5:], 206, Content_Range=content_range)]
        assert fetch() == {NAME: DATA}
        assert len(waits) == 2

    def test_a_shorter_range_than_asked_is_asked_again(self, fetch, shelf):
        length = len(DATA)
        shelf.script += [
            drop(1000),
            lambda handler, data: answer(handler, data[1000:5000], 206, Content_Range=f"bytes 1000-4999/{length}"),
        ]
        assert fetch() == {NAME: DATA}
        assert shelf.gets()[-1]["Range"] == "bytes=5000-"

    def test_notes_that_are_not_ours_are_ignored(self, fetch, tmp_path):
        (tmp_path / f"{NAME}.part").write_bytes(DATA[:10])
        (tmp_path / f"{NAME}.part.json").write_text("[1, 2]")
        assert fetch() == {NAME: DATA}
