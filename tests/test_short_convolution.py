"""Fewer multiplications, the same convolution: held against sums in float64."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import audiogan
from audiogan.models import short_convolution
from audiogan.models.convolutions import UpConv1d

FORMS = [(2, 7), (4, 7), (8, 7), (16, 7), (4, 13), (8, 13)]  # size, taps


def decibels(approximate: torch.Tensor, exact: torch.Tensor) -> float:
    """The error's power beside the exact answer's."""
    return 10 * torch.log10((approximate.double() - exact).square().mean() / exact.square().mean()).item()


def convolved(x: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    """[batch, time, in] by [taps, in, out], tap by tap."""
    reach, time = len(taps) // 2, x.shape[1]
    padded = F.pad(x, (0, 0, reach, reach))
    return sum(padded[:, k : k + time] @ tap for k, tap in enumerate(taps))


def test_a_short_convolution_by_hand():
    form = short_convolution.algorithm(2, 7)
    x, taps = torch.arange(1.0, 5.0).view(1, 4, 1), torch.tensor([0.0, 0, 0, 1, 10, 100, 0]).view(7, 1, 1)
    y = short_convolution.convolve(x, short_convolution.transform(taps, form, 4), form)
    torch.testing.assert_close(y.flatten(), torch.tensor([321.0, 432, 43, 4]), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("size", "taps"), FORMS)
@pytest.mark.parametrize("time", [16, 21, 1024])
def test_rounding_stays_near_that_of_a_direct_sum(size, taps, time):
    form = short_convolution.algorithm(size, taps)
    x, filters = torch.randn(3, time, 32).relu(), torch.randn(taps, 32, 16)
    exact = convolved(x.double(), filters.double())
    y = short_convolution.convolve(x, short_convolution.transform(filters, form, time), form)
    assert y.shape == exact.shape
    assert decibels(y, exact) < -115
    assert decibels(y, exact) < decibels(convolved(x, filters), exact) + 20


@pytest.mark.parametrize(("size", "taps"), FORMS)
def test_it_takes_fewer_multiplications(size, taps):
    assert len(short_convolution.algorithm(size, taps).filters) < 0.6 * size * taps


@pytest.mark.parametrize(("size", "taps"), [(3, 7), (1, 5)])
def test_forms_without_enough_points_are_refused(size, taps):
    with pytest.raises(ValueError, match="even number of at least 8"):
        short_convolution.algorithm(size, taps)


@pytest.mark.parametrize(("stride", "kernel_size"), [(2, 25), (4, 25), (4, 28)])
@pytest.mark.parametrize("time", [16, 64])
def test_a_wide_layer_plays_the_transposed_convolution(stride, kernel_size, time):
    layer, x = UpConv1d(128, 64, kernel_size, stride), torch.randn(2, 128, time).relu()
    torch.nn.init.normal_(layer.bias)
    weight, bias, rest = layer.weight.double(), layer.bias.double(), stride + 2 * layer.padding - kernel_size
    exact = F.conv_transpose1d(x.double(), weight, bias, stride, layer.padding, output_padding=rest)
    with torch.inference_mode():
        assert layer.plays(x)
        assert decibels(layer(x), exact.detach()) < -110


def test_only_float32_on_a_cpu_in_inference_mode_is_played():
    wide, narrow, x = UpConv1d(128, 64), UpConv1d(128, 32), torch.randn(1, 128, 16)
    assert not wide.plays(x)
    with torch.inference_mode():
        assert wide.plays(x)
        assert not narrow.plays(x)
        assert not wide.plays(x.bfloat16())
        with torch.autocast("cpu", torch.bfloat16):
            assert not wide.plays(x)


def test_what_a_wide_layer_plays_with_is_kept_until_its_weights_change():
    layer, x = UpConv1d(128, 64), torch.randn(1, 128, 16)
    with torch.inference_mode():
        before, (kept,) = layer(x), layer._kept.values()
        layer(x)
        assert next(iter(layer._kept.values())) is kept
        layer(torch.randn(1, 128, 64))
    layer.load_state_dict({name: 2 * value for name, value in layer.state_dict().items()}, assign=True)
    with torch.inference_mode():
        torch.testing.assert_close(layer(x), 2 * before)
        torch.testing.assert_close(layer.double()(x.double()).float(), 2 * before)


@pytest.mark.parametrize("time", [16, 64, 1024])
def test_a_clip_is_the_same_in_any_company(time):
    layer, x = UpConv1d(128, 64), torch.randn(9, 128, time)
    with torch.inference_mode():
        together = layer(x)
        for clips in (slice(0, 1), slice(0, 8), slice(2, 5)):
            assert torch.equal(layer(x[clips]), together[clips])


def test_a_layer_that_played_can_be_copied():
    layer, x = UpConv1d(128, 64), torch.randn(1, 128, 16)
    with torch.inference_mode():
        played = layer(x)
        copied = copy.deepcopy(layer)
        assert not copied._kept
        assert torch.equal(copied(x), played)


def test_a_generator_rounds_far_below_sixteen_bits():
    """Rounding to 16 bits is noise of 2^-16 / sqrt(3) of full scale, -101 dB; ours is to lie 20 dB below."""
    synthesizer = audiogan.load("wavegan-instruments", "cpu")
    z, number = torch.from_numpy(synthesizer.latents(range(8), 0)), torch.arange(8)
    exact = copy.deepcopy(synthesizer.generator).double()
    with torch.no_grad():
        exact = exact.to_audio(exact(z.double(), number)).numpy()
    with torch.inference_mode():
        played = synthesizer.generator.to_audio(synthesizer.generator(z, number)).numpy()
    assert np.abs(exact).max() > 0.3
    assert 10 * np.log10(np.square(played - exact).mean()) < -121
