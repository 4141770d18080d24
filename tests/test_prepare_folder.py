"""A folder of recordings to a prepared data set: labels, splits, channels, lengths, and what is left out."""

import os

import numpy as np
import pytest
import soundfile
from conftest import SAMPLE_RATE, silence, tone
from test_data import FORM

from audiogan.dataset import PreparedData
from training import cli
from training.data import folder, tree
from training.data.clips import ClipFormat


class TestFolder:
    @pytest.fixture
    def recordings(self, tmp_path):
        root = tmp_path / "recordings"
        for label, hz in (("high", 2000), ("low", 200)):
            (root / label / "deep").mkdir(parents=True)
            for number in range(6):
                soundfile.write(root / label / f"{number}.wav", tone(hz + number), SAMPLE_RATE)
            soundfile.write(root / label / "deep/stereo.flac", np.stack([tone(hz, 0.5)] * 2, 1), SAMPLE_RATE)
        (root / "low/ten.wav").write_bytes(b"0123456789")
        soundfile.write(root / "low/nan.wav", np.full(99, np.nan), SAMPLE_RATE, subtype="FLOAT")
        soundfile.write(root / "low/silent.wav", silence(1), SAMPLE_RATE)
        (root / "low/readme.txt").write_text("not audio")
        soundfile.write(root / "loose.wav", tone(440), SAMPLE_RATE)
        return root

    def test_subfolders_are_labels_and_bad_files_are_reported(self, recordings, tmp_path):
        count, skipped = folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        data = PreparedData(tmp_path / "out")
        assert (count, data.labels) == (14, ("high", "low"))
        assert {item.source for item in skipped} == {"loose.wav", "low/ten.wav", "low/nan.wav", "low/silent.wav"}
        for row in data.index:
            assert row["source"].startswith(row["label"])
        assert {row["label"] for row in data.index if row["split"] == "test"} == {"high", "low"}

    @pytest.mark.filterwarnings("error::RuntimeWarning")
    @pytest.mark.parametrize("channels", [1, 2])
    def test_floats_that_no_sound_has_are_not_called_silent(self, tmp_path, channels):
        (tmp_path / "in").mkdir()
        for name, peak in (("integers", 2.0**31), ("huge", 1e30), ("vast", 3e38)):
            samples = np.stack([peak * tone(440, 0.5).astype(np.float64)] * channels, 1)
            soundfile.write(tmp_path / f"in/{name}.wav", samples, SAMPLE_RATE, subtype="FLOAT")
        _, skipped = folder.prepare(tmp_path / "in", tmp_path / "out", FORM, workers=1)
        said = [item.reason for item in skipped if item.source in ("huge.wav", "vast.wav")]
        assert said == [f"holds samples of {peak}, where full scale is 1" for peak in ("5e+29", "2e+38")]
        assert [row["source"] for row in PreparedData(tmp_path / "out").index] == ["integers.wav"]

    def test_a_flat_folder_has_no_labels(self, recordings, tmp_path):
        folder.prepare(recordings / "high/deep", tmp_path / "out", FORM, workers=1)
        assert PreparedData(tmp_path / "out").labels == ()

    def test_files_of_every_kind_are_read(self, tmp_path):
        kinds = {
            **dict.fromkeys(("aif", "aiff", "aifc"), "AIFF"),
            **{"au": "AU", "snd": "AU", "avr": "AVR", "caf": "CAF", "flac": "FLAC", "htk": "HTK", "mp3": "MP3"},
            **{"ogg": "OGG", "oga": "OGG", "paf": "PAF", "pvf": "PVF", "rf64": "RF64", "sf": "IRCAM", "sph": "NIST"},
            **{"iff": "SVX", "voc": "VOC", "w64": "W64", "wav": "WAV", "wave": "WAVEX", "WAV": "WAV", "mpc": "MPC2K"},
        }
        for number, (ending, kind) in enumerate(kinds.items()):
            soundfile.write(tmp_path / f"{number}.{ending}", tone(200 + 50 * number), SAMPLE_RATE, format=kind)
        count, skipped = folder.prepare(tmp_path, tmp_path / "out", FORM, workers=1)
        assert (count, skipped) == (len(kinds), [])

    def test_crops_of_one_file_stay_in_one_split(self, tmp_path):
        (tmp_path / "in").mkdir()
        for number in range(5):
            soundfile.write(tmp_path / f"in/{number}.wav", tone(300 + 50 * number, 4.0), SAMPLE_RATE)
        folder.prepare(tmp_path / "in", tmp_path / "out", FORM, workers=1)
        data = PreparedData(tmp_path / "out")
        splits = {row["source"]: set() for row in data.index}
        for row in data.index:
            splits[row["source"]].add(row["split"])
        assert len(data.index) > 5
        assert all(len(found) == 1 for found in splits.values())

    def test_a_session_of_more_hits_than_crops_is_named(self, tmp_path, capsys):
        (tmp_path / "in").mkdir()
        hit = np.concatenate([tone(400, 0.1), np.zeros(2 * SAMPLE_RATE)])
        soundfile.write(
            tmp_path / "in/session.wav", np.tile(hit, 12) * np.repeat(np.linspace(0.5, 1, 12), len(hit)), SAMPLE_RATE
        )
        soundfile.write(tmp_path / "in/one.wav", tone(440, 1.0), SAMPLE_RATE)
        folder.prepare(tmp_path / "in", tmp_path / "out", FORM, workers=1)
        assert "--crops 8 left out 4 clips of session.wav\n" in capsys.readouterr().err
        onsets = [
            float(row["onset_s"]) for row in PreparedData(tmp_path / "out").index if row["source"] == "session.wav"
        ]
        assert onsets == pytest.approx([2.1 * hit for hit in (0, 1, 3, 4, 6, 7, 9, 10)], abs=0.02)

    def test_several_channels_are_mixed_down_with_one_note(self, recordings, tmp_path, capsys):
        soundfile.write(
            recordings / "low/six.wav", np.stack([tone(100 + 50 * n, 0.5) for n in range(6)], 1), SAMPLE_RATE
        )
        folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert capsys.readouterr().err.count("mixed down 3 files with several channels to mono\n") == 1
        data = PreparedData(tmp_path / "out")
        assert data.meta["mixed_down"] == 3
        (row,) = (n for n, row in enumerate(data.index) if row["source"] == "low/six.wav")
        spectrum = np.abs(np.fft.rfft(data.clips[row][:8000].astype(float)))
        assert sorted(np.argsort(spectrum)[-6:] * 2) == [100, 150, 200, 250, 300, 350]

    @pytest.mark.parametrize("block", [10**6, 10**4])
    def test_of_channels_that_cancel_the_loudest_is_taken_with_a_note(self, tmp_path, monkeypatch, capsys, block):
        monkeypatch.setattr("audiogan.audio.BLOCK", block)
        monkeypatch.setattr("training.data.recordings.BLOCK", block)
        (tmp_path / "in").mkdir()
        note = tone(440, 0.5)
        for name, left, right in (
            ("mono", note, note),
            ("opposite", tone(550, 0.5), -tone(550, 0.5)),
            ("nearly", -0.99 * tone(660, 0.5), tone(660, 0.5)),
            ("hard left", 0.5 * tone(880, 0.5), 0 * note),
            ("faint", 0.004 * tone(990, 0.5) + 0.5, 0.004 * tone(990, 0.5) + 0.5),
        ):
            soundfile.write(tmp_path / f"in/{name}.wav", np.stack([left, right], 1), SAMPLE_RATE, subtype="FLOAT")
        soundfile.write(tmp_path / "in/silent.wav", np.zeros((SAMPLE_RATE, 2)), SAMPLE_RATE)
        _, skipped = folder.prepare(tmp_path / "in", tmp_path / "out", FORM, workers=1)
        assert [(one.source, one.reason) for one in skipped] == [("silent.wav", "is silent")]
        error = capsys.readouterr().err
        assert error.count("took one channel of 2 files whose channels cancel when mixed down\n") == 1
        assert error.count("mixed down 3 files") == 1
        data = PreparedData(tmp_path / "out")
        for row, clip in zip(data.index, data.clips, strict=True):
            hz = {"mono": 440, "opposite": 550, "nearly": 660, "hard left": 880, "faint": 990}[row["source"][:-4]]
            assert np.argmax(np.abs(np.fft.rfft(clip[:8000].astype(float)))) * 2 == pytest.approx(hz, abs=2)

    def test_mono_needs_no_note(self, recordings, tmp_path, capsys):
        (recordings / "low/deep/stereo.flac").unlink()
        (recordings / "high/deep/stereo.flac").unlink()
        folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert "mixed down" not in capsys.readouterr().err

    @pytest.mark.parametrize("num_samples", [8192, 16384, 32768, 65536])
    @pytest.mark.parametrize("sample_rate", [8000, 22050, 96000])
    def test_every_length_at_any_rate(self, tmp_path, num_samples, sample_rate):
        (tmp_path / "in").mkdir()
        for number, rate in enumerate((8000, 44100, 96000)):
            soundfile.write(tmp_path / f"in/{number}.wav", tone(500 + 100 * number, 1.0, rate), rate)
        folder.prepare(tmp_path / "in", tmp_path / "out", ClipFormat(sample_rate, num_samples), 1, workers=1)
        data = PreparedData(tmp_path / "out")
        assert data.clips.shape == (3, num_samples)
        assert (data.sample_rate, data.num_samples) == (sample_rate, num_samples)
        for number, clip in enumerate(data.clips):
            heard = clip[: min(num_samples, sample_rate // 2)].astype(float)
            peak_hz = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 2**17))) * sample_rate / 2**17
            assert peak_hz == pytest.approx(500 + 100 * number, rel=0.01)
        expected = 69 + 12 * np.log2(np.array([500, 600, 700]) / 440)
        if min(num_samples / sample_rate, 1.0) > 0.3:  # long enough for a pitch
            np.testing.assert_allclose(data.pitch, expected, atol=0.1)
        assert set(data.statistics) == {"log-magnitude-256-128", f"log-mel-1024-128-128-{sample_rate}"}

    def test_the_same_with_several_processes(self, recordings, tmp_path):
        folder.prepare(recordings, tmp_path / "one", FORM, workers=1)
        folder.prepare(recordings, tmp_path / "two", FORM, workers=2)
        for name in ("clips.npy", "index.csv", "meta.json"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        one, two = (PreparedData(tmp_path / name).statistics for name in ("one", "two"))
        for name, values in one.items():
            np.testing.assert_allclose(values, two[name], rtol=1e-5)  # workers sum on one thread each

    def test_more_crops_than_fit_into_memory_are_refused(self, recordings, tmp_path):
        with pytest.raises(ValueError, match="--crops must be at most 1024"):
            folder.prepare(recordings, tmp_path / "out", FORM, 1025, workers=1)
        assert not (tmp_path / "out").exists()

    def test_names_that_are_no_unicode_are_reported(self, recordings, tmp_path):
        os.rename(recordings / "low/0.wav", os.fsencode(recordings / "low") + b"/\xff.wav")
        _, skipped = folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert ("'low/\\udcff.wav'", "has a name that is not Unicode") in {(i.source, i.reason) for i in skipped}

    def test_a_label_is_one_however_its_accents_are_spelt(self, recordings, tmp_path):
        for place, spelt in (("high", "caf\u00e9"), ("low", "cafe\u0301")):
            (recordings / place).rename(recordings / spelt)
        assert folder.prepare(recordings, tmp_path / "out", FORM, workers=1)[0] == 14
        assert PreparedData(tmp_path / "out").labels == ("caf\u00e9",)

    @pytest.mark.parametrize(("one", "other"), [("Low", "low"), ("a b", "a_b")])
    def test_labels_that_would_share_files_are_refused(self, recordings, tmp_path, one, other):
        for place, name in (("high", one), ("low", other)):
            (recordings / place).rename(tmp_path / name)
            (tmp_path / name).rename(recordings / name)
        with pytest.raises(ValueError, match=f"labels '{one}' and '{other}' would share files: rename one of them"):
            folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert not (tmp_path / "out").exists()

    def test_more_than_a_tenth_is_held_out_where_that_is_asked_for_and_never_all(self, recordings, tmp_path, capsys):
        names = [f"a/{number}.wav" for number in range(30)] + ["b/0.wav", "b/1.wav", "c/0.wav"]
        tenth, third = folder.held_out(names), folder.held_out(names, 1 / 3)
        assert [sum(name.startswith(label) for name in tenth) for label in "abc"] == [3, 1, 0]
        assert [sum(name.startswith(label) for name in third) for label in "abc"] == [10, 1, 0]
        assert tenth < third
        assert [sum(name.startswith(label) for name in folder.held_out(names, 0.99)) for label in "abc"] == [29, 1, 0]
        command = ["prepare", "folder", str(recordings), "--out", str(tmp_path / "out"), "--no-pitch", "--held-out"]
        assert cli.main([*command, "0.5"]) == 0
        held = {row["source"] for row in PreparedData(tmp_path / "out").index if row["split"] == "test"}
        assert sum(name.startswith("high") for name in held) == 4  # of seven, round(3.5)
        for share in ("0", "1", "nan", "-1"):
            assert cli.main([*command, share]) == 2
            assert f"--held-out must be a share above 0 and below 1, not {share}" in capsys.readouterr().err

    def test_labels_that_nothing_is_held_out_of_are_named(self, recordings, tmp_path, capsys):
        for label in ("lone", "odd"):
            (recordings / label).mkdir()
            soundfile.write(recordings / label / "0.wav", tone(500 + len(label)), SAMPLE_RATE)
        assert cli.main(["prepare", "folder", str(recordings), "--out", str(tmp_path / "out"), "--no-pitch"]) == 0
        assert "nothing is held out of lone, odd: no score covers such sounds\n" in capsys.readouterr().err

    def test_name_of_the_folder_is_text_that_a_card_can_have(self, recordings, tmp_path):
        recordings.rename(tmp_path / "odd\n\x1b")
        folder.prepare(tmp_path / "odd\n\x1b", tmp_path / "out", FORM, workers=1)
        assert PreparedData(tmp_path / "out").meta["source"] == "folder: odd??"

    def test_links_are_followed_out_of_the_folder_and_nothing_is_lost_silently(self, recordings, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        soundfile.write(tmp_path / "elsewhere/far.wav", tone(500), SAMPLE_RATE)
        (tmp_path / "elsewhere/back").symlink_to(recordings)
        (recordings / "linked").symlink_to(tmp_path / "elsewhere")
        (recordings / "again").symlink_to(recordings / "high")
        (recordings / "high/round").symlink_to(recordings)
        (recordings / "above").symlink_to(recordings.parent)
        (recordings / "high/one.wav").symlink_to(tmp_path / "elsewhere/far.wav")
        (recordings / "high/gone.wav").symlink_to(tmp_path / "nowhere.wav")
        os.mkfifo(recordings / "high/pipe.wav")
        _, skipped = folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        data = PreparedData(tmp_path / "out")
        reasons = {item.source: item.reason for item in skipped}
        for name in ("again", "high/round", "linked/back"):
            assert reasons[name] == "is a link to a folder that is read anyway"
        assert reasons["above"] == "is a link to a folder around one that is read"
        for name in ("high/gone.wav", "high/pipe.wav"):
            assert reasons[name] == "is not a file, or a broken link"
        assert "high/one.wav" in {row["source"] for row in data.index}
        assert reasons["linked/far.wav"] == "has the same samples as one before it"

    def test_hidden_names_are_passed_over_but_not_what_a_link_leads_to(self, recordings, tmp_path):
        """As a Mac leaves them beside its sounds, and as git-annex stores them."""
        (recordings / "high/._0.wav").write_bytes(b"\0\5\x16\7")
        (recordings / ".kept/sounds").mkdir(parents=True)
        soundfile.write(recordings / ".kept/sounds/a.wav", tone(500), SAMPLE_RATE)
        expected = {path.relative_to(recordings).as_posix() for path in recordings.glob("[hl]*/**/[!.]*.*")}
        assert set(tree.find(recordings)[0]) == expected - {"low/readme.txt"} | {"loose.wav"}
        (recordings / "linked").symlink_to(recordings / ".kept/sounds")
        (recordings / "twice").symlink_to(recordings / "linked")
        names, skipped = tree.find(recordings)
        assert sum(name.endswith("/a.wav") for name in names) == 1
        assert [item.reason for item in skipped] == [tree.READ_ANYWAY]

    def test_a_folder_of_broken_links_says_so(self, tmp_path):
        (tmp_path / "in").mkdir()
        (tmp_path / "in/gone.wav").symlink_to(tmp_path / "nowhere.wav")
        with pytest.raises(ValueError, match=r"holds no audio file .*: gone\.wav is not a file, or a broken link"):
            folder.prepare(tmp_path / "in", tmp_path / "out", FORM, workers=1)

    def test_names_are_kept_in_the_table_and_harmless_on_the_terminal(self, recordings, tmp_path, capsys):
        names = [
            "low/=cmd|' calc'!A0.wav",
            'low/a,"b".wav',
            "low/new\nline.wav",
            "low/\u97f3 \x1b[31m.wav",
            "low/\r.wav",
        ]
        for number, name in enumerate(names):
            soundfile.write(recordings / name, tone(500 + number), SAMPLE_RATE)
        (recordings / "low/bad\n\x1b[2J.wav").write_bytes(b"junk")
        command = ["prepare", "folder", str(recordings), "--out", str(tmp_path / "out"), "--no-pitch"]
        assert cli.main(command) == 0
        assert set(names) <= {row["source"] for row in PreparedData(tmp_path / "out").index}
        lines = [line for line in capsys.readouterr().err.split("\n") if line.startswith("skipped low/bad")]
        assert lines[0].startswith("skipped low/bad\\n\\x1b[2J.wav: ")

    def test_a_folder_that_cannot_be_opened_is_reported(self, recordings, tmp_path, monkeypatch):
        scandir = os.scandir

        def refuse(place):
            if str(place).endswith("deep"):
                raise PermissionError(13, "Permission denied", str(place))
            return scandir(place)

        monkeypatch.setattr(os, "scandir", refuse)
        _, skipped = folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert ("high/deep", "cannot be opened: Permission denied") in {(i.source, i.reason) for i in skipped}

    def test_missing_and_empty_folders(self, tmp_path):
        with pytest.raises(ValueError, match="is missing"):
            folder.prepare(tmp_path / "none", tmp_path / "out", FORM)
        (tmp_path / "empty").mkdir()
        with pytest.raises(ValueError, match="holds no audio file"):
            folder.prepare(tmp_path / "empty", tmp_path / "out", FORM)
        (tmp_path / "empty/ten.wav").write_bytes(b"0123456789")
        with pytest.raises(ValueError, match=r"no usable clip was found in folder: empty: ten\.wav .* not recognised"):
            folder.prepare(tmp_path / "empty", tmp_path / "out", FORM, workers=1)
        assert not (tmp_path / "out").exists()
