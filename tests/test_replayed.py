"""Whether a sound is a training recording played faster or slower."""

from types import SimpleNamespace

import numpy as np
import pytest
import soxr

from audiogan.audio import to_pcm16
from audiogan.evaluation import replay

RATE, TIME = 16000, 16384


def note(pitch: float, seed: int) -> np.ndarray:
    """Ten partials of random levels and phases that fade away: int16 [time]."""
    random, time = np.random.default_rng(seed), np.arange(2 * TIME) / RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    partials = [
        random.uniform(0.2, 1) * np.sin(2 * np.pi * (number * hz * time + random.uniform())) for number in range(1, 11)
    ]
    audio = sum(partials) * np.exp(-3 * time)
    return to_pcm16(0.9 * audio / np.abs(audio).max())


def faster(clip: np.ndarray, semitones: float) -> np.ndarray:
    return to_pcm16(soxr.resample(clip / 32768, 2 ** (semitones / 12), 1.0)[:TIME])


RECORDINGS = [note(60, 1), note(72, 2), note(60, 3), note(50, 6)]
DATA = SimpleNamespace(
    clips=np.stack([clip[:TIME] for clip in RECORDINGS]),
    label=np.array([0, 0, 1, 2]),
    pitch=np.array([60, 72, 60, np.nan], np.float32),
    labels=("Flute", "Oboe", "Gong"),
    sample_rate=RATE,
    num_samples=TIME,
)


def share(audio: np.ndarray, pitch: float, label: int = 0) -> float:
    clips = SimpleNamespace(audio=audio[None, :TIME], label=np.array([label]), pitch=np.array([pitch]))
    of_all, of_labels = replay.shares(clips, DATA, np.arange(4))
    assert of_all["replayed"] == of_labels["replayed"][label]
    return of_all["replayed"]


@pytest.mark.parametrize("semitones", [-3, -1.5, 0, 2])
def test_a_recording_at_another_pitch_is_found(semitones):
    assert share(faster(RECORDINGS[0], semitones), 60 + semitones) == 1


def test_softer_later_and_upside_down_it_is_the_same_recording():
    assert share(np.roll(-(RECORDINGS[0] // 4), 100), 60) == 1


def test_another_recording_of_the_note_is_another():
    assert share(note(60, 4), 60) == 0
    assert share(RECORDINGS[2], 60) == 0  # an oboe's


def test_too_far_away_there_is_nothing_to_compare_with():
    assert share(faster(RECORDINGS[0], 6), 66) == 0


@pytest.mark.parametrize("semitones", [-3, 0, 2])
def test_without_a_pitch_recordings_are_found_at_whole_semitones(semitones):
    assert share(faster(RECORDINGS[1], semitones), np.nan) == 1


def test_without_a_pitch_they_are_not_found_between_or_beyond_these():
    assert share(faster(RECORDINGS[1], 1.5), np.nan) == 0
    assert share(faster(RECORDINGS[1], 4), np.nan) == 0


def test_recordings_without_a_pitch_are_compared_as_they_are():
    assert share(RECORDINGS[3], np.nan, 2) == 1
    assert share(faster(RECORDINGS[3], 2), np.nan, 2) == 0


def test_labels_are_told_apart_and_those_that_are_not_there_have_no_share():
    both = np.stack([RECORDINGS[0][:TIME], note(60, 5)[:TIME]])
    clips = SimpleNamespace(audio=both, label=np.array([0, 0]), pitch=np.array([60.0, 60.0]))
    of_all, of_labels = replay.shares(clips, DATA, np.arange(4))
    assert of_all["replayed"] == 0.5
    assert of_labels["replayed"][0] == 0.5
    assert np.isnan(of_labels["replayed"][1:]).all()
