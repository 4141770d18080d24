"""In bfloat16 a CPU computes what it does in float32, but for rounding; oneDNN for AMX has convolutions that do not."""

import pytest
import torch
from torch import nn

from audiogan.config import ModelConfig
from audiogan.models import ARCHITECTURES, build_generator
from audiogan.models.critics import activated

FEW = 8  # clips or channels: an even number below 16, for which some kernels give noise


def rounding(gradients) -> float:
    """The relative distance of `gradients()` in bfloat16, a vector, from that in float32."""
    exact, rounded = (taken(gradients, enabled) for enabled in (False, True))
    return (torch.linalg.vector_norm(rounded - exact) / torch.linalg.vector_norm(exact)).item()


def taken(gradients, enabled: bool) -> torch.Tensor:
    torch.manual_seed(0)  # dropout
    with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
        return torch.cat([gradient.flatten() for gradient in gradients()])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_generator_learns_the_same(architecture):
    torch.manual_seed(0)
    generator = build_generator(ModelConfig(architecture, dim=2 * FEW))
    z = torch.randn(FEW, generator.config.latent_dim)
    weights = list(generator.parameters())

    def gradients():
        native = generator(z).float()
        return torch.autograd.grad((native * torch.linspace(-1, 1, native.numel()).view_as(native)).sum(), weights)

    assert 0 < rounding(gradients) < 0.25


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.Conv1d(FEW, 16, 9, 4, 4), (FEW, FEW, 256)), (nn.Conv2d(2, 24, 3, 1, 1), (FEW, 2, 64, 64))],
)
def test_a_critic_learns_the_same_from_a_penalty(layer, shape):
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)

    def gradients():
        (slope,) = torch.autograd.grad(activated(layer, x).float().square().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), [layer.weight, layer.bias])

    assert 0 < rounding(gradients) < 0.05
