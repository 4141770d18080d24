"""A GPU's forms of layers, run here: the same values and derivatives as the CPU's, from operations that suit it."""

import pytest
import torch
import torch.nn.functional as F
from test_replay import PAPER, Watch
from test_trainer import trainer
from torch.autograd import grad, gradcheck, gradgradcheck
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from audiogan.config import NUM_SAMPLES as LENGTHS
from audiogan.config import ModelConfig
from audiogan.models import build_discriminator, build_generator, convolutions, folding, wavegan
from audiogan.models.convolutions import DownConv1d, UpConv1d
from audiogan.models.derivatives import LeakyReLU, Placed, affine, samples_alone
from audiogan.models.image_convolutions import Form, convolve, convolved, spread, sum_of_images
from training.losses import interpolation_penalty

aten = torch.ops.aten


@pytest.fixture
def as_on_a_gpu(monkeypatch):
    """Have layers choose their forms as on a GPU, or a GPU's plain alternatives."""

    def choose(chosen: bool):
        for module in (convolutions, folding, wavegan):
            monkeypatch.setattr(module, "on_gpu", lambda x: chosen)
        for kind in (UpConv1d, DownConv1d):
            monkeypatch.setattr(kind, "multiplies", lambda self, x: False)
            monkeypatch.setattr(kind, "plays", lambda self, x: False, raising=False)

    return choose


class Calls(TorchDispatchMode):
    """Notes the operators that ran, with their tensors' shapes."""

    def __init__(self):
        super().__init__()
        self.seen: list[tuple] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        shapes = [tuple(tensor.shape) for tensor in args if isinstance(tensor, torch.Tensor)]
        self.seen.append((func.overloadpacket, shapes))
        return func(*args, **(kwargs or {}))

    def shapes(self, operator) -> list:
        return [shapes for name, shapes in self.seen if name is operator]


