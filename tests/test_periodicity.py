"""What of a note is not periodic, and the loss for notes noisier than real ones."""

import math

import pytest
import torch
from conftest import NUM_SAMPLES, SAMPLE_RATE

from training.periodicity import SLICES, aperiodicity, noisier


def note(midi: float, noise: float = 0.0, seed: int = 0) -> torch.Tensor:
    """Up to ten harmonics, [1, NUM_SAMPLES], and white noise."""
    time, hz = torch.arange(NUM_SAMPLES, dtype=torch.float64) / SAMPLE_RATE, 440 * 2 ** ((midi - 69) / 12)
    orders = [order for order in range(1, 11) if hz * order < 0.48 * SAMPLE_RATE]
    sound = sum(torch.sin(2 * math.pi * hz * order * time + order) for order in orders) / 10
    random = torch.Generator().manual_seed(seed)
    return sound.float()[None] + noise * torch.randn(1, NUM_SAMPLES, generator=random)


@pytest.mark.parametrize("midi", [33.0, 60.3, 84.0])
def test_a_note_repeats_after_its_period_and_noise_does_not(midi):
    period = torch.tensor([SAMPLE_RATE / (440 * 2 ** ((midi - 69) / 12))])  # of no whole number of samples
    of_note = aperiodicity(note(midi), period)
    assert of_note.shape == (1, SLICES)
    assert of_note[:, 2:].max() < 1e-3
    assert aperiodicity(note(midi + 0.5), period)[:, 2:].min() > 0.1
    of_noise = aperiodicity(torch.randn(1, NUM_SAMPLES, generator=torch.Generator().manual_seed(0)), period)
    assert of_noise[:, 2:].mean() == pytest.approx(1.0, abs=0.05)


def test_silence_counts_as_periodic():
    period = torch.tensor([100.0])
    assert aperiodicity(torch.zeros(1, NUM_SAMPLES), period).max() == 0
    faint = torch.cat([note(60.0)[:, : NUM_SAMPLES // 2], 1e-4 * torch.randn(1, NUM_SAMPLES // 2)], dim=1)
    assert aperiodicity(faint, torch.tensor([SAMPLE_RATE / 261.626]))[:, -8:].max() < 1e-3


def test_only_notes_noisier_than_real_ones_cost():
    clean, noisy = note(60.0, 0.003).repeat(4, 1), note(60.0, 0.1).repeat(4, 1)
    pitch = torch.full((4,), 60.0)
    assert noisier(clean, clean, pitch, SAMPLE_RATE) == 0
    assert noisier(noisy, clean, pitch, SAMPLE_RATE) == 0
    assert noisier(clean, noisy, pitch, SAMPLE_RATE) > 1
    assert noisier(clean, noisy, torch.full((4,), math.nan), SAMPLE_RATE) == 0
    half = torch.tensor([60.0, 60.0, math.nan, math.nan])
    torch.testing.assert_close(2 * noisier(clean, noisy, half, SAMPLE_RATE), noisier(clean, noisy, pitch, SAMPLE_RATE))


def test_the_noisier_of_two_real_clips_is_clean_enough():
    clean, noisy = note(60.0, 0.003), note(60.0, 0.1)
    pitch = torch.full((2,), 60.0)
    assert noisier(torch.cat([clean, noisy]), noisy.repeat(2, 1), pitch, SAMPLE_RATE) == 0


def test_its_gradient_takes_noise_away():
    clean = note(60.0, 0.003).repeat(2, 1)
    noise = 0.1 * torch.randn(2, NUM_SAMPLES, generator=torch.Generator().manual_seed(1))
    level = torch.ones(2, 1, requires_grad=True)
    noisier(clean, clean + level * noise, torch.full((2,), 60.0), SAMPLE_RATE).backward()
    assert (level.grad > 0.1).all()
