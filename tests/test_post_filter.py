"""The filter behind generators of waveforms: what it lets through, and what it learns to take away."""

import numpy as np
import pytest
import torch
from scipy import signal
from torch import nn

from audiogan import dsp
from audiogan.config import FILTERED, ModelConfig
from audiogan.models import build_generator
from audiogan.models.post_filter import PostFilter

SAMPLES = 8192


def tone(hz: float, level: float = 1.0) -> torch.Tensor:
    return level * torch.sin(2 * torch.pi * hz / 16000 * torch.arange(SAMPLES)).expand(1, 1, -1)


def level_of(audio: torch.Tensor, hz: float) -> float:
    """Amplitude of a tone in the middle of a clip."""
    middle = audio.detach().flatten()[1024:-1024].double().numpy()
    window = signal.windows.blackmanharris(len(middle))
    turns = np.exp(-2j * np.pi * hz / 16000 * np.arange(len(middle)))
    return 2 * abs((middle * window * turns).sum()) / window.sum()


def test_convolve_is_scipys():
    audio, responses = torch.randn(3, 1000), torch.randn(3, 33)
    expected = [signal.convolve(one, other, mode="same") for one, other in zip(audio, responses, strict=True)]
    np.testing.assert_allclose(dsp.convolve(audio, responses), expected, atol=1e-4)
    one_for_all = signal.convolve(audio[2], responses[0], mode="same")
    np.testing.assert_allclose(dsp.convolve(audio, responses[:1])[2], one_for_all, atol=1e-4)


def test_at_first_all_passes_in_its_place_but_what_stands_still():
    subject = PostFilter(513, 0)
    audio = tone(440) + 0.5
    filtered = subject(audio, None)
    assert (filtered - tone(440))[..., 512:-512].abs().max() < 0.05
    assert filtered[..., 512:-512].mean().abs() < 1e-3


def test_no_filter_that_is_learnt_lets_through_what_stands_still():
    subject = PostFilter(513, 2)
    nn.init.normal_(subject.responses)
    still = torch.full((2, 1, SAMPLES), 0.9)
    assert subject(still, torch.tensor([0, 1]))[..., 512:-512].abs().max() < 1e-3


def test_each_label_has_its_own():
    subject = PostFilter(513, 2)
    with torch.no_grad():
        subject.responses[1] *= 0.5
    quiet, loud = subject(tone(440).expand(2, 1, -1), torch.tensor([1, 0]))
    torch.testing.assert_close(2 * quiet, loud)


def test_it_learns_to_take_away_a_line_and_to_leave_a_note():
    torch.manual_seed(0)
    subject = PostFilter(513, 0)
    adam = torch.optim.Adam(subject.parameters(), 1e-3)
    for _ in range(300):
        note = torch.cat([tone(hz) for hz in torch.empty(8).uniform_(200, 800).tolist()])
        adam.zero_grad()
        (subject(note + tone(1000, 0.1), None) - note).square().mean().backward()
        adam.step()
    assert level_of(subject(tone(1000, 0.1), None), 1000) < 0.01
    assert level_of(subject(tone(440), None), 440) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("architecture", FILTERED)
def test_a_generator_without_one_has_no_weights_for_it_and_with_one_fits_full_scale(architecture):
    plain = build_generator(ModelConfig(architecture, dim=4, num_samples=SAMPLES))
    assert not [name for name in plain.state_dict() if name.startswith("post")]
    filtered = build_generator(ModelConfig(architecture, dim=4, num_samples=SAMPLES, post_filter=33))
    with torch.no_grad():
        filtered.post.responses *= 1e5
    native = filtered(torch.randn(2, 100))
    assert native.abs().max() > 1
    assert filtered.to_audio(native).abs().max().item() == pytest.approx(1)


def test_it_computes_in_float32_under_autocast():
    subject = PostFilter(33, 0)
    with torch.autocast("cpu", torch.bfloat16):
        assert subject(tone(440).bfloat16(), None).dtype == torch.float32
