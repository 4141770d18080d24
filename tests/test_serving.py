"""Connections that say nothing are closed, those that rest are not; files make room for newer ones."""

import logging
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from audiogan.ui.served_files import KEPT_SECONDS, ServedFiles
from audiogan.ui.serving import HEAD_SECONDS, REST_SECONDS, STALL_SECONDS, impatient, serve


class Clockwork:
    """An event loop's `call_later`, by hand."""

    def __init__(self):
        self.seconds, self.coming = 0.0, []

    def call_later(self, seconds, call):
        self.coming.append((self.seconds + seconds, call))
        return SimpleNamespace(cancel=self.coming.clear)

    def run(self, seconds: float) -> None:
        until = self.seconds + seconds
        while self.coming and self.coming[0][0] <= until:
            self.seconds, call = self.coming.pop(0)
            call()
        self.seconds = until


class Protocol:
    """As much of uvicorn's as matters: `cycle` is the request under way, or the last one."""

    def __init__(self, loop):
        self.loop, self.cycle, self.closed = loop, None, False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        pass


@pytest.fixture
def connection():
    connection = impatient(Protocol)(Clockwork())
    close = partial(setattr, connection, "closed", True)
    connection.waiting = 0  # bytes of an answer that the client has not taken
    told = {"close": close, "abort": close, "get_write_buffer_size": lambda: connection.waiting}
    connection.connection_made(SimpleNamespace(**told))
    return connection


def request(done: bool) -> SimpleNamespace:
    return SimpleNamespace(response_complete=done)


def test_connection_without_a_request_is_closed(connection):
    connection.loop.run(HEAD_SECONDS - 1)
    assert not connection.closed
    connection.loop.run(1)
    assert connection.closed


def test_connection_that_asked_may_rest_and_ask_again(connection):
    for _ in range(3):
        connection.cycle = request(done=True)
        connection.loop.run(REST_SECONDS - 1)
        assert not connection.closed
    connection.loop.run(3 * HEAD_SECONDS)
    assert connection.closed


def test_answer_that_takes_long_is_waited_for(connection):
    connection.cycle = request(done=False)
    connection.loop.run(10 * REST_SECONDS)
    assert not connection.closed


def test_answer_that_nobody_takes_is_given_up_and_a_slow_one_is_not(connection):
    connection.cycle = request(done=False)
    for left in range(100_000, 0, -10_000):
        connection.waiting = left
        connection.loop.run(STALL_SECONDS / 2)
    assert not connection.closed
    connection.loop.run(STALL_SECONDS + 3 * HEAD_SECONDS)
    assert connection.closed


def page(folder: Path) -> SimpleNamespace:
    """Gradio's, as far as files are concerned."""
    return SimpleNamespace(GRADIO_CACHE=str(folder), temp_file_sets=[set()])


