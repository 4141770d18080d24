"""`python -m training prepare fsdkaggle2018`: from a folder or a bad line, and what it refuses in a sentence."""

import hashlib
import stat

import pytest
from shelf import Shelf, drop
from test_cli import refused

from audiogan import cores
from audiogan.dataset import PreparedData
from training import cli
from training.data import fsdkaggle2018
from training.data.download import Archive

from .conftest import pack


class TestCommand:
    @pytest.fixture(autouse=True)
    def _one_process(self, monkeypatch):
        monkeypatch.setattr(cores, "count", lambda: 1)

    def test_from_a_folder_of_zips(self, zips, tmp_path, capsys):
        out = tmp_path / "out"
        options = [
            "--from-dir",
            str(zips),
            "--skip-checksums",
            "--labels",
            "Flute,Snare_drum",
            "--licences",
            "CC0,CC-BY",
        ]
        assert cli.main(["prepare", "fsdkaggle2018", "--out", str(out), *options, "--num-samples", "8192"]) == 0
        output = capsys.readouterr()
        assert output.out == f"4 clips in {out} (4 skipped)\n"
        assert "skipped FSDKaggle2018.audio_train/0005aaaa.wav: is silent\n" in output.err
        data = PreparedData(out)
        assert data.clips.shape == (4, 8192)
        assert data.meta["source"].endswith("2 labels, CC0, CC-BY")
        assert stat.S_IMODE((out / "attribution.csv").stat().st_mode) & 0o444

    def test_downloaded_over_a_bad_line(self, zips, tmp_path, capsys, monkeypatch):
        files = {path.name: path.read_bytes() for path in zips.iterdir()}
        digests = {name: hashlib.md5(data, usedforsecurity=False).hexdigest() for name, data in files.items()}
        monkeypatch.setattr(fsdkaggle2018, "ARCHIVES", tuple(Archive(*item) for item in digests.items()))
        monkeypatch.setattr("training.data.retry.LONGEST_BACK_OFF_S", 0.01)
        monkeypatch.setenv("NO_PROXY", "*")
        shelf = Shelf(files)
        shelf.script += [drop(200), None, drop(100)]
        where = ["--out", tmp_path / "out", "--cache", tmp_path / "deep/cache", "--base-url", shelf.base]
        try:
            assert cli.main(["prepare", "fsdkaggle2018", *map(str, where)]) == 0
        finally:
            shelf.close()
        assert "next try in 0 s" in capsys.readouterr().err
        assert sorted(path.name for path in (tmp_path / "deep/cache").iterdir()) == sorted(files)
        assert PreparedData(tmp_path / "out").labels == ("Cello", "Flute", "Snare_drum")
        assert len(shelf.gets()) == 5

    def test_the_published_checksums_are_asked_for(self, zips, tmp_path, capsys):
        message = self.refused(capsys, tmp_path, "--from-dir", zips)
        assert "is not the published archive (MD5 f16828ac8be0e5285b9175a12f90d784)" in message

    def test_hostile_members_are_refused_without_checksums_too(self, zips, tmp_path, capsys):
        pack(zips / "FSDKaggle2018.audio_test.zip", {"../x.wav": b""})
        assert "leads out of the folder" in self.refused(capsys, tmp_path, "--from-dir", zips, "--skip-checksums")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--labels", "Kazoo"], "--labels must be"),
            (["--labels", ""], "--labels must be"),
            (["--licences", "MIT"], "--licences must be"),
            (["--licences", ""], "--licences must be"),
            (["--skip-checksums"], "--skip-checksums is for --from-dir"),
            (["--from-dir", "none"], "lacks FSDKaggle2018.meta.zip"),
            (["--from-dir", "a", "--cache", "b"], "not allowed with"),
            (["--crops", "0"], "--crops must be"),
            (["--num-samples", "7"], "num_samples must be"),
            (["--base-url", "ftp://x"], "must begin with https"),
        ],
    )
    def test_bad_arguments(self, tmp_path, capsys, options, message):
        assert message in self.refused(capsys, tmp_path, *options)

    def test_a_taken_out_folder_is_refused_before_anything_is_downloaded(self, tmp_path, capsys):
        (tmp_path / "out").mkdir()
        options = ["--out", tmp_path / "out", "--base-url", "http://127.0.0.1:9"]
        assert "exists already" in refused(capsys, cli.main, "prepare", "fsdkaggle2018", *options)

    def refused(self, capsys, tmp_path, *options) -> str:
        message = refused(capsys, cli.main, "prepare", "fsdkaggle2018", "--out", tmp_path / "out", *options)
        assert not (tmp_path / "out").exists()
        return message
