"""FSDKaggle2018 from its zip files to a prepared data set: a small copy in the official layout, and hostile ones."""

import csv
import hashlib
import io
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tone
from shelf import Shelf, drop
from test_cli import refused

from audiogan.dataset import PreparedData
from training import cli
from training.data import archive, fsdkaggle2018, processes
from training.data.archive import members
from training.data.clips import ClipFormat
from training.data.download import Archive
from training.data.fsdkaggle2018_tables import ALL, COLUMNS, Choice

RATE = 44100
FORM = ClipFormat()
TRAIN = (  # fname, label, manually_verified, freesound_id, license
    ("0000aaaa.wav", "Flute", "1", "28739", "Attribution"),
    ("0001aaaa.wav", "Flute", "0", "358827", "Creative Commons 0"),
    ("0002aaaa.wav", "Snare_drum", "0", "10897", "Attribution Noncommercial"),
    ("0003aaaa.wav", "Bark", "1", "325017", "Attribution"),
    ("0004aaaa.wav", "Flute", "1", "195688", "Attribution"),  # zero samples
    ("0005aaaa.wav", "Flute", "1", "77944", "Attribution"),  # silent
    ("0006aaaa.wav", "Flute", "1", "77945", "Attribution"),  # not audio
    ("0007aaaa.wav", "Flute", "1", "77946", "Attribution"),  # not in the archive
    ("0008aaaa.wav", "Cello", "0", "77947", "Attribution"),  # three seconds
)
TEST = (  # fname, label, usage, freesound_id, license
    ("1000bbbb.wav", "Flute", "Private", "355125", "Attribution"),
    ("1001bbbb.wav", "Snare_drum", "Public", "90621", "Creative Commons 0"),
    ("1002bbbb.wav", "None", "Ignored", "88926", "Attribution"),
)


def wav(audio: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, rate, subtype="PCM_16", format="WAV")
    return file.getvalue()


