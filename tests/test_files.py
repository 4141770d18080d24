"""Files are written whole or not at all, several of them together, and are as readable as they were."""

import os
import resource
import stat

import pytest
from conftest import no_room

from audiogan import files


def test_atomic_write_keeps_the_old_file_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.write_atomically(path, b"old")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_line_is_appended_whole_or_not_at_all(tmp_path):
    path, limits = tmp_path / "lines", resource.getrlimit(resource.RLIMIT_FSIZE)
    files.append(path, b"first\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, limits[1]))
    try:
        with pytest.raises(OSError, match=r"too large: .*lines"):
            files.append(path, b"second\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b"first\n"
    files.append(path, b"third\n")
    assert path.read_bytes() == b"first\nthird\n"


def test_a_new_file_is_as_readable_as_the_umask_says_and_an_old_one_stays_as_it_was(tmp_path):
    path, before = tmp_path / "votes.csv", os.umask(0o077)
    try:
        files.write_atomically(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o664)
        files.write_atomically(path, b"newer")
        assert stat.S_IMODE(path.stat().st_mode) == 0o664
    finally:
        os.umask(before)
    files.write_atomically(tmp_path / "other", b"")
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o666 & ~before


def test_files_are_written_together_or_not_at_all(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old").write_bytes(b"old")
    for last, words in (("folder", "Is a directory"), ("pipe", "Not a regular file"), ("none/new", "No such file")):
        with pytest.raises(OSError, match=words) as caught:
            files.write_together({tmp_path / "old": b"new", tmp_path / "more": b"", tmp_path / last: b""})
        assert caught.value.filename == str(tmp_path / last)
        assert sorted(os.listdir(tmp_path)) == ["folder", "old", "pipe"]
        assert (tmp_path / "old").read_bytes() == b"old"
    files.write_together({tmp_path / "old": b"new", tmp_path / "more": b"too"})
    assert [(tmp_path / name).read_bytes() for name in ("old", "more")] == [b"new", b"too"]


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("folder/real")
    files.write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "real").read_bytes() == b"new"