def derivatives(layer: torch.nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """The output, first derivatives, and second ones as a gradient penalty takes them."""
    x = x.clone().requires_grad_(True)
    y = layer(x)
    first = grad(y.square().sum(), [x, *layer.parameters()], create_graph=True)
    penalty = sum(gradient.square().sum() for gradient in first)
    return [y, *first, *grad(penalty, [x, *layer.parameters()])]


SIZES = [(1, 1), (1, 5), (1, 64), (2, 4), (4, 6), (6, 5), (5, 1), (64, 1)]


@pytest.mark.parametrize("kind", [UpConv1d, DownConv1d])
@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("sizes", SIZES)
def test_a_gpus_forms_are_the_convolutions_and_differentiable_twice(as_on_a_gpu, kind, stride, sizes):
    torch.manual_seed(0)
    layer, x = kind(*sizes, stride=stride), torch.randn(3, sizes[0], 48)
    torch.nn.init.normal_(layer.bias)
    outcomes = []
    for chosen in (True, False):
        as_on_a_gpu(chosen)
        assert layer.is_thin(x) is (chosen and min(sizes) <= 4)
        outcomes.append(derivatives(layer, x))
    for ours, plain in zip(*outcomes, strict=True):
        torch.testing.assert_close(ours, plain, atol=2e-5 * plain.abs().max().item(), rtol=1e-4)


@pytest.mark.parametrize("kind", [UpConv1d, DownConv1d])
def test_weights_lie_on_a_gpu_as_its_layouts_read_them(as_on_a_gpu, kind):
    layer = kind(6, 5)
    weights = layer.weight.detach().clone()
    as_on_a_gpu(True)
    layer.to("cpu")
    assert layer.weight.transpose(1, 2).is_contiguous()
    assert torch.equal(layer.weight, weights)


@pytest.mark.parametrize("size", [24, 25, 9])
def test_kernels_of_other_sizes_overlap_alike(as_on_a_gpu, size):
    layer, x = UpConv1d(8, 1, size), torch.randn(2, 8, 16)
    as_on_a_gpu(True)
    ours = layer(x)
    as_on_a_gpu(False)
    torch.testing.assert_close(ours, layer(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("num_samples", LENGTHS)
@pytest.mark.parametrize("dim", [1, 3])
def test_networks_of_every_length_are_the_same_on_a_gpu(as_on_a_gpu, num_samples, dim):
    torch.manual_seed(0)
    config = ModelConfig("wavegan", dim=dim, num_samples=num_samples, phase_shuffle=0)
    networks, z, outcomes = (build_generator(config), build_discriminator(config)), torch.rand(2, 100), []
    for chosen in (True, False):
        as_on_a_gpu(chosen)
        audio = networks[0](z)
        penalty = interpolation_penalty(networks[1], audio.detach(), -audio.detach(), None, torch.tensor([0.2, 0.7]))
        weights = [weight for network in networks for weight in network.parameters()]
        loss = networks[1](audio).mean() + penalty
        outcomes.append((audio, loss, *grad(loss, weights)))
    for ours, plain in zip(*outcomes, strict=True):
        torch.testing.assert_close(ours, plain, atol=1e-5, rtol=1e-3)


def test_a_gpus_forms_compute_in_bfloat16(as_on_a_gpu):
    as_on_a_gpu(True)
    for layer in (DownConv1d(1, 16), DownConv1d(8, 16), UpConv1d(8, 16), UpConv1d(16, 1)):
        x = torch.randn(2, layer.weight.shape[isinstance(layer, DownConv1d)], 64, requires_grad=True)
        with torch.autocast("cpu", torch.bfloat16):
            y = layer(x)
            (gradient,) = grad(y.float().sum(), x, create_graph=True)
        gradient.square().sum().backward()
        assert y.dtype == torch.bfloat16
        assert layer.weight.grad.dtype == gradient.dtype == torch.float32
        torch.testing.assert_close(y.float(), layer(x), atol=0.2, rtol=0.1)


def images(*shape: int) -> torch.Tensor:
    return torch.randn(shape, dtype=torch.float64).to(memory_format=torch.channels_last).requires_grad_(True)


@pytest.mark.parametrize("form", [Form(padding=(0, 2)), Form((1, 4), (0, 2)), Form((2, 2), (1, 1))])
def test_convolve_is_differentiable_twice(form):
    rows = 1 if form.padding[0] == 0 else 6
    kernel = images(4, 3, 3 if rows > 1 else 1, 5)
    inputs = images(2, 3, rows, 9), kernel, torch.randn(4, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(convolve(*inputs, form), F.conv2d(*inputs, *form))
    assert gradcheck(lambda *inputs: convolve(*inputs, form), inputs)
    assert gradgradcheck(lambda *inputs: convolve(*inputs, form), inputs)


def test_spread_is_the_transposed_convolution_and_differentiable_twice():
    inputs = images(2, 3, 1, 8), images(3, 4, 1, 5), torch.randn(4, dtype=torch.float64, requires_grad=True), (0, 2)
    torch.testing.assert_close(spread(*inputs), F.conv_transpose2d(*inputs[:3], padding=(0, 2)))
    assert gradcheck(spread, inputs)
    assert gradgradcheck(spread, inputs)


def test_channels_are_summed_alike_in_every_format():
    given = images(3, 5, 2, 7)
    torch.testing.assert_close(sum_of_images(given.float()), given.float().sum((0, 2, 3)))
    torch.testing.assert_close(sum_of_images(given.bfloat16()), given.sum((0, 2, 3)).bfloat16(), atol=0.05, rtol=0.02)


def test_affine_is_differentiable_twice():
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 5, 3), (4, 3), (4,))]
    torch.testing.assert_close(affine(*inputs), F.linear(*inputs))
    assert gradcheck(affine, inputs)
    assert gradgradcheck(affine, inputs)


def test_rows_between_zeros_are_differentiable_twice():
    rows = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    place = lambda rows: Placed.apply(rows, 1, 3, torch.float64)  # noqa: E731
    assert torch.equal(place(rows), F.pad(rows, (1, 3)))
    assert gradcheck(place, rows)
    assert gradgradcheck(lambda rows: place(rows).square(), rows)
    assert Placed.apply(rows, 1, 0, torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.parametrize("layer", [torch.nn.Conv2d(3, 4, 3, 2, 1), torch.nn.Conv1d(3, 4, 9, 4, 4)])
def test_critics_layers_are_convolved_alike(layer):
    x = torch.randn(2, 3, 16, 17)[:, :, : 16 if layer.weight.dim() == 4 else 1].squeeze(2)
    torch.testing.assert_close(convolved(layer, x, torch.float32), layer(x))
    assert convolved(layer, x, torch.bfloat16).dtype == torch.bfloat16


def test_a_penalty_on_samples_asks_for_no_kernels_gradient_until_it_is_learnt_from():
    x, kernel, bias = images(2, 3, 1, 20), images(4, 3, 1, 5), torch.zeros(4, dtype=torch.float64, requires_grad=True)
    y = convolve(x, kernel, bias, Form(padding=(0, 2))).sum()
    with Calls() as calls, samples_alone():
        (gradient,) = grad(y, x, create_graph=True)
    assert calls.shapes(aten.convolution_backward) == []
    with Calls() as calls:
        gradient.square().sum().backward()
    assert len(calls.shapes(aten.convolution_backward)) == 1
    assert all(kernel[-1] == 5 for _, kernel, *_ in calls.shapes(aten.convolution))  # torch's own is as long as x


def test_frozen_weights_have_no_gradients_computed():
    x, kernel, bias = images(2, 3, 1, 20), images(4, 3, 1, 5).detach(), torch.zeros(4, dtype=torch.float64)
    with Calls() as calls:
        convolve(x, kernel, bias, Form(padding=(0, 2))).sum().backward()
        spread(x, images(3, 4, 1, 5).detach(), bias, (0, 2)).sum().backward()
    assert calls.shapes(aten.convolution_backward) == []  # the kernel's would be


@pytest.mark.parametrize("labels", [(), ("a", "b")])
def test_real_and_fake_are_judged_as_one_batch_on_a_gpu(as_on_a_gpu, monkeypatch, labels):
    critic, label = build_discriminator(ModelConfig("wavegan", dim=2, labels=labels)), torch.tensor([0, 1])
    real, fake, shifts = torch.randn(2, 1, 16384), torch.randn(2, 1, 16384), torch.tensor([-2, 1, 0, 2, 1, 1, -1, 0])
    judged = []
    for chosen, order in ((False, shifts), (True, shifts.view(2, 4).T.flatten())):
        as_on_a_gpu(chosen)
        left = iter(order)
        draw = lambda low, high, shape, device, left=left: torch.stack([next(left) for _ in range(shape[0])])  # noqa: E731
        with monkeypatch.context() as patch:
            patch.setattr(torch, "randint", draw)
            judged.append(critic.judge_both((real,), (fake,), label if labels else None))
    torch.testing.assert_close(judged[1], judged[0], atol=1e-5, rtol=1e-4)


def test_a_leaky_relu_has_no_second_derivative_to_compute():
    x = torch.randn(20, dtype=torch.float64, requires_grad=True)
    y = LeakyReLU.apply(x, 0.2)
    (first,) = grad(y.square().sum(), x, create_graph=True)
    ours = grad(first.square().sum(), x)[0]
    plain = F.leaky_relu(x, 0.2)
    (first,) = grad(plain.square().sum(), x, create_graph=True)
    assert torch.equal(y, plain)
    assert torch.equal(ours, grad(first.square().sum(), x)[0])
    with Calls() as calls:
        (slope,) = grad(LeakyReLU.apply(x, 0.2), x, torch.ones_like(x).requires_grad_(True), create_graph=True)
        slope.sum().backward()
    assert calls.shapes(aten.zeros_like) == []
    assert x.grad is None


class Flop(TorchDispatchMode):
    """Counts the FLOP of convolutions and matrix products."""

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        count = flop_registry.get(func.overloadpacket)
        self.total += count(*args, **(kwargs or {}), out_val=out) if count else 0
        return out


def test_a_gpus_round_does_the_work_that_the_benchmark_counts(as_on_a_gpu, tmp_path, prepared):
    as_on_a_gpu(True)
    settings = *PAPER, "critic_steps=5", "dim=16", "batch_size=2", "conditional=false", "precision=float32"
    game = trainer(tmp_path / "run", prepared, *settings).game
    passes = []
    for network, given in ((game.generator, game._latents()), (game.discriminator, torch.randn(2, 1, 16384))):
        with torch.no_grad(), Flop() as forward:
            network(given)
        passes.append(forward.total)
    with Flop() as work:
        game.round(0)
    assert work.total == pytest.approx(8 * passes[0] + 52 * passes[1], rel=0.03)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gpus_round_neither_waits_for_it_nor_sends_to_it(as_on_a_gpu, tmp_path, prepared, precision):
    as_on_a_gpu(True)
    game = trainer(tmp_path / "run", prepared, *PAPER, f"precision={precision}").game
    game.round(0)
    with Watch() as watch, Calls() as calls:
        game.round(1)
    assert not watch.seen
    longest = max(kernel[-1] for _, kernel, *_ in calls.shapes(aten.convolution))
    assert longest == 7 + 6 * (game.discriminator.layers[-1].stride == 2)
