"""Augmentation: what each change does, that gradients pass, and how its probability follows the critic."""

import pytest
import torch
from conftest import NUM_SAMPLES, tone

from audiogan.config import ModelConfig
from audiogan.models import build_generator
from training.augment import ADAPTATION_CLIPS, Augmentation, shift


def augmentation(architecture: str, probability: float, adaptive: bool = False) -> Augmentation:
    generator = build_generator(ModelConfig(architecture, dim=2))
    return Augmentation(generator, torch.Generator().manual_seed(0), probability, adaptive)


def natives(architecture: str) -> torch.Tensor:
    wave = torch.from_numpy(tone(1000)).repeat(16, 1, 1)
    return wave if architecture == "wavegan" else torch.rand(16, 1, 128, 128) - 0.5


def test_shift_by_hand():
    x = torch.tensor([[[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]]])
    steps = torch.tensor([1.0, -1.4, 0.2])
    assert shift(x, steps)[:, 0].tolist() == [[0, 1, 2], [2, 3, 0], [1, 2, 3]]
    assert shift(x, steps, hold_edges=True)[:, 0].tolist() == [[1, 1, 2], [2, 3, 3], [1, 2, 3]]


@pytest.mark.parametrize("architecture", ["wavegan", "specgan"])
def test_probability_0_changes_nothing_and_1_changes_every_clip(architecture):
    x = natives(architecture)
    assert augmentation(architecture, 0.0)(x) is x
    changed = augmentation(architecture, 1.0)(x)
    assert changed.shape == x.shape
    assert ((changed - x).flatten(1).abs().amax(1) > 1e-3).all()
    assert len({round(value, 4) for value in changed.flatten(1).std(1).tolist()}) > 8


@pytest.mark.parametrize("architecture", ["wavegan", "specgan"])
def test_a_half_changes_some_clips_in_each_way(architecture):
    x = natives(architecture)
    moved = (augmentation(architecture, 0.1)(x) - x).flatten(1).abs().amax(1) > 1e-6
    assert 0 < moved.sum() < len(x)


@pytest.mark.parametrize("architecture", ["wavegan", "specgan"])
def test_gradients_pass(architecture):
    x = natives(architecture).requires_grad_(True)
    augmentation(architecture, 1.0)(x).square().sum().backward()
    assert (x.grad.flatten(1).abs().amax(1) > 0).all()


def test_a_tone_stays_a_tone():
    changed = augmentation("wavegan", 1.0)(natives("wavegan"))[:, 0, 2000:-2000]
    spectrum = torch.fft.rfft(changed * torch.hann_window(changed.shape[1])).abs()
    hz = spectrum.argmax(1) * 16000 / changed.shape[1]
    torch.testing.assert_close(hz, torch.full_like(hz, 1000.0), atol=2, rtol=0)
    assert changed.shape[1] == NUM_SAMPLES - 4000


def test_probability_follows_the_critic():
    subject = augmentation("wavegan", 0.5, adaptive=True)
    real, fake = torch.ones(100), -torch.ones(100)
    subject.adapt(real, fake)
    assert subject.probability.item() == pytest.approx(0.5 + 100 / ADAPTATION_CLIPS)
    for _ in range(2):
        subject.adapt(fake, real)
    assert subject.probability.item() == pytest.approx(0.5 - 100 / ADAPTATION_CLIPS)
    fixed = augmentation("wavegan", 0.5)
    fixed.adapt(real, fake)
    assert fixed.probability.item() == 0.5
