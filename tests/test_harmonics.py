"""The bank of partials: sines where they were asked for, silent above the limit, bending and straying as told."""

import math
from itertools import pairwise

import numpy as np
import pytest
import scipy
import torch
from conftest import NUM_SAMPLES, SAMPLE_RATE, hertz
from torch.utils._python_dispatch import TorchDispatchMode

from audiogan import dsp
from audiogan.models import harmonics
from audiogan.models.harmonics import (
    HARMONICS,
    HOP_LENGTH,
    MOST_BEND,
    MOST_STRAY,
    N_FFT,
    NOISE,
    VIBRATO,
    VIBRATO_OCTAVES,
    Harmonics,
    course,
    lines,
    smoothed,
)

FRAMES = NUM_SAMPLES // HOP_LENGTH + 1
TIME = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
WIDTH, STYLE = 4, 6


def bank(**biases) -> Harmonics:
    """One whose outputs are its biases, whatever the frames and the style are."""
    subject = Harmonics(WIDTH, STYLE, SAMPLE_RATE).requires_grad_(False)
    for layer in (subject.level, subject.bend, subject.partials, subject.vibrato):
        layer.weight.zero_()
    subject.bend.bias.zero_()
    subject.level.bias.fill_(-30.0)
    for name, (place, value) in biases.items():
        getattr(subject, name).bias[place] = value
    return subject


def heard(subject: Harmonics, pitch: float, noise=None, x=None, ratios=None) -> torch.Tensor:
    noise = torch.zeros(1, NOISE) if noise is None else noise
    x = torch.zeros(1, WIDTH, FRAMES) if x is None else x
    parts = subject(x, torch.zeros(1, STYLE), torch.tensor([pitch]), noise, ratios)
    return dsp.istft(torch.complex(*parts), N_FFT, HOP_LENGTH, NUM_SAMPLES)[0]


@pytest.mark.parametrize("midi", [21.0, 28.0, 45.3, 69.0, 88.0])
def test_partials_are_sines(midi):
    noise = torch.randn(1, NOISE, generator=torch.Generator().manual_seed(1))
    subject = bank(level=([0, 3], torch.tensor([0.5, 0.2]).log()))
    turns = 0.5 + 0.5 * torch.erf(noise[0] / math.sqrt(2))
    first, fourth = (
        torch.cos(2 * math.pi * ((k * hertz(midi) * TIME) % 1 + k * turns[HARMONICS] + turns[k - 1])) for k in (1, 4)
    )
    torch.testing.assert_close(heard(subject, midi, noise), 0.5 * first + 0.2 * fourth, atol=2e-3, rtol=0)


def test_a_line_may_lie_anywhere_between_two_bins():
    for place in (0.3, 1.0, 6.49, 6.5, 6.51, 100.0, 100.25, 249.4):
        frequency = torch.full((1, FRAMES, 1), place / N_FFT)
        angle = 2 * math.pi * place / N_FFT * HOP_LENGTH * torch.arange(FRAMES).double()[None, :, None]
        parts = lines(frequency, angle.cos().float(), angle.sin().float())
        audio = dsp.istft(torch.complex(*parts), N_FFT, HOP_LENGTH, NUM_SAMPLES)[0]
        sine = torch.cos(2 * math.pi * place / N_FFT * torch.arange(NUM_SAMPLES).double()).float()
        inner = slice(N_FFT, -N_FFT)
        torch.testing.assert_close(audio[inner], sine[inner], atol=3e-3, rtol=0)


def test_lines_pass_gradients_to_where_they_lie():
    place = torch.tensor([3.0, 40.25, 120.4], dtype=torch.float64)  # on a bin and beside one
    frequency = (place / N_FFT).expand(1, 2, 3).clone().requires_grad_(True)
    ones = torch.ones(1, 2, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda where: lines(where, ones, 0.5 * ones), frequency)


class Scatters(TorchDispatchMode):
    """Notes the indices of sums of scattered numbers."""

    def __init__(self):
        super().__init__()
        self.indices: list[torch.Tensor] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket in (torch.ops.aten.scatter_add, torch.ops.aten.scatter_add_):
            self.indices.append(args[2])
        return func(*args, **(kwargs or {}))


