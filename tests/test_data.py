"""From recordings to a prepared data set: clips, folders, and notes of real soundfonts."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan.dataset import PreparedData
from training import cli
from training.data import folder, general_midi
from training.data.clips import PEAK, Clip, ClipFormat, DataSetWriter, fit

FORM = ClipFormat()


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def peak(pcm: np.ndarray) -> float:
    return np.abs(pcm.astype(int)).max() / 32768


def test_fit_normalizes_and_fades_the_cut_end():
    pcm = fit(0.1 * tone(440, 2.0), FORM)
    assert peak(pcm) == pytest.approx(PEAK, abs=1e-3)
    assert abs(int(pcm[-1])) < 10
    assert peak(fit(0.1 * tone(440, 2.0), ClipFormat(normalize=False))) == pytest.approx(0.05, abs=1e-3)


class TestWriter:
    def test_round_trip(self, tmp_path):
        clips = [fit(tone(200 + number), FORM) for number in range(3)]
        with DataSetWriter(tmp_path / "out", FORM, ("a", "b"), "test") as writer:
            assert writer.add(Clip(clips[0], "b", "x.wav", "train", "CC0", 60.5, 1.25))
            assert writer.add(Clip(clips[1], "a", "y.wav", "test"))
            assert not writer.add(Clip(clips[1], "a", "copy.wav", "test"))
        data = PreparedData(tmp_path / "out")
        np.testing.assert_array_equal(data.clips, clips[:2])
        assert data.label.tolist() == [1, 0]
        assert data.pitch[0] == 60.5
        assert np.isnan(data.pitch[1])
        assert data.rows("test").tolist() == [1]
        expected = {"clip": "0", "label": "b", "pitch": "60.5", "split": "train", "source": "x.wav"}
        assert data.index[0] == expected | {"onset_s": "1.2500", "licence": "CC0"}
        assert data.meta["counts"] == {"train": {"b": 1}, "test": {"a": 1}}

    def test_nothing_is_left_after_an_error(self, tmp_path):
        def interrupted():
            with DataSetWriter(tmp_path / "out", FORM, (), "test") as writer:
                writer.add(Clip(fit(tone(440), FORM), "", "x"))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_set_and_a_taken_folder_are_refused(self, tmp_path):
        with pytest.raises(ValueError, match="no usable clip"), DataSetWriter(tmp_path / "out", FORM, (), "test"):
            pass
        (tmp_path / "taken").mkdir()
        with pytest.raises(ValueError, match="exists already"), DataSetWriter(tmp_path / "taken", FORM, (), "test"):
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]


class TestPreparedData:
    def test_of_two_at_once_the_second_says_that_it_was_late(self, tmp_path):
        clip = Clip(np.ones(NUM_SAMPLES, np.int16), "", "a")

        def write(source: str, during=lambda: None) -> None:
            with DataSetWriter(tmp_path / "out", FORM, (), source) as writer:
                writer.add(clip)
                during()

        with pytest.raises(ValueError, match="exists already"):
            write("late", during=lambda: write("early"))
        assert PreparedData(tmp_path / "out").meta["source"] == "early"
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_what_is_not_a_data_set_is_one_sentence(self, tmp_path, prepared):
        with pytest.raises(ValueError, match=r"meta\.json is missing"):
            PreparedData(tmp_path)
        for name, data in {"meta.json": b"{}", "index.csv": b"clip\n0\n", "clips.npy": b"junk"}.items():
            broken = tmp_path / name
            broken.mkdir()
            for file in Path(prepared).iterdir():
                (broken / file.name).write_bytes(file.read_bytes())
            (broken / name).write_bytes(data)
            with pytest.raises(ValueError, match="is not a whole prepared data set"):
                PreparedData(broken)

    @pytest.mark.parametrize(("name", "value"), [("source", None), ("sha256", 7), ("counts", [])])
    def test_description_that_says_too_little_of_its_origin(self, tmp_path, prepared, name, value):
        shutil.copytree(prepared, tmp_path / "data")
        meta = json.loads((tmp_path / "data/meta.json").read_text())
        (tmp_path / "data/meta.json").write_text(json.dumps(meta | {name: value}))
        with pytest.raises(ValueError, match=rf"meta\.json has no {name}"):
            PreparedData(tmp_path / "data")

    def test_unknown_split(self, prepared):
        with pytest.raises(ValueError, match="test, train"):
            PreparedData(prepared).rows("valid")


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

    def test_a_flat_folder_has_no_labels(self, recordings, tmp_path):
        folder.prepare(recordings / "high/deep", tmp_path / "out", FORM, workers=1)
        assert PreparedData(tmp_path / "out").labels == ()

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

    def test_mono_needs_no_note(self, recordings, tmp_path, capsys):
        (recordings / "low/deep/stereo.flac").unlink()
        (recordings / "high/deep/stereo.flac").unlink()
        folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        assert "mixed down" not in capsys.readouterr().err

    @pytest.mark.parametrize("num_samples", [8192, 16384, 32768, 65536])
    @pytest.mark.parametrize("sample_rate", [4000, 22050, 96000])
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

    def test_links_are_followed_out_of_the_folder_and_nothing_is_lost_silently(self, recordings, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        soundfile.write(tmp_path / "elsewhere/far.wav", tone(500), SAMPLE_RATE)
        (tmp_path / "elsewhere/back").symlink_to(recordings)
        (recordings / "linked").symlink_to(tmp_path / "elsewhere")
        (recordings / "again").symlink_to(recordings / "high")
        (recordings / "high/round").symlink_to(recordings)
        (recordings / "high/one.wav").symlink_to(tmp_path / "elsewhere/far.wav")
        (recordings / "high/gone.wav").symlink_to(tmp_path / "nowhere.wav")
        os.mkfifo(recordings / "high/pipe.wav")
        _, skipped = folder.prepare(recordings, tmp_path / "out", FORM, workers=1)
        data = PreparedData(tmp_path / "out")
        reasons = {item.source: item.reason for item in skipped}
        for name in ("again", "high/round", "linked/back"):
            assert reasons[name] == "is a link to a folder that is read anyway"
        for name in ("high/gone.wav", "high/pipe.wav"):
            assert reasons[name] == "is no file, or a broken link"
        assert "high/one.wav" in {row["source"] for row in data.index}
        assert reasons["linked/far.wav"] == "has the same samples as one before it"

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
        with pytest.raises(ValueError, match="no usable clip"):
            folder.prepare(tmp_path / "empty", tmp_path / "out", FORM)
        assert not (tmp_path / "out").exists()


@pytest.mark.soundfonts
class TestGeneralMidi:
    def test_every_label_is_in_both_splits(self, general_midi_data):
        assert general_midi_data.labels == general_midi.LABELS
        for split in ("train", "test"):
            assert set(general_midi_data.meta["counts"][split]) == set(general_midi.LABELS)

    def test_no_note_is_in_both_splits(self, general_midi_data):
        notes = {"train": set(), "test": set()}
        for row in general_midi_data.index:
            notes[row["split"]].add((row["label"], row["source"].split(" bank ")[1].split(" velocity ")[0]))
        assert len(notes["test"]) > 80
        assert not notes["train"] & notes["test"]

    def test_tonal_labels_have_a_pitch_and_drums_have_none(self, general_midi_data):
        for row in general_midi_data.index:
            assert (row["pitch"] == "") == (row["label"] in general_midi.DRUMS)

    def test_hi_hats_hiss(self, general_midi_data):
        """The orchestra's kit has timpani on the keys of other kits' hi-hats."""
        rows = [n for n, row in enumerate(general_midi_data.index) if row["label"] == "Hi-hat"]
        power = np.abs(np.fft.rfft(general_midi_data.clips[rows].astype(float))) ** 2
        hz = np.fft.rfftfreq(NUM_SAMPLES, 1 / SAMPLE_RATE)
        assert ((power @ hz) / power.sum(1) > 2000).all()

    def test_a_flute_sounds_at_its_pitch(self, general_midi_data):
        rows = [n for n, row in enumerate(general_midi_data.index) if row["label"] == "Flute"]
        for number in rows[:: len(rows) // 8]:
            audio = general_midi_data.clips[number].astype(float)[2000:10192]
            hz = np.argmax(np.abs(np.fft.rfft(audio * np.hanning(8192), 65536))) * SAMPLE_RATE / 65536
            semitones = 12 * np.log2(hz / 440) + 69 - general_midi_data.pitch[number]
            assert min(abs(semitones), abs(semitones - 12)) < 0.5  # the octave may be louder

    def test_clips_are_normalised_and_sound_at_once(self, general_midi_data):
        sample = general_midi_data.clips[::37].astype(float) / 32768
        np.testing.assert_allclose(np.abs(sample).max(1), PEAK, atol=1e-3)
        assert (np.abs(sample[:, : SAMPLE_RATE // 2]).max(1) > 0.05).all()

    def test_the_same_every_time(self, general_midi_data):
        patch = next(patch for patch in general_midi.patches() if patch.label == "Oboe")
        font = str(general_midi.SOUNDFONTS[0][0])
        for clip in general_midi.render_job((font, patch, FORM))[:3]:
            row = next(n for n, row in enumerate(general_midi_data.index) if row["source"] == clip.source)
            np.testing.assert_array_equal(clip.pcm, general_midi_data.clips[row])


def test_copies_are_dropped_and_quieter_copies_too():
    random = np.random.default_rng(0)
    noise = random.standard_normal((3, NUM_SAMPLES)).astype(np.float32) * 0.1
    takes = [noise[0], noise[1], noise[0] * 0.5, noise[2]]
    clips = [Clip(fit(audio, FORM), "x", str(number)) for number, audio in enumerate(takes)]
    assert [clip.source for clip in general_midi.distinct(clips)] == ["0", "1", "3"]
    assert general_midi.distinct([]) == []


def test_missing_soundfont_says_what_to_install(tmp_path):
    with pytest.raises(ValueError, match=r"soundfont .*none\.sf2 is missing"):
        general_midi.prepare(tmp_path / "out", [str(tmp_path / "none.sf2")], FORM)


def test_what_is_no_soundfont_is_refused(tmp_path):
    (tmp_path / "junk.sf2").write_bytes(b"RIFF____WAVEfmt ")
    with pytest.raises(ValueError, match=r"junk\.sf2 is not an SF2 or SF3 file"):
        general_midi.prepare(tmp_path / "out", [str(tmp_path / "junk.sf2")], FORM)
    assert not (tmp_path / "out").exists()


def test_meta_says_how_it_was_made(prepared):
    meta = json.loads((Path(prepared) / "meta.json").read_text())
    assert meta["sample_rate"] == SAMPLE_RATE
    assert set(meta) >= {"num_samples", "labels", "counts", "source", "versions", "sha256"}
    assert len(meta["sha256"]) == 64
