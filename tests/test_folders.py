"""Folders that appear whole or not at all: nothing is lost to a failure, and nothing of a killed process stays."""

import fcntl
import os
from pathlib import Path

import pytest

from audiogan import folders
from audiogan.folders import PartialFolder, alone_in, refuse_unwritable, staged


@pytest.fixture
def old(tmp_path) -> Path:
    """A folder with something in it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "file").write_text("old")
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(target: Path, replace: bool = True) -> None:
    with staged(target, replace) as partial:
        (partial / "file").write_text("new")


def failing_renames(monkeypatch, target: Path, times: int) -> None:
    """Let so many renames to `target` fail."""
    rename, left = Path.rename, [OSError(28, "No space left on device")] * times

    def fail(self, to):
        if Path(to) == target and left:
            raise left.pop()
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail)


def test_new_folder_takes_the_place_of_the_old(old):
    with pytest.raises(ValueError, match="exists already"):
        fill(old, replace=False)
    fill(old)
    assert (old / "file").read_text() == "new"
    assert names(old.parent) == ["out"]
    assert old.stat().st_mode & 0o777 == 0o777 & ~umask()


def umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before


def test_old_folder_stays_where_filling_the_new_one_fails(old):
    with pytest.raises(RuntimeError), staged(old, replace=True):
        raise RuntimeError("a bug")
    assert (old / "file").read_text() == "old"
    assert names(old.parent) == ["out"]


def test_old_folder_is_put_back_where_the_new_one_cannot_take_its_place(old, monkeypatch):
    failing_renames(monkeypatch, old, times=1)
    with pytest.raises(OSError, match="No space left"):
        fill(old)
    assert (old / "file").read_text() == "old"
    assert names(old.parent) == ["out"]


def test_old_folder_that_cannot_be_put_back_is_kept_until_it_can(old, monkeypatch):
    failing_renames(monkeypatch, old, times=2)
    with pytest.raises(OSError, match="No space left"):
        fill(old)
    with pytest.raises(ValueError, match="exists already"):
        fill(old, replace=False)
    assert (old / "file").read_text() == "old"
    assert names(old.parent) == ["out"]


def test_link_is_replaced_and_what_it_leads_to_is_not(old):
    old.rename(old.with_name("elsewhere"))
    old.symlink_to(old.with_name("elsewhere"))
    fill(old)
    assert (old / "file").read_text() == "new"
    assert (old.with_name("elsewhere") / "file").read_text() == "old"


@pytest.mark.parametrize(("where", "left"), [(1, "old"), (2, "new")])
def test_what_a_killed_process_left_is_swept_and_no_folder_is_lost(old, where, left):
    """Killed after its first or its second renaming."""
    if not (pid := os.fork()):
        rename, done = Path.rename, []

        def die(self, to):
            rename(self, to)
            done.append(to)
            if len(done) == where:
                os._exit(9)

        Path.rename = die
        fill(old)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert len(list(old.parent.glob(".out.partial-*"))) == 1
    with pytest.raises(RuntimeError), staged(old, replace=True):
        raise RuntimeError("the next one fails too")
    assert (old / "file").read_text() == left
    assert names(old.parent) == ["out"]


def test_another_living_process_keeps_its_own(tmp_path):
    first, second = PartialFolder(tmp_path / "out"), PartialFolder(tmp_path / "out")
    assert first.path.is_dir()
    second.finish()
    first.discard()
    second.discard()
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("when", ["before", "while"])
def test_one_that_is_swept_before_it_is_locked_gives_way_to_the_next(tmp_path, monkeypatch, when):
    """Another process sweeps in the moment between the two: it is done before this one locks, or has the lock then."""
    make, held = folders.tempfile.mkdtemp, []

    def swept(**named):
        monkeypatch.setattr(folders.tempfile, "mkdtemp", make)
        made = make(**named)
        held.append(os.open(made, os.O_RDONLY))
        fcntl.flock(held[0], fcntl.LOCK_EX)
        if when == "before":
            Path(made).rmdir()
            os.close(held.pop())
        return made

    monkeypatch.setattr(folders.tempfile, "mkdtemp", swept)
    folder = PartialFolder(tmp_path / "out")
    for descriptor in held:
        (swept_up,) = set(tmp_path.iterdir()) - {folder.path.parent}
        swept_up.rmdir()
        os.close(descriptor)
    PartialFolder(tmp_path / "out").discard()
    folder.finish()
    folder.discard()
    assert names(tmp_path) == ["out"]


def test_a_dead_ones_is_removed_and_neighbours_are_not(tmp_path):
    for name in (".out.partial-dead", ".out.backup", ".out2.partial-other", "out2"):
        (tmp_path / name).mkdir()
    PartialFolder(tmp_path / "out").discard()
    assert names(tmp_path) == [".out.backup", ".out2.partial-other", "out2"]


def refuse(*_):
    raise OSError(95, "Operation not supported")


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    (tmp_path / ".out.partial-dead").mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse)
    folder = PartialFolder(tmp_path / "out")
    folder.finish()
    folder.discard()
    assert names(tmp_path) == [".out.partial-dead", "out"]


def test_a_file_system_without_locks_lets_everybody_in(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", refuse)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_in_is_refused_and_none_is_made(old, monkeypatch):
    refuse_unwritable(old)
    refuse_unwritable(old / "deep/er")
    (old / "lost").symlink_to(old / "nowhere")
    for place, what in (("file", "file"), ("file/deep/er", "file"), ("lost", "lost"), ("lost/deep", "lost")):
        with pytest.raises(ValueError, match=f"cannot write in {old / place}: {old / what} is not a folder"):
            refuse_unwritable(old / place)
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(ValueError, match=f"cannot write in {old / 'deep/er'}: {old} is closed to writing"):
        refuse_unwritable(old / "deep/er")
    assert names(old) == ["file", "lost"]