def test_a_gpu_plays_a_sound_the_same_every_time(monkeypatch):
    frequency, real, imaginary = torch.rand(3, 2, 5, 7, generator=torch.Generator().manual_seed(3)) * 0.05
    expected = lines(frequency, real, imaginary)
    monkeypatch.setattr(harmonics, "in_any_order", lambda x: True)
    with torch.inference_mode(), Scatters() as scatters:
        played = lines(frequency, real, imaginary)
    torch.testing.assert_close(played, expected)
    assert all((index.diff(dim=2) > 0).all() for index in scatters.indices)  # no two in one place
    with Scatters() as scatters:
        lines(frequency, real, imaginary)
    assert len(scatters.indices) == 2  # at once where something may be learnt


def test_no_line_above_the_limit_and_none_without_a_pitch():
    subject = bank(level=(slice(None), 0.0))
    conditions = torch.zeros(2, STYLE), torch.tensor([90.0, torch.nan]), torch.zeros(2, NOISE)
    real, imaginary = subject(torch.zeros(2, WIDTH, FRAMES), *conditions)
    power = (real.square() + imaginary.square()).mean(2)
    assert power[1].max() == 0
    assert power[0, 254:].max() < 1e-4 * power[0].max()


def test_a_learnt_phase_prevails_over_chance():
    chance = torch.randn(2, NOISE, generator=torch.Generator().manual_seed(2))
    chance[:, HARMONICS] = 0.0  # the same begin
    free = bank(level=(0, 0.0))
    learnt = bank(level=(0, 0.0), partials=(slice(HARMONICS - 1, 2 * HARMONICS - 1), 50.0))
    apart = [(heard(subject, 60.0, chance[:1]) - heard(subject, 60.0, chance[1:])).std() for subject in (free, learnt)]
    assert apart[1] < 0.05 * apart[0]


def tops(audio: torch.Tensor, hz: float, between: list[float]) -> list[float]:
    """The strongest frequency below, between and above some multiples of hz, as such multiples."""
    spectrum = torch.fft.rfft(audio * torch.hann_window(NUM_SAMPLES)).abs()
    edges = [0, *(round(multiple * hz * NUM_SAMPLES / SAMPLE_RATE) for multiple in between), len(spectrum)]
    places = [low + spectrum[low:high].argmax().item() for low, high in pairwise(edges)]
    return [place * SAMPLE_RATE / NUM_SAMPLES / hz for place in places]


def test_partials_stray_but_not_the_first():
    subject = bank(level=([0, 4], 0.0), partials=(slice(0, HARMONICS - 1), 1.0))
    expected = [1.0, 5 + MOST_STRAY[0] * math.tanh(1.0)]
    assert tops(heard(subject, 57.0), 220, between=[1.5]) == pytest.approx(expected, abs=0.01)


def test_partials_lie_where_they_were_measured_and_stray_little_from_there():
    subject = bank(level=([0, 1, 4], 0.0), partials=(slice(0, HARMONICS - 1), 1.0))
    ratios = torch.arange(1.0, HARMONICS + 1)[None].clone()
    ratios[0, [0, 4]] = torch.tensor([0.62, 5.404])
    far, near = (reach * math.tanh(1.0) for reach in MOST_STRAY)
    found = tops(heard(subject, 57.0, ratios=ratios), 220, between=[1.5, 4])
    assert found == pytest.approx([0.62, 2 + far, 5.404 + near], abs=0.01)


@pytest.mark.parametrize("midi", [40.0, 100.0])
def test_partials_of_ratio_0_are_silent(midi):
    subject = bank(level=(slice(None), 0.0), partials=(slice(None), -3.0))
    assert heard(subject, midi, ratios=torch.zeros(1, HARMONICS)).abs().max() == 0


def test_whole_numbers_are_what_no_ratios_are():
    subject = bank(level=(slice(None), -2.0), bend=(0, 0.4), partials=(slice(None), 0.3))
    noise = torch.randn(1, NOISE, generator=torch.Generator().manual_seed(4))
    ratios = torch.arange(1.0, HARMONICS + 1)[None]
    assert torch.equal(heard(subject, 50.0, noise, ratios=ratios), heard(subject, 50.0, noise))


