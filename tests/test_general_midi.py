"""Notes of real soundfonts, and what is no soundfont."""

import numpy as np
import pytest
from conftest import NUM_SAMPLES, SAMPLE_RATE
from test_data import FORM

from audiogan.lengths import PEAK
from training.data import general_midi
from training.data.clips import Clip, fit


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
