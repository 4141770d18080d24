"""Distances that forgive a shift and a gain, and nothing else."""

import numpy as np
import pytest
import torch
from conftest import SAMPLE_RATE, tone

from audiogan import dsp
from audiogan.evaluation.features import LOWEST_DB, level_spectra
from audiogan.evaluation.nearest import by_label, magnitudes, nearest, spectral_distance, waveform_error

RATE = SAMPLE_RATE


def burst(seed: int = 0, length: int = 4096) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    noise[:500] = noise[2000:] = 0
    return noise


def spectra(*clips: np.ndarray) -> np.ndarray:
    audio = torch.from_numpy(np.stack(clips).astype(np.float32))
    return level_spectra(dsp.mel(dsp.magnitude(audio, 1024, 256), 1024, 64, RATE)).numpy()


class TestWaveformError:
    def test_forgives_gain_polarity_and_a_small_shift(self):
        clip = burst()
        candidates = np.stack([0.1 * clip, -clip, np.roll(clip, 300), np.roll(clip, -300)])
        assert waveform_error(candidates, clip[None], RATE) == pytest.approx(0, abs=1e-4)

    def test_does_not_forgive_a_large_shift(self):
        clip = burst(length=16384)
        assert waveform_error(np.roll(clip, 4000)[None], clip[None], RATE)[0, 0] > 0.9

    def test_silence_is_1_whichever_side_it_is_on(self):
        clip, nothing = burst()[None], np.zeros((1, 4096), np.float32)
        assert waveform_error(nothing, clip, RATE) == waveform_error(clip, nothing, RATE) == 1

    def test_worked_out_by_hand(self):
        """A tone plus another of equal power explains half of it."""
        low, high = tone(500), tone(1500)
        assert waveform_error(low[None], (low + high)[None], RATE)[0, 0] == pytest.approx(0.5, abs=0.01)

    def test_nothing_does_better_than_the_least_squares_gain(self):
        a, b = burst(1)[:2048], burst(2)[:2048]
        padded = np.pad(a, 400)
        residuals = []
        for lag in range(801):
            moved = padded[lag : lag + 2048]
            gain = moved @ b / max(a @ a, 1e-9)
            residuals.append((np.square(b - gain * moved).sum() + gain**2 * (a @ a - moved @ moved)) / (b @ b))
        assert waveform_error(a[None], b[None], RATE)[0, 0] == pytest.approx(min(residuals), abs=1e-4)


def test_no_lag_correlates_more_than_the_magnitudes_say():
    clips = np.stack([burst(1), tone(500)[:4096]])
    others = np.stack([burst(2), tone(520)[:4096], np.roll(burst(1), 90)])
    most = magnitudes(clips, RATE) @ magnitudes(others, RATE).T
    correlation = np.sqrt(1 - waveform_error(clips, others, RATE))
    assert (most >= correlation - 1e-5).all()
    assert most[0, 2] == pytest.approx(1, abs=1e-4)
    assert most[0, 1] < 0.5


class TestSpectralDistance:
    def test_forgives_gain_and_a_small_shift(self):
        clip = burst(length=16384)
        other = 0.05 * np.roll(clip, 512)
        assert spectral_distance(spectra(other), spectra(clip))[0, 0] < 0.5

    def test_an_offset_beyond_6_db_is_charged(self):
        one = np.full((1, 4, 6), -20.0)
        assert spectral_distance(one + 5, one)[0, 0] == pytest.approx(0, abs=1e-3)
        assert spectral_distance(one + 16, one)[0, 0] == pytest.approx(10, abs=1e-3)

    def test_silence_lies_at_the_floor_and_far_away(self):
        silence, clip = spectra(np.zeros(16384)), spectra(burst(length=16384))
        assert silence.max() == LOWEST_DB
        assert spectral_distance(silence, clip)[0, 0] > 20

    def test_another_pitch_is_farther_than_another_instance(self):
        a, b, c = spectra(tone(440), 0.5 * np.roll(tone(440), 100), tone(660))
        assert spectral_distance(a[None], c[None])[0, 0] > 5 * spectral_distance(a[None], b[None])[0, 0]

    def test_of_many_pairs_is_that_of_each(self):
        clips = spectra(tone(440), tone(500), burst(length=16384))
        whole = spectral_distance(clips, clips[:2])
        for row in range(3):
            for column in range(2):
                assert whole[row, column] == pytest.approx(
                    spectral_distance(clips[row : row + 1], clips[column : column + 1])[0, 0], abs=0.1
                )


def test_nearest_names_the_column():
    distance, column = nearest(np.array([[3.0, 1.0], [0.5, 2.0]]))
    assert distance.tolist() == [1.0, 0.5]
    assert column.tolist() == [1, 0]
    assert np.isinf(nearest(np.zeros((2, 0)))[0]).all()


def test_pairs_share_a_label():
    pairs = [(rows.tolist(), columns.tolist()) for rows, columns in by_label(np.array([1, 0, 1, 5]), np.array([0, 1]))]
    assert pairs == [([1], [0]), ([0, 2], [1])]
