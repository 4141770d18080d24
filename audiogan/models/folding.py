"""Strided convolutions as short ones without stride, and the dtypes and layouts that a device computes them in."""

import contextlib
import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan.models.derivatives import Placed
from audiogan.models.image_convolutions import Form, convolve, spread

THIN = 4  # channels on one side up to which a GPU is faster with one matrix product per layer
ALIGNED = 8  # a GPU's matrix units want row lengths to be multiples of this
WIDE = 128 * 256  # in times out channels from which a CPU is faster with one matrix product per layer


class FoldedConv1d(nn.Module):
    """A strided convolution, up or down, computed as a short one without stride on groups of `stride` samples.

    The parameters keep the strided form. On an NVIDIA GPU the second of their channel axes is innermost in memory, so
    that one copy makes the short kernel. Tensors derived from the weights are cached while these cannot change: in
    inference mode, and while the network is `at_rest`.

    Folding costs as much as 25 multiplications per weight: little with few channels and many samples, more than the
    convolution itself with many channels and few samples. Wide layers on a CPU are therefore one matrix product with
    the strided weights, which is faster there than the library's convolutions, above all in the backward pass. So are
    thin layers on an NVIDIA GPU, whose libraries have no convolutions in matrix units for so few channels.
    """

    def __init__(self, shape: tuple[int, int, int], out_channels: int, stride: int):
        super().__init__()
        self.stride, self.padding = stride, (shape[-1] - stride + 1) // 2
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.xavier_uniform_(self.weight)
        self._kept: dict[tuple, Tensor] = {}
        self._kept_of: tuple[nn.Parameter | None] = (None,)  # in a tuple, or the module would register it
        self._rests = False

    def _apply(self, fn: Callable, recurse: bool = True) -> "FoldedConv1d":
        """Moves to a device and changes of dtype go through here: see `nn.Module`."""
        super()._apply(fn, recurse)
        self._kept.clear()
        if on_gpu(self.weight):
            self.weight.data = self.weight.data.transpose(1, 2).contiguous().transpose(1, 2)
        return self

    def __getstate__(self) -> dict:
        """Leave the cache out of copies."""
        return {**self.__dict__, "_kept": {}}

    def multiplies(self, x: Tensor) -> bool:
        """Whether to compute this layer as one matrix product: depends on its size and device, never on timing."""
        return x.device.type == "cpu" and self.weight.shape[0] * self.weight.shape[1] >= WIDE

    def is_thin(self, x: Tensor) -> bool:
        """Whether to compute this layer as one product of windows: likewise depends on its size and device."""
        return on_gpu(x) and min(self.weight.shape[:2]) <= THIN

    def _windows(self, channels: int) -> tuple[int, int, int]:
        """Size, hop and left padding of windows over `channels` interleaved channels, in numbers: see `Windows`.

        The number of taps is rounded up to align rows.
        """
        taps = _multiple(self.weight.shape[-1], math.lcm(self.stride, ALIGNED))
        return channels * taps, channels * self.stride, channels * self.padding

    def _as_matrix(self, size: int) -> Tensor:
        """The weights, [out or in, size]: taps of channels, then zeros."""
        return self._keep(self._placed, 0, size - self.weight[0].numel(), compute_dtype(self.weight))

    def _placed(self, before: int, after: int, dtype: torch.dtype) -> Tensor:
        """The weights in another dtype, padded with zeros: [first, before + taps * second + after]."""
        return Placed.apply(self.weight.transpose(1, 2).flatten(1), before, after, dtype)

    def kernel(self) -> Tensor:
        """The short kernel, channels innermost: `_laid_out_at_once` on a GPU, else [out, in, 1, odd taps]."""
        if on_gpu(self.weight):
            return self._keep(self._laid_out_at_once, compute_dtype(self.weight))
        return self._keep(self._laid_out)

    def _keep(self, make: Callable[..., Tensor], *key) -> Tensor:
        """`make(*key)`, cached while the weights cannot change: in inference mode, or `at_rest`."""
        if not (torch.is_inference_mode_enabled() or self._rests):
            return make(*key)
        if self._kept_of[0] is not self.weight:
            self._kept.clear()
            self._kept_of = (self.weight,)
        learns = torch.is_grad_enabled() and self.weight.requires_grad
        name = (make.__name__, learns, *key)
        if name not in self._kept:
            self._kept[name] = make(*key)
        return self._kept[name]

    def _laid_out_at_once(self, dtype: torch.dtype) -> Tensor:
        """The short kernel of a convolution or its transpose, in memory order: [first, stride * second, 1, taps]."""
        rows, around = self._rows()
        taps = self._placed(*(self.weight.shape[1] * count for count in around), dtype)
        return taps.unflatten(1, (rows, -1)).transpose(1, 2)[:, :, None]

    def _laid_out(self) -> Tensor:
        return self._fold()[:, :, None].contiguous(memory_format=torch.channels_last)

    def _folded(self) -> Tensor:
        """The kernel's taps in rows of `stride`, the middle row starting at tap `padding`: [..., rows, stride]."""
        rows, around = self._rows()
        return F.pad(self.weight, around).unflatten(-1, (rows, self.stride))

    def _rows(self) -> tuple[int, tuple[int, int]]:
        """How many rows of `stride` taps there are, and how many zeros before and after the kernel's own."""
        rows = 2 * self._reach() + 1
        before = self._reach() * self.stride - self.padding
        return rows, (before, rows * self.stride - before - self.weight.shape[-1])

    def _reach(self) -> int:
        """Taps of the folded kernel on either side of its middle one."""
        return max(math.ceil(self.padding / self.stride), (self.weight.shape[-1] - 1 - self.padding) // self.stride)


@contextlib.contextmanager
def at_rest(network: nn.Module) -> Iterator[None]:
    """Within this block the network's weights must not change, so its layers derive tensors from them only once.

    Gradients of every use meet in those tensors, so one backward pass must serve them all.
    """
    layers = [module for module in network.modules() if isinstance(module, FoldedConv1d)]
    for layer in layers:
        layer._kept.clear()
        layer._rests = True
    try:
        yield
    finally:
        for layer in layers:
            layer._kept.clear()
            layer._rests = False


def conv1d_time_major(x: Tensor, kernel: Tensor, bias: Tensor, transposed: bool = False) -> Tensor:
    """Length-preserving convolution with channels innermost in memory, so that (un)folding time is a view.

    Args:
        x: [batch, in, time]; kernel: [out, in, 1, odd taps].
        transposed: the kernel is [in, out, 1, odd taps], and its taps run the other way.

    Returns:
        [batch, out, time], a transposed view of [batch, time, out].
    """
    images, padding = _channels_innermost(x), (0, kernel.shape[-1] // 2)
    images, kernel, bias = (tensor.to(compute_dtype(x)) for tensor in (images, kernel, bias))
    if transposed:
        return spread(images, kernel, bias, padding).squeeze(2)
    return convolve(images, kernel, bias, Form(padding=padding)).squeeze(2)


def on_gpu(x: Tensor) -> bool:
    return x.device.type == "cuda"


def compute_dtype(x: Tensor) -> torch.dtype:
    """The dtype that autocast would compute in."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype


def _channels_innermost(x: Tensor) -> Tensor:
    """[batch, in, time] to [batch, in, 1, time]."""
    return x[:, :, None].contiguous(memory_format=torch.channels_last)


def _multiple(number: int, step: int) -> int:
    """The next multiple of the step."""
    return -(-number // step) * step
