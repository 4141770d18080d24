"""Architectures: published sizes, layers against PyTorch's own, labels, determinism, lengths."""

import pytest
import torch
import torch.nn.functional as F
from conftest import LABELS, NUM_SAMPLES, tone

from audiogan.config import NUM_SAMPLES as LENGTHS
from audiogan.config import ModelConfig
from audiogan.models import ARCHITECTURES, build_discriminator, build_generator, count_parameters
from audiogan.models.convolutions import DownConv1d, UpConv1d
from audiogan.models.folding import at_rest
from audiogan.models.layers import PhaseShuffle

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def both(architecture: str, **settings):
    torch.manual_seed(0)
    config = ModelConfig(architecture, **{"dim": 4, **settings})
    return build_generator(config), build_discriminator(config)


@pytest.mark.parametrize("architecture", ["wavegan", "specgan"])
def test_published_parameter_counts(architecture):
    with torch.device("meta"):
        generator, discriminator = both(architecture, dim=64)
    assert count_parameters(generator) == 19_065_345
    assert count_parameters(discriminator) == 17_427_969


@every_architecture
@pytest.mark.parametrize("num_samples", LENGTHS)
def test_every_length(architecture, num_samples):
    generator, discriminator = both(architecture, num_samples=num_samples)
    native = generator(torch.rand(2, 100))
    assert generator.to_audio(native).shape == (2, num_samples)
    critics = (4,) if architecture == "hybrid" else ()
    assert discriminator(native).shape == (2, *critics)
    assert generator.from_audio(torch.rand(2, num_samples) - 0.5).shape == native.shape
    assert native.abs().max() <= 1


@every_architecture
def test_labels_change_the_sound_and_the_verdict(architecture):
    generator, discriminator = (network.eval() for network in both(architecture, labels=LABELS))
    z = torch.rand(1, 100).expand(2, -1)
    native = generator(z, torch.tensor([0, 1]))
    assert not torch.allclose(native[0], native[1])
    verdict = discriminator(native[:1].expand(2, -1, *native.shape[2:]), torch.tensor([0, 1]))
    assert (verdict[0] != verdict[1]).all()


@every_architecture
def test_a_label_is_needed_exactly_where_there_are_labels(architecture):
    with pytest.raises(ValueError, match="label is needed"):
        both(architecture, labels=LABELS)[0](torch.rand(1, 100))
    with pytest.raises(ValueError, match="no labels"):
        both(architecture)[0](torch.rand(1, 100), torch.tensor([0]))


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) - {"hybrid"}))
def test_pitch_is_accepted_and_ignored(architecture):
    generator = both(architecture)[0].eval()
    z = torch.rand(2, 100)
    torch.testing.assert_close(generator(z, None, torch.tensor([60.0, float("nan")])), generator(z), atol=0, rtol=0)


