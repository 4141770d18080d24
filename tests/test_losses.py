"""Losses against values worked out by hand."""

import math
from types import SimpleNamespace

import pytest
import torch

from audiogan.config import ModelConfig
from audiogan.models import build_discriminator, build_generator
from training.losses import LOSSES, interpolation_penalty, zero_centred_penalty

REAL, FAKE = torch.tensor([2.0, 0.0]), torch.tensor([-1.0, 1.0])


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        (
            "bce",
            (softplus(-2) + softplus(0)) / 2 + (softplus(-1) + softplus(1)) / 2,
            (softplus(1) + softplus(-1)) / 2,
        ),
        ("wgan-gp", 0.0 - 1.0, 0.0),
        ("lsgan", 0.5 * ((1 + 1) / 2 + (1 + 1) / 2), 0.5 * (4 + 0) / 2),
        ("hinge", (0 + 1) / 2 + (0 + 2) / 2, 0.0),
        ("rpgan", (softplus(-3) + softplus(1)) / 2, (softplus(3) + softplus(-1)) / 2),
    ],
)
def test_by_hand(name, discriminator, generator):
    loss = LOSSES[name]()
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(discriminator, abs=1e-6)
    assert loss.generator(REAL, FAKE).item() == pytest.approx(generator, abs=1e-6)


def test_bce_agrees_with_pytorchs():
    reference = torch.nn.functional.binary_cross_entropy_with_logits
    expected = reference(REAL, torch.ones(2)) + reference(FAKE, torch.zeros(2))
    torch.testing.assert_close(LOSSES["bce"]().discriminator(REAL, FAKE), expected)


def judges(*critics) -> SimpleNamespace:
    """A discriminator of functions of samples [batch, 2] and labels."""
    return SimpleNamespace(judge_apart=lambda x, label: [critic(x, label) for critic in critics])


def linear(*weights: float):
    """A critic whose gradient is the weights everywhere."""
    return lambda x, label: x @ torch.tensor(weights)


@pytest.mark.parametrize(
    ("critics", "expected"),
    [
        ([linear(3.0, 4.0)], (5 - 1) ** 2),
        (
            [linear(3.0, 4.0), linear(-3.0, -3.0)],
            ((5 - 1) ** 2 + (math.sqrt(18) - 1) ** 2) / 2,
        ),  # of their sum 1
    ],
)
def test_interpolation_penalty_of_linear_critics(critics, expected):
    real, fake = torch.randn(6, 2), torch.randn(6, 2)
    penalty = interpolation_penalty(judges(*critics), real, fake, None, torch.rand(6))
    assert penalty.item() == pytest.approx(expected, rel=1e-5)


def test_interpolation_penalty_of_an_ensemble_is_the_mean_of_its_critics():
    model, names = ModelConfig("wavegan", dim=2, num_samples=8192), ("spectral", "harmonic", "temporal")
    ensemble = build_discriminator(model, ",".join(names), 16, build_generator(model))
    drawn = 0.1 * torch.randn(2, 1, 8192), 0.1 * torch.randn(2, 1, 8192), None, torch.rand(2)
    alone = [judges(lambda x, label, number=number: ensemble(x, label)[:, number]) for number in range(3)]
    penalties = [interpolation_penalty(critic, *drawn).item() for critic in alone]
    assert interpolation_penalty(ensemble, *drawn).item() == pytest.approx(sum(penalties) / 3, rel=1e-5)


def test_interpolation_penalty_looks_between_the_samples():
    seen = []

    def critic(x, label):
        seen.append(x.detach())
        return x.sum(1)

    position = torch.tensor([0.0, 0.25, 1.0])
    interpolation_penalty(judges(critic), torch.zeros(3, 2), torch.ones(3, 2), None, position)
    torch.testing.assert_close(seen[0], position[:, None].expand(3, 2))


def test_zero_centred_penalty_of_a_quadratic():
    x = torch.tensor([[1.0, 2.0], [0.0, 3.0]], requires_grad=True)
    penalty = zero_centred_penalty(x.square().sum(1), x)  # gradients 2x: squared norms 20 and 36
    assert penalty.item() == pytest.approx(0.5 * (20 + 36) / 2)
    penalty.backward()
    torch.testing.assert_close(x.grad, 2 * x.detach())