def hiss(seed: int) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(RATE // 2)


def table(columns: tuple[str, ...], rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def pack(path: Path, content: dict) -> None:
    """A zip archive; names may be ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in content.items():
            file.writestr(name, data)


def pack_tables(folder: Path, train=TRAIN, test=TEST, columns=COLUMNS) -> None:
    content = {
        "FSDKaggle2018.meta/train_post_competition.csv": table(columns["train"], train),
        "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv": table(columns["test"], test),
    }
    pack(folder / "FSDKaggle2018.meta.zip", content)


@pytest.fixture
def zips(tmp_path) -> Path:
    """A folder with small archives in the official layout."""
    folder = tmp_path / "zips"
    folder.mkdir()
    audio = {
        "0000aaaa.wav": wav(tone(440, 0.5, RATE)),
        "0001aaaa.wav": wav(tone(660, 0.4, RATE)),
        "0002aaaa.wav": wav(hiss(2)),
        "0003aaaa.wav": wav(hiss(3)),
        "0004aaaa.wav": wav(np.zeros(0)),
        "0005aaaa.wav": wav(np.zeros(RATE)),
        "0006aaaa.wav": b"not audio",
        "0008aaaa.wav": wav(tone(220, 3.0, RATE)),
    }
    pack(folder / "FSDKaggle2018.audio_train.zip", {f"FSDKaggle2018.audio_train/{n}": d for n, d in audio.items()})
    audio = {"1000bbbb.wav": wav(tone(550, 0.5, RATE)), "1001bbbb.wav": wav(hiss(4)), "1002bbbb.wav": wav(hiss(5))}
    pack(folder / "FSDKaggle2018.audio_test.zip", {f"FSDKaggle2018.audio_test/{n}": d for n, d in audio.items()})
    pack_tables(folder)
    return folder


def prepare(zips: Path, out: Path, **choice) -> tuple[PreparedData, dict[str, str]]:
    _, skipped = fsdkaggle2018.prepare(zips, out, FORM, Choice(**choice), workers=1)
    return PreparedData(out), {Path(item.source).name: item.reason for item in skipped}


def sources(data: PreparedData) -> set[str]:
    return {Path(row["source"]).name[:4] for row in data.index}


class TestPrepare:
    def test_split_labels_licences_and_audio(self, zips, tmp_path):
        data, _ = prepare(zips, tmp_path / "out")
        found = {(row["source"], row["label"], row["split"], row["licence"]) for row in data.index}
        assert found == {
            ("FSDKaggle2018.audio_train/0000aaaa.wav", "Flute", "train", "CC-BY"),
            ("FSDKaggle2018.audio_train/0001aaaa.wav", "Flute", "train", "CC0"),
            ("FSDKaggle2018.audio_train/0002aaaa.wav", "Snare_drum", "train", "CC-BY-NC"),
            ("FSDKaggle2018.audio_train/0008aaaa.wav", "Cello", "train", "CC-BY"),
            ("FSDKaggle2018.audio_test/1000bbbb.wav", "Flute", "test", "CC-BY"),
            ("FSDKaggle2018.audio_test/1001bbbb.wav", "Snare_drum", "test", "CC0"),
        }
        assert data.labels == ("Cello", "Flute", "Snare_drum")
        spectrum = np.abs(np.fft.rfft(data.clips[0][:8000].astype(float)))
        assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=2)
        assert data.meta["source"] == "fsdkaggle2018: Zenodo record 2552860, instruments"

    def test_unusable_clips_and_empty_labels_are_reported(self, zips, tmp_path):
        _, skipped = prepare(zips, tmp_path / "out", labels=("Bark", "Flute", "Gong"))
        assert set(skipped) == {f"000{number}aaaa.wav" for number in (4, 5, 6, 7)} | {"Gong"}
        assert "holds no samples" in skipped["0004aaaa.wav"]
        assert skipped["0005aaaa.wav"] == "is silent"
        assert "cannot be read as audio" in skipped["0006aaaa.wav"]
        assert skipped["0007aaaa.wav"] == "is not in FSDKaggle2018.audio_train.zip"

    def test_attribution_of_the_clips_used_and_no_others(self, zips, tmp_path):
        prepare(zips, tmp_path / "out", labels=("Flute",))
        with open(tmp_path / "out/attribution.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["fname"][:4] for row in rows] == ["0000", "0001", "1000"]
        expected = {"fname": "0001aaaa.wav", "freesound_id": "358827", "licence": "CC0"}
        assert rows[1] == expected | {"url": "https://freesound.org/s/358827/"}

    def test_choices(self, zips, tmp_path):
        assert sources(prepare(zips, tmp_path / "all", labels=ALL)[0]) >= {"0003", "0000"}
        assert sources(prepare(zips, tmp_path / "verified", verified_only=True)[0]) == {"0000", "1000", "1001"}
        assert sources(prepare(zips, tmp_path / "free", licences=("CC0",))[0]) == {"0001", "1001"}

    def test_one_name_in_both_splits_is_two_clips(self, zips, tmp_path):
        pack(zips / "FSDKaggle2018.audio_test.zip", {"0004aaaa.wav": wav(hiss(6))})
        pack_tables(zips, test=[("0004aaaa.wav", "Flute", "Public", "1", "Attribution")])
        data, _ = prepare(zips, tmp_path / "out")
        assert data.index[data.rows("test")[0]]["source"] == "FSDKaggle2018.audio_test/0004aaaa.wav"
        assert "0004aaaa.wav,1,CC-BY,https://freesound.org/s/1/" in (tmp_path / "out/attribution.csv").read_text()

    def test_crops_of_long_clips(self, zips, tmp_path):
        fsdkaggle2018.prepare(zips, tmp_path / "out", FORM, Choice(("Cello",)), max_crops=2, workers=1)
        assert len(PreparedData(tmp_path / "out").index) == 2

    def test_the_same_with_several_processes(self, zips, tmp_path):
        one, _ = prepare(zips, tmp_path / "one")
        fsdkaggle2018.prepare(zips, tmp_path / "two", FORM, Choice(), workers=2)
        for name in ("clips.npy", "index.csv", "attribution.csv", "meta.json"):
            assert (one.folder / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    def test_nothing_left_of_the_choice(self, zips, tmp_path):
        with pytest.raises(ValueError, match="no usable clip was found in fsdkaggle2018"):
            prepare(zips, tmp_path / "out", labels=("Gong",))
        assert not (tmp_path / "out").exists()

    def test_packed_anew_in_other_folders_and_on_a_mac(self, zips, tmp_path):
        audio = {"here/0000aaaa.wav": wav(tone(440, 0.5, RATE)), "__MACOSX/here/0000aaaa.wav": b"fork", "here/": b""}
        pack(zips / "FSDKaggle2018.audio_train.zip", audio)
        assert "0000" in sources(prepare(zips, tmp_path / "out")[0])

    def test_a_clip_that_claims_to_be_endless_is_skipped(self, zips, tmp_path):
        endless = wav(np.zeros(RATE * 61))
        slow = bytearray(wav(hiss(1)))
        slow[24:28] = (1).to_bytes(4, "little")  # 1 Hz: resampled, it would fill the memory
        audio = {"0000aaaa.wav": endless, "0001aaaa.wav": bytes(slow), "0008aaaa.wav": wav(hiss(8))}
        pack(zips / "FSDKaggle2018.audio_train.zip", audio)
        _, skipped = prepare(zips, tmp_path / "out")
        assert skipped["0000aaaa.wav"] == "FSDKaggle2018.audio_train/0000aaaa.wav is 61 s long, more than 60 s"
        assert "sample rate of 1 Hz" in skipped["0001aaaa.wav"]

    def test_a_damaged_member_is_skipped(self, zips, tmp_path):
        path = zips / "FSDKaggle2018.audio_train.zip"
        data = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as file:
            begin = file.getinfo("FSDKaggle2018.audio_train/0002aaaa.wav").header_offset
        data[begin + 200 : begin + 300] = bytes(100)
        path.write_bytes(data)
        data, skipped = prepare(zips, tmp_path / "out")
        assert "cannot be unpacked" in skipped["0002aaaa.wav"]
        assert "0008" in sources(data)


def linked(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (mode | 0o644) << 16
    return info


class TestHostileArchives:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("../x.wav", "leads out"),
            ("a/../../x.wav", "leads out"),
            ("/etc/x.wav", "not relative"),
            ("C:/x.wav", "not relative"),
            ("..\\x.wav", "not relative"),
            (linked("x.wav", stat.S_IFLNK), "link or a device"),
            (linked("x.wav", stat.S_IFCHR), "link or a device"),
            (linked("x.wav", stat.S_IFIFO), "link or a device"),
        ],
    )
    def test_members_that_could_leave_the_folder(self, zips, tmp_path, name, reason):
        pack(zips / "FSDKaggle2018.audio_train.zip", {"0000aaaa.wav": wav(hiss(0)), name: b"/etc/passwd"})
        before = set(tmp_path.rglob("*"))
        with pytest.raises(ValueError, match=f"is refused.*{reason}"):
            prepare(zips, tmp_path / "out")
        assert set(tmp_path.rglob("*")) == before

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("second", ["a/x.wav", "b/x.wav"])
    def test_names_that_are_there_twice(self, tmp_path, second):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
            file.writestr("a/x.wav", b"1")
            file.writestr(second, b"2")
        with pytest.raises(ValueError, match="there twice"):
            members(tmp_path / "x.zip")

    def test_bombs(self, tmp_path, monkeypatch):
        pack(tmp_path / "x.zip", {"a.wav": bytes(archive.MEMBER_BYTES + 1)})
        with pytest.raises(ValueError, match="more than 64 MiB unpacked"):
            members(tmp_path / "x.zip")
        monkeypatch.setattr(archive, "TOTAL_BYTES", 5000)
        pack(tmp_path / "y.zip", {f"{number}.wav": bytes(1000) for number in range(6)})
        with pytest.raises(ValueError, match="unpacked"):
            members(tmp_path / "y.zip")

    def test_a_member_larger_than_it_says_is_not_read_further(self, tmp_path):
        pack(tmp_path / "x.zip", {"a.wav": bytes(100_000)})
        data = (tmp_path / "x.zip").read_bytes()
        (tmp_path / "x.zip").write_bytes(data.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
        with pytest.raises(ValueError, match="cannot be unpacked: Bad CRC"):
            archive.read_member(tmp_path / "x.zip", members(tmp_path / "x.zip")["a.wav"])

    @pytest.mark.parametrize("flag", [0x1, 0x20, 0x40])
    def test_members_that_need_more_than_unpacking(self, tmp_path, flag):
        pack(tmp_path / "x.zip", {"a.wav": b"1"})
        data = bytearray((tmp_path / "x.zip").read_bytes())
        data[data.find(b"PK\x03\x04") + 6] |= flag
        data[data.find(b"PK\x01\x02") + 8] |= flag
        (tmp_path / "x.zip").write_bytes(data)
        with pytest.raises(ValueError, match="packed by an unusual method"):
            members(tmp_path / "x.zip")

    def test_unusual_packing(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_LZMA) as file:
            file.writestr("a.wav", b"1")
        with pytest.raises(ValueError, match="unusual method"):
            members(tmp_path / "x.zip")

    @pytest.mark.parametrize("keep", [0, 10, 300, -10])
    def test_truncated_archives(self, zips, tmp_path, keep):
        path = zips / "FSDKaggle2018.audio_test.zip"
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ValueError, match="is not a whole zip archive"):
            prepare(zips, tmp_path / "out")


def test_a_killed_reader_is_one_sentence():
    with pytest.raises(ValueError, match="was killed"):
        list(processes.ordered_map(os._exit, [1, 1, 1], workers=2))


class TestCommand:
    @pytest.fixture(autouse=True)
    def _one_process(self, monkeypatch):
        monkeypatch.setattr(os, "cpu_count", lambda: 1)

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