@every_architecture
def test_nothing_is_drawn_from_global_state_when_generating(architecture):
    generator = both(architecture)[0].eval()
    z, before = torch.rand(2, 100), torch.get_rng_state()
    first = generator.to_audio(generator(z))
    torch.testing.assert_close(generator.to_audio(generator(z)), first, atol=0, rtol=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("stride", [2, 4])
def test_up_convolution_is_the_transposed_convolution(stride):
    layer, x = UpConv1d(6, 5, stride=stride), torch.randn(2, 6, 16)
    torch.nn.init.normal_(layer.bias)
    reference = F.conv_transpose1d(x, layer.weight, layer.bias, stride, (26 - stride) // 2, output_padding=1)
    torch.testing.assert_close(layer(x), reference, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("stride", [2, 4])
def test_down_convolution_is_the_strided_convolution(stride):
    layer, x = DownConv1d(6, 5, stride=stride), torch.randn(2, 6, 64)
    torch.nn.init.normal_(layer.bias)
    reference = F.conv1d(x, layer.weight, layer.bias, stride, (26 - stride) // 2)
    torch.testing.assert_close(layer(x), reference, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("kind", "sizes"), [(UpConv1d, (256, 128)), (DownConv1d, (128, 256))])
def test_a_wide_layer_is_one_product_and_differentiable_twice(kind, sizes):
    layer, narrow = kind(*sizes), kind(*sizes)
    torch.nn.init.normal_(layer.bias)
    narrow.load_state_dict(layer.state_dict())
    narrow.multiplies = lambda x: False  # the folded form
    x, outcomes = torch.randn(2, sizes[0], 16), []
    for each in (layer, narrow):
        start = x.clone().requires_grad_(True)
        y = each(start)
        (gradient,) = torch.autograd.grad(y.square().sum(), start, create_graph=True)
        gradient.square().mean().backward()
        outcomes.append((y, gradient, start.grad, each.weight.grad, each.bias.grad))
    assert layer.multiplies(x)
    for ours, folded in zip(*outcomes, strict=True):
        torch.testing.assert_close(ours, folded, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("kind", [UpConv1d, DownConv1d])
def test_a_wide_layer_computes_in_bfloat16(kind):
    layer, x = kind(256, 128), torch.randn(1, 256, 16)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    torch.testing.assert_close(y.float(), layer(x), atol=0.2, rtol=0.1)


@pytest.mark.parametrize("layer", [UpConv1d(3, 2), DownConv1d(3, 2)])
def test_a_kernel_is_kept_in_inference_mode_only(layer):
    x = torch.randn(1, 3, 16)
    with torch.inference_mode():
        before = layer(x)
        assert layer.kernel() is layer.kernel()
    with torch.no_grad():
        layer.weight.mul_(2)
        torch.testing.assert_close(layer(x), 2 * before)
    layer.load_state_dict({name: value * 0 for name, value in layer.state_dict().items()}, assign=True)
    with torch.inference_mode():
        assert layer(x).abs().max() == 0


@pytest.mark.parametrize("layer", [UpConv1d(3, 2), DownConv1d(3, 2)])
def test_a_kernel_is_made_once_while_weights_are_at_rest(layer):
    x = torch.randn(1, 3, 16)
    apart = torch.autograd.grad(layer(x).square().sum() + layer(-x).sum(), layer.weight)
    with at_rest(layer):
        assert layer.kernel() is layer.kernel()
        with torch.no_grad():
            assert not layer.kernel().requires_grad
        loss = layer(x).square().sum() + layer(-x).sum()
    torch.testing.assert_close(torch.autograd.grad(loss, layer.weight), apart)
    assert layer.kernel() is not layer.kernel()


def test_phase_shuffle_moves_samples():
    ramp = torch.arange(10.0).expand(1, 3, 10)
    torch.manual_seed(0)
    outcomes = {tuple(PhaseShuffle(2)(ramp)[0, 0].tolist()) for _ in range(100)}
    assert len(outcomes) == 5
    assert (2, 3, 4, 5, 6, 7, 8, 9, 8, 7) in outcomes  # two to the left, reflected at the end
    assert (2, 1, 0, 1, 2, 3, 4, 5, 6, 7) in outcomes  # two to the right, reflected at the start


def test_phase_shuffle_of_zero_is_the_identity():
    x = torch.randn(2, 3, 10)
    assert PhaseShuffle(0)(x) is x


def test_wavegans_critic_shuffles_and_without_it_does_not():
    for shift, same in ((2, False), (0, True)):
        critic = both("wavegan", phase_shuffle=shift)[1]
        x = torch.randn(1, 1, NUM_SAMPLES)
        verdicts = {critic(x).item() for _ in range(20)}
        assert (len(verdicts) == 1) is same


@pytest.mark.parametrize("architecture", ["specgan", "report-specgan"])
def test_a_tone_survives_analysis_and_synthesis(architecture):
    generator = both(architecture)[0]
    audio = torch.from_numpy(tone(1000))[None]
    generator.fit([audio, audio * 0.1 + 0.01 * torch.randn(1, NUM_SAMPLES)])
    back = generator.to_audio(generator.from_audio(audio))
    spectrum = torch.fft.rfft(back * torch.hann_window(NUM_SAMPLES)).abs()[0]
    assert spectrum.argmax().item() * 16000 / NUM_SAMPLES == pytest.approx(1000, abs=2)


def test_spectral_statistics_by_hand():
    normalizer = both("specgan")[0].spectrum
    logs = torch.stack([torch.full((128, 8), 1.0), torch.full((128, 8), 3.0)])
    normalizer.fit([logs[:1], logs[1:]])
    torch.testing.assert_close(normalizer.mean, torch.full((128, 1), 2.0))
    torch.testing.assert_close(normalizer.std, torch.full((128, 1), 1.0))
    torch.testing.assert_close(normalizer.normalize(logs)[1], torch.full((128, 8), 1 / 3))
    assert normalizer.normalize(logs * 100).max() == 1.0
    torch.testing.assert_close(normalizer.denormalize(normalizer.normalize(logs)), logs)


def test_unknown_architecture_names_those_there_are():
    with pytest.raises(ValueError, match="wavegan, specgan"):
        build_generator(ModelConfig("bigvgan"))
    for build in (build_generator, build_discriminator):
        with pytest.raises(ValueError, match="config must be a ModelConfig, not 'wavegan'"):
            build("wavegan")