class TestServedFiles:
    def test_oldest_makes_room_once_nobody_can_be_fetching_it(self, tmp_path):
        now = [0.0]
        files = ServedFiles(page(tmp_path), max_bytes=250, clock=lambda: now[0])
        first, second = (Path(files.add(bytes([number]) * 100, "a.wav")["path"]) for number in range(2))
        assert first.read_bytes() == bytes(100)
        now[0] = 30.0
        files.add(bytes(100), "a.wav")  # handed out again: now the second is the oldest
        third = Path(files.add(bytes([2]) * 100, "a.wav")["path"])
        assert all(path.exists() for path in (first, second, third))  # within the slack
        now[0] = 61.0
        fourth = Path(files.add(bytes([3]) * 40, "a.wav")["path"])
        assert [path.exists() for path in (first, second, third, fourth)] == [True, False, True, True]
        assert files.bytes == 240

    def test_a_folder_that_was_tidied_away_is_made_again(self, tmp_path):
        files = ServedFiles(page(tmp_path))
        for folder in (first := Path(files.add(bytes(9), "a.wav")["path"])).parents[:2]:
            shutil.rmtree(folder)
        assert files.add(bytes(9), "a.wav")["path"] == str(first)
        assert first.read_bytes() == bytes(9)

    def test_there_is_never_more_than_twice_the_limit(self, tmp_path):
        now = [0.0]
        files = ServedFiles(page(tmp_path), max_bytes=100, clock=lambda: now[0])
        for number in range(2):
            files.add(bytes([number]) * 100, "a.wav")
        with pytest.raises(ValueError, match="the server is busy"):
            files.add(bytes([2]), "a.wav")
        assert sum(path.stat().st_size for path in tmp_path.rglob("*.wav")) == files.bytes == 200
        now[0] = 60.0
        assert Path(files.add(bytes([2]), "a.wav")["path"]).exists()
        assert files.bytes <= 100

    def test_file_that_is_handed_out_again_is_not_written_again(self, tmp_path):
        """Whoever fetched it meanwhile would get none of its bytes, after a header that promised all."""
        files = ServedFiles(page(tmp_path))
        path = Path(files.add(bytes(100), "a.wav")["path"])
        before = path.stat()
        assert files.add(bytes(100), "a.wav")["path"] == str(path)
        after = path.stat()
        assert (after.st_ino, after.st_mtime_ns, after.st_size) == (before.st_ino, before.st_mtime_ns, 100)
        assert files.add(bytes(100), "b.wav")["path"] != str(path)

    def test_file_for_which_the_disk_had_no_room_is_whole_the_next_time(self, tmp_path, monkeypatch):
        files, whole = ServedFiles(page(tmp_path)), Path.write_bytes

        def full(path, data):
            whole(path, data[:10])
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", full)
            with pytest.raises(OSError, match="No space"):
                files.add(bytes(100), "a.wav")
        assert files.bytes == 0
        assert not list(Path(files._folder.name).iterdir())
        assert Path(files.add(bytes(100), "a.wav")["path"]).read_bytes() == bytes(100)

    def test_file_that_is_gone_is_nobodys_trouble(self, tmp_path):
        now = [0.0]
        files = ServedFiles(page(tmp_path), max_bytes=100, clock=lambda: now[0])
        Path(files.add(bytes(90), "a.wav")["path"]).unlink()
        now[0] = 100.0
        assert Path(files.add(bytes([1]) * 90, "b.wav")["path"]).exists()
        assert files.bytes == 90

    @pytest.mark.parametrize("passed", [0.0, KEPT_SECONDS])
    def test_nothing_is_left_of_a_file_that_went(self, tmp_path, passed):
        now, gradio = [0.0], page(tmp_path / "cache")
        files = ServedFiles(gradio, max_bytes=100, clock=lambda: now[0])
        for number in range(20):
            gradio.temp_file_sets[0].add(files.add(bytes([number]) * 100, "a.wav")["path"])
            now[0] += 61.0
        now[0] += passed
        files.sweep()
        kept = list(tmp_path.rglob("*.wav"))
        assert len(kept) == (0 if passed else 1)
        assert gradio.temp_file_sets == [set(map(str, kept))]
        assert set(tmp_path.glob("cache/*/*")) == {path.parent for path in kept}

    def test_folder_that_cannot_be_written_to_is_refused_with_what_names_it(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(ValueError, match="file/sounds: Not a directory; GRADIO_TEMP_DIR can name another folder"):
            ServedFiles(page(tmp_path / "file" / "sounds"))

    def test_files_go_with_whoever_served_them(self, tmp_path):
        files = ServedFiles(page(tmp_path))
        files.add(bytes(100), "a.wav")
        del files
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("host", "named"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]")])
def test_address_that_cannot_be_served_at_is_named_as_a_page_would(host, named, caplog):
    class Refused:
        def launch(self, **options):
            assert options["server_name"] == named  # else Gradio takes the rest of an IPv6 address for a port
            logging.getLogger("uvicorn.error").error(OSError(99, "cannot assign requested address"))  # as uvicorn does
            raise OSError("Cannot find empty port in range: pass the `server_port` parameter to `launch()`.")

    with pytest.raises(ValueError, match="the page cannot be served at") as caught:
        serve(Refused(), {"server_name": host, "server_port": 7860})
    assert f"at {named}:7860: the port is taken" in str(caught.value)
    assert not caplog.records
