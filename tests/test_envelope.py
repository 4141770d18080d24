"""The envelope behind WaveGAN's generator: nothing at first, silence where it learns to."""

import pytest
import torch
from torch import nn

from audiogan.config import ModelConfig
from audiogan.models import build_generator
from audiogan.models.envelope import Envelope


def test_at_first_it_changes_nothing_but_two_percent():
    gains = Envelope(8)(torch.randn(2, 8, 64), 8192)
    assert gains.shape == (2, 1, 8192)
    assert torch.allclose(gains, torch.tensor(0.982), atol=1e-3)


def test_it_goes_in_straight_lines_from_frame_to_frame_and_never_amplifies():
    subject = Envelope(1)
    nn.init.constant_(subject.level.weight, 1.0)
    frames = torch.tensor([[[100.0, -4.0, -100.0, -100.0]]])
    gains = subject(frames, 400)[0, 0]
    assert gains[50].item() == pytest.approx(1.0, abs=0.01)  # the middle of the first frame
    assert gains[150].item() == pytest.approx(0.5, abs=0.01)
    assert gains[100].item() == pytest.approx(0.75, abs=0.01)
    assert gains[250:].max() < 1e-6
    assert gains.max() <= 1


def test_it_computes_in_float32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert Envelope(8)(torch.randn(2, 8, 64).bfloat16(), 8192).dtype == torch.float32


def test_a_generator_that_has_one_learns_to_be_silent_at_the_end():
    torch.manual_seed(0)
    subject = build_generator(ModelConfig("wavegan", dim=4, num_samples=8192, envelope=True))
    with torch.no_grad():
        nn.init.normal_(subject.dense.bias)  # frames tell the time
        subject.layers[-1].bias.fill_(0.1)  # what it would have to cancel
    z = torch.randn(8, 100)
    begins, ends = (subject(z)[..., half].abs().mean().item() for half in (slice(1024, 3072), slice(5120, None)))
    assert ends > 0.5 * begins
    adam = torch.optim.Adam(subject.envelope.parameters(), 0.2)
    for _ in range(150):
        audio = subject(z)
        adam.zero_grad()
        (audio[..., 4096:].square().mean() + (audio[..., :3072] - 0.1).square().mean()).backward()
        adam.step()
    begins, ends = (subject(z)[..., half].abs().mean().item() for half in (slice(1024, 3072), slice(5120, None)))
    assert ends < 0.3 * begins
