"""Up-convolutions that are kept such that a constant stays one."""

import pytest
import torch
from conftest import NUM_SAMPLES
from torch import nn

from audiogan.config import ModelConfig
from audiogan.models import build_generator
from audiogan.models.convolutions import UpConv1d
from training.evenness import Evenness

LAYERS = {
    "published": (UpConv1d(3, 2, 25, 4), (3, 30)),
    "upsampling": (UpConv1d(3, 2, 28, 4), (3, 30)),
    "last": (UpConv1d(3, 2, 25, 2), (3, 60)),
    "report": (nn.ConvTranspose1d(3, 2, 8, 4, 2), (3, 30)),
    "image": (nn.ConvTranspose2d(3, 2, 5, 2, padding=2, output_padding=1), (3, 20, 20)),
    "oblong": (nn.ConvTranspose2d(3, 2, (5, 4), (1, 2)), (3, 30, 30)),
}


def ripple(layer: nn.Module, size: tuple[int, ...]) -> float:
    """How far from a constant a layer makes one, away from the edges, relative to it."""
    with torch.no_grad():
        made = layer(torch.ones(1, *size))[0]
    for axis in range(1, made.dim()):
        made = made.narrow(axis, 12, made.shape[axis] - 24)
    made = made.flatten(1)
    return ((made.amax(1) - made.amin(1)) / made.abs().amax(1)).max().item()


@pytest.mark.parametrize("name", LAYERS)
def test_a_constant_stays_one(name):
    layer, size = LAYERS[name]
    torch.manual_seed(0)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.normal_(layer.bias)
    before, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    assert ripple(layer, size) > 0.1
    even = Evenness(layer)
    even()
    assert ripple(layer, size) < 1e-5
    assert torch.equal(layer.bias, bias)
    once = layer.weight.detach().clone()
    even()
    torch.testing.assert_close(layer.weight.detach(), once, rtol=0, atol=1e-6)
    moved = (before - once).flatten(2)
    assert (moved * once.flatten(2)).sum(2).abs().max() < 1e-5  # a right angle: nothing even is nearer
    assert moved.square().sum() < 0.5 * before.square().sum()


@pytest.mark.parametrize("architecture", ["wavegan", "specgan", "report-wavegan", "report-specgan"])
def test_only_up_convolutions_move(architecture):
    generator = build_generator(ModelConfig(architecture, dim=4, num_samples=NUM_SAMPLES))
    before = {name: weight.detach().clone() for name, weight in generator.named_parameters()}
    even = Evenness(generator)
    even()
    moved = {name for name, weight in generator.named_parameters() if not torch.equal(weight, before[name])}
    kernels = {id(weight) for weight, _ in even.kernels}
    assert moved
    assert moved <= {name for name, weight in generator.named_parameters() if id(weight) in kernels}
