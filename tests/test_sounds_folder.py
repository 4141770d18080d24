"""A folder of sounds as a system: how its files become clips, what they are together, and what is refused."""

import hashlib
import os
import sys

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan.audio import resample, write_wav
from audiogan.dataset import PreparedData
from audiogan.sounds_folder import SoundsFolder, load


@pytest.fixture(scope="module")
def data(prepared) -> PreparedData:
    return PreparedData(prepared)


@pytest.fixture
def folder(tmp_path):
    """Two flutes and a drum."""
    for name, hz in (("Flute/b.wav", 600), ("Flute/a.wav", 500), ("Snare_drum/a.wav", 90)):
        (tmp_path / "theirs" / name).parent.mkdir(parents=True, exist_ok=True)
        write_wav(tmp_path / "theirs" / name, tone(hz), SAMPLE_RATE)
    return tmp_path / "theirs"


class TestClips:
    def test_another_rate_and_length_are_made_the_datas(self, tmp_path, data):
        """Two seconds of stereo at 44.1 kHz: the mean of both ears at 16 kHz, until it fades at the end."""
        left, right = tone(440, 2, 44100), tone(660, 2, 44100)
        soundfile.write(tmp_path / "long.flac", np.stack([left, right], 1), 44100, subtype="PCM_24")
        audio = SoundsFolder(tmp_path, data, "x").read("long.flac")
        whole = resample((left + right) / 2, 44100, SAMPLE_RATE)[:NUM_SAMPLES]
        fade = int(0.016 * SAMPLE_RATE)
        assert (audio.shape, audio.dtype) == ((NUM_SAMPLES,), np.float32)
        np.testing.assert_allclose(audio[:-fade], whole[:-fade], atol=1e-4)
        assert np.abs(audio[-20:]).max() < 0.02 < np.abs(whole[-20:]).max()

    def test_short_ones_are_followed_by_silence_and_peaks_stay(self, tmp_path, data):
        write_wav(tmp_path / "short.wav", 0.4 * tone(500, 0.25), SAMPLE_RATE)
        soundfile.write(tmp_path / "loud.wav", 3 * tone(500), SAMPLE_RATE, subtype="FLOAT")
        sounds = SoundsFolder(tmp_path, data, "x")
        short, loud = sounds.read("short.wav"), sounds.read("loud.wav")
        np.testing.assert_allclose(short[:4000], 0.4 * tone(500, 0.25), atol=1e-4)
        assert not short[4000:].any()
        np.testing.assert_array_equal(loud, 3 * tone(500))


class TestFolder:
    def test_folders_are_labels_and_hidden_names_are_passed_over(self, folder, data):
        (folder / ".DS_Store").write_text("x")
        (folder / "Flute/._a.wav").write_text("x")
        sounds = SoundsFolder(folder, data)
        assert sounds.name == "theirs"
        assert [file.name for file in sounds.files] == ["Flute/a.wav", "Flute/b.wav", "Snare_drum/a.wav"]
        assert (sounds.labels, [file.name for file in sounds.of("Snare_drum")]) == (data.labels, ["Snare_drum/a.wav"])
        assert SoundsFolder(folder / "Flute", data).labels == ()

    def test_hash_is_that_of_the_lines_of_sha256sum_and_follows_bytes_and_names(self, folder, data):
        sounds = SoundsFolder(folder, data)
        lines = [
            f"{hashlib.sha256((folder / file.name).read_bytes()).hexdigest()}  {file.name}" for file in sounds.files
        ]
        assert sounds.sha256 == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
        assert sounds.files[0].sha256 == lines[0][:64]
        hashes = {sounds.sha256}
        (folder / "Flute/b.wav").rename(folder / "Flute/c.wav")
        hashes.add(SoundsFolder(folder, data).sha256)
        write_wav(folder / "Flute/c.wav", tone(601), SAMPLE_RATE)
        hashes.add(SoundsFolder(folder, data).sha256)
        assert len(hashes) == 3

    def test_an_accent_may_be_a_letter_of_its_own(self, folder, data):
        (folder / "Flute").rename(folder / "Flu\u0302te")
        with pytest.raises(ValueError, match=r"no labels of the data \(Fl\u00fbte\); those are Flute, Snare_drum"):
            SoundsFolder(folder, data)


class TestRefusals:
    def refused(self, given, data, checkpoints) -> str:
        with pytest.raises(ValueError, match=r"\w") as caught:
            load(str(given), data, checkpoints)
        return str(caught.value)

    def test_names_that_are_taken_or_cannot_be_one(self, folder, data, checkpoints):
        assert load(f"other={folder}", data, checkpoints).name == "other"
        assert "has a checkpoint's name, tiny-wavegan" in self.refused(f"tiny-wavegan={folder}", data, checkpoints)
        assert "NAME in --sounds [NAME=]DIR must be 1 to 64 letters" in self.refused(f"<b>={folder}", data, checkpoints)

    def test_an_equals_sign_in_a_path_is_part_of_it(self, folder, data, checkpoints):
        folder.rename(folder.with_name("a=b"))
        assert load(f"x={folder.with_name('a=b')}", data, checkpoints).name == "x"
        assert "not 'a=b'" in self.refused(folder.with_name("a=b"), data, checkpoints)

    def test_folders_that_hold_no_sounds_or_other_labels(self, folder, data, checkpoints, tmp_path):
        assert "is not a folder" in self.refused(tmp_path / "none", data, checkpoints)
        (tmp_path / "empty/Flute").mkdir(parents=True)
        assert "holds no sounds" in self.refused(tmp_path / "empty", data, checkpoints)
        (folder / "<b>").mkdir()
        assert load(str(folder), data, checkpoints).labels == data.labels  # there is nothing in it
        write_wav(folder / "<b>/a.wav", tone(500), SAMPLE_RATE)
        assert "no labels of the data (<b>)" in self.refused(folder, data, checkpoints)
        (folder / "<b>").rename(folder / "Flute/takes")
        assert "takes is not a file" in self.refused(folder, data, checkpoints)
        (folder / "Flute/takes").rename(tmp_path / "away")
        write_wav(folder / "loose.wav", tone(500), SAMPLE_RATE)
        assert "has files beside its folders" in self.refused(folder, data, checkpoints)

    def test_files_that_are_not_audio_or_silent(self, folder, data, checkpoints):
        (folder / "Flute/notes.txt").write_text("not audio")
        assert "notes.txt cannot be read as audio" in self.refused(folder, data, checkpoints)
        late = np.concatenate([np.zeros(NUM_SAMPLES, np.float32), tone(500)])
        write_wav(folder / "Flute/late.wav", late, SAMPLE_RATE)
        (folder / "Flute/notes.txt").unlink()
        assert "late.wav is silent in its first 1.02 s" in self.refused(folder, data, checkpoints)
        (folder / "Flute/late.wav").unlink()
        (folder / "Flute/link.wav").symlink_to("nowhere")
        assert "link.wav is not a file" in self.refused(folder, data, checkpoints)

    @pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps only names that are Unicode")
    def test_a_name_that_no_page_could_show(self, folder, data, checkpoints):
        name = os.fsdecode(b"caf\xe9.wav")
        (folder / "Flute/a.wav").rename(folder / "Flute" / name)
        assert "not Unicode" in self.refused(folder, data, checkpoints)
