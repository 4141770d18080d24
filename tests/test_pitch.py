"""Pitch estimates: right on tones and on real notes that state theirs, absent for noise and glides."""

import numpy as np
import pytest
from conftest import SAMPLE_RATE, tone

from audiogan.audio import to_pcm16
from training.data.pitch import steady_pitches


def steady_pitch(audio: np.ndarray, sample_rate: int) -> float | None:
    (pitch,) = steady_pitches(to_pcm16(0.3 * audio)[None], sample_rate)
    return pitch


@pytest.mark.parametrize("midi", [33, 57, 69.3, 93])
@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_harmonic_tones(midi, sample_rate):
    hz = 440 * 2 ** ((midi - 69) / 12)
    audio = sum(tone(k * hz, 1.0, sample_rate) / k for k in range(1, 6))
    assert steady_pitch(audio, sample_rate) == pytest.approx(midi, abs=0.2)


def test_a_short_tone_in_silence():
    audio = np.concatenate([tone(440, 0.4), np.zeros(SAMPLE_RATE // 2, np.float32)])
    assert steady_pitch(audio, SAMPLE_RATE) == pytest.approx(69, abs=0.1)


def test_noise_glides_clicks_and_silence_have_none():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[100] = 1
    glide = np.sin(2 * np.pi * (200 * time + 300 * time**2)).astype(np.float32)
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    for audio in (click, glide, noise, np.zeros(SAMPLE_RATE, np.float32)):
        assert steady_pitch(audio, SAMPLE_RATE) is None


def test_one_odd_frame_of_many_does_not_matter_but_half_of_them_do():
    random = np.random.default_rng(0)
    for noisy, pitch in ((1024, pytest.approx(69, abs=0.1)), (SAMPLE_RATE // 2, None)):
        audio = tone(440)
        audio[-noisy - 1500 : -1500] = random.standard_normal(noisy)
        assert steady_pitch(audio, SAMPLE_RATE) == pitch


def test_each_clip_has_its_own_pitch_whatever_its_neighbours():
    random = np.random.default_rng(0)
    audio = [tone(220), 0.1 * random.standard_normal(SAMPLE_RATE), np.zeros(SAMPLE_RATE), tone(880), tone(55)]
    pcm = to_pcm16(np.stack([clip[:SAMPLE_RATE] for clip in audio]))
    together = steady_pitches(pcm, SAMPLE_RATE)
    assert together == [pitch for clip in pcm for pitch in steady_pitches(clip[None], SAMPLE_RATE)]
    assert [pitch and round(pitch) for pitch in together] == [57, None, None, 81, 33]


@pytest.mark.soundfonts
def test_real_notes_are_found_at_their_pitch(general_midi_data):
    rows = range(0, len(general_midi_data.clips), 23)
    stated = general_midi_data.pitch[rows]
    found = np.array(steady_pitches(general_midi_data.clips[rows], SAMPLE_RATE), np.float32)
    tonal, heard = ~np.isnan(stated), ~np.isnan(found)
    errors = np.abs(found - stated)[tonal & heard]
    print(
        f"{heard[tonal].mean():.3f} of tonal notes, {(errors < 0.5).mean():.3f} right; {heard[~tonal].mean():.3f} drums"
    )
    assert heard[tonal].mean() > 0.92
    assert (errors < 0.5).mean() > 0.97
    assert np.median(errors) < 0.1
    assert heard[~tonal].mean() < 0.1