def course_of(sine: torch.Tensor) -> np.ndarray:
    """Hz at each sample: how fast the analytic signal turns."""
    turned = np.unwrap(np.angle(scipy.signal.hilbert(sine.double().numpy())))
    return np.diff(turned) * SAMPLE_RATE / (2 * np.pi)


def test_a_vibrato_is_as_fast_and_as_deep_as_was_said():
    subject = bank(level=(0, 0.0), bend=(1, 0.3), vibrato=(0, -0.2))
    noise = torch.zeros(2, NOISE)
    noise[1, -1] = torch.special.ndtri(torch.tensor(0.7))
    rate = VIBRATO * 2 ** (VIBRATO_OCTAVES * math.tanh(-0.2))
    depth = MOST_BEND * math.tanh(0.3)
    for given, begin in zip(noise.split(1), (0.5, 0.7), strict=True):
        hz = scipy.ndimage.uniform_filter1d(course_of(heard(subject, 69.0, given)), 2 * HOP_LENGTH)[800:-800]
        expected = depth * np.sin(2 * np.pi * (rate * np.arange(800, NUM_SAMPLES - 801) / SAMPLE_RATE + begin))
        assert np.abs(12 * np.log2(hz / 440) - expected).max() < 0.05 * depth
    still = bank(level=(0, 0.0))
    assert torch.equal(heard(still, 69.0, noise[1:]), heard(still, 69.0))


def test_a_pitch_bends_as_its_frames_say():
    subject = bank(level=(0, 0.0))
    subject.bend.weight[0, 0] = 1.0
    x = torch.zeros(1, WIDTH, FRAMES)
    x[:, 0] = torch.linspace(-2, 2, FRAMES)
    hz = course_of(heard(subject, 69.0, x=x))
    for share in (0.25, 0.5, 0.75):
        place = int(share * NUM_SAMPLES)
        expected = 440 * 2 ** (MOST_BEND * math.tanh(4 * share - 2) / 12)
        assert hz[place - 200 : place + 200].mean() == pytest.approx(expected, rel=1e-3)


def test_an_octave_up_at_twice_the_rate_is_the_same():
    subject = bank(level=([0, 3], torch.tensor([0.5, 0.2]).log()))
    x = torch.randn(1, WIDTH, FRAMES, generator=torch.Generator().manual_seed(4))
    subject.bend.weight[0].fill_(0.5)
    expected = heard(subject, 50.0, x=x)
    for octaves in (-2, 1, 2.5):
        subject.sample_rate = SAMPLE_RATE * 2**octaves
        torch.testing.assert_close(heard(subject, 50.0 + 12 * octaves, x=x), expected, atol=5e-3, rtol=0)


def test_smoothed_keeps_a_line_and_flattens_a_flutter():
    flutter = torch.tensor([1.0, -1.0]).repeat(20)[None, None]
    assert smoothed(flutter)[..., 3:-3].abs().max() < 0.21
    torch.testing.assert_close(smoothed(torch.ones(1, 2, 9)), torch.ones(1, 2, 9))


def test_a_course_does_not_depend_on_the_batch():
    octaves = ((torch.linspace(0, 127, 1001) - 69) / 12)[:, None].repeat(1, FRAMES)
    cycles, turned = course(octaves, SAMPLE_RATE)
    one_by_one = [
        torch.cat(parts) for parts in zip(*(course(row, SAMPLE_RATE) for row in octaves.split(1)), strict=True)
    ]
    assert torch.equal(cycles, one_by_one[0])
    assert torch.equal(turned, one_by_one[1])
    exact = 440 * np.exp2(octaves.double().numpy()) / SAMPLE_RATE
    np.testing.assert_array_equal(cycles.numpy(), exact.astype(np.float32))
    angles = 2 * np.pi * turned[:, -1].numpy(), 2 * np.pi * NUM_SAMPLES * exact[:, -1]
    np.testing.assert_allclose(*map(np.cos, angles), atol=1e-5)
