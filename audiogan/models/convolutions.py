"""Strided convolutions over time, up and down, in the form that suits their size and what is asked of them."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan.models import short_convolution
from audiogan.models.derivatives import OverlapAdd, Windows, convolve

THIN = 4  # channels on one side up to which a GPU does better with one matrix product a layer
ALIGNED = 8  # numbers to whose multiples a GPU's matrix units want rows padded
WIDE = 128 * 256  # in times out channels from which a CPU does better with one matrix product a layer
WIDE_ENOUGH = 128 * 64  # and from which, where nothing is learned, it does better still with fewer multiplications


class FoldedConv1d(nn.Module):
    """A strided convolution, up or down, computed as a short one without stride on groups of `stride` samples.

    The parameters keep the strided form. In inference mode, where weights stay as they are, what is made of them for a
    computation is kept.

    Folding costs as much as 25 multiplications a weight: little where channels are few and samples many, more than
    the convolution itself where it is the other way round. Wide layers on a CPU are therefore one matrix product of
    the strided weights as they lie, which runs faster there than the library's convolutions, backward above all.
    So are thin ones on an NVIDIA GPU, whose libraries have no convolutions in matrix units for so few channels.
    """

    def __init__(self, shape: tuple[int, int, int], out_channels: int, stride: int):
        super().__init__()
        self.stride, self.padding = stride, (shape[-1] - stride + 1) // 2
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(out_channels))
        nn.init.xavier_uniform_(self.weight)
        self._kept: tuple[nn.Parameter, tuple, Tensor] | None = None

    def multiplies(self, x: Tensor) -> bool:
        """Whether this layer is one matrix product: a question of its sizes and device alone, never of the clock."""
        return x.device.type == "cpu" and self.weight.shape[0] * self.weight.shape[1] >= WIDE

    def is_thin(self, x: Tensor) -> bool:
        """Whether this layer is one product of windows: likewise a question of sizes and device."""
        return on_gpu(x) and min(self.weight.shape[:2]) <= THIN

    def _windows(self, channels: int) -> tuple[int, int, int]:
        """The numbers under a frame that are channels of taps, those from frame to frame and those before it.

        Taps are padded so that rows are.
        """
        taps = _multiple(self.weight.shape[-1], math.lcm(self.stride, ALIGNED))
        return channels * taps, channels * self.stride, channels * self.padding

    def _as_matrix(self, size: int) -> Tensor:
        """The weights, [out or in, size]: taps of channels, zeros behind them."""
        rows = _converted(self.weight.transpose(1, 2), compute_dtype(self.weight)).flatten(1)
        return F.pad(rows, (0, size - rows.shape[1]))

    def kernel(self) -> Tensor:
        """The short convolution's kernel, [out, in, 1, odd taps], channels innermost."""
        if on_gpu(self.weight):
            return self._keep(self._laid_out_at_once, compute_dtype(self.weight))
        return self._keep(self._laid_out)

    def _keep(self, make: Callable[..., Tensor], *key) -> Tensor:
        """`make(*key)` of the weights as they are; what is kept is told apart by its key."""
        if not torch.is_inference_mode_enabled():
            return make(*key)
        if self._kept is None or self._kept[0] is not self.weight or self._kept[1] != key:
            self._kept = (self.weight, key, make(*key))
        return self._kept[2]

    def _laid_out(self) -> Tensor:
        return self._fold()[:, :, None].contiguous(memory_format=torch.channels_last)


class UpConv1d(FoldedConv1d):
    """`ConvTranspose1d(kernel_size=25, stride, padding=(26 - stride) // 2, output_padding=1)`, computed sub-pixel.

    Output phase r of a transposed convolution sees only the taps k = r + padding (mod stride), so the whole is
    one short convolution to `stride` times the channels, whose phases are then read as time. That avoids the
    transposed form's slow backward pass, and makes `stride * time` samples of `time`.

    TensorFlow's SAME pads one sample less on the left than this (Donahue et al.'s code): weights from
    there sit one tap later.

    Where a CPU only plays, wide layers take fewer multiplications for it: `short_convolution`.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 25, stride: int = 4):
        super().__init__((in_channels, out_channels, kernel_size), out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, in_channels, time] to [batch, out_channels, stride * time]."""
        if self.plays(x):
            return self._played(x)
        if self.multiplies(x):
            return self._multiplied(x)
        if self.is_thin(x):
            return self._overlapped(x)
        batch, _, time = x.shape
        x = conv1d_time_major(x, self.kernel(), self.bias.repeat(self.stride))  # [batch, stride * out, time]
        return x.transpose(1, 2).reshape(batch, time * self.stride, -1).transpose(1, 2)

    def plays(self, x: Tensor) -> bool:
        """Whether this layer takes fewer multiplications: in inference mode, as in `multiplies`, in float32 only."""
        plain = x.dtype == torch.float32 and not torch.is_autocast_enabled(x.device.type)
        wide = x.device.type == "cpu" and self.weight.shape[0] * self.weight.shape[1] >= WIDE_ENOUGH
        return wide and plain and torch.is_inference_mode_enabled()

    def _played(self, x: Tensor) -> Tensor:
        """More outputs at a time take fewer multiplications and more memory: that suits layers of many frames."""
        size = 4 if x.shape[2] < 64 else 8
        kernel = self._keep(self._transformed, size)
        y = short_convolution.convolve(x.transpose(1, 2), kernel, self._algorithm(size))  # [batch, time, stride * out]
        return y.unflatten(2, (self.stride, -1)).flatten(1, 2).add_(self.bias).transpose(1, 2)

    def _transformed(self, size: int) -> Tensor:
        return short_convolution.transform(self._fold().permute(2, 1, 0), self._algorithm(size))

    def _algorithm(self, size: int) -> short_convolution.Algorithm:
        reach = _reach(self.weight.shape[-1], self.stride, self.padding)
        return short_convolution.algorithm(size, 2 * reach + 1)

    def _multiplied(self, x: Tensor) -> Tensor:
        """Each frame's contribution to as many samples of each channel as there are taps, then overlap-add."""
        size, time = self.weight.shape[-1], x.shape[-1] * self.stride
        rows = x.transpose(1, 2).flatten(0, 1)  # one product: as one a clip it would copy the weights for each
        columns = (rows @ self.weight.flatten(1)).unflatten(0, (len(x), -1))  # [batch, time, out * taps]
        form = {"stride": (1, self.stride), "padding": (0, self.padding)}
        return F.fold(columns.transpose(1, 2), (1, time), (1, size), **form).squeeze(2) + self.bias[:, None]

    def _overlapped(self, x: Tensor) -> Tensor:
        """The same with channels innermost: windows of [taps, out] numbers."""
        out = len(self.bias)
        form = self._windows(out)
        rows = x.to(compute_dtype(x)).transpose(1, 2) @ self._as_matrix(form[0])  # [batch, time, taps * out]
        y = OverlapAdd.apply(rows, *form).unflatten(1, (-1, out))  # [batch, stride * time, out]
        return (y + self.bias.to(y.dtype)).transpose(1, 2)

    def _fold(self) -> Tensor:
        """[stride * out, in, taps] of y[stride * m + r] = sum over d of x[m - d] w[stride * d + r + padding].

        A convolution's taps run against d, hence the flip.
        """
        taps = _folded(self.weight, self.stride, self.padding)  # [in, out, taps, stride]
        return taps.permute(3, 1, 0, 2).flatten(0, 1).flip(-1)

    def _laid_out_at_once(self, dtype: torch.dtype) -> Tensor:
        """The kernel in another format from as few and small copies as there can be."""
        taps = _converted(self.weight.permute(2, 1, 0), dtype).flatten()  # [taps * out * in]
        rows, around = _rows(self.weight.shape[-1], self.stride, self.padding)
        taps = F.pad(taps, [self.weight[..., 0].numel() * count for count in around])
        taps = taps.view(rows, self.stride * len(self.bias), -1).flip(0)  # [rows, stride * out, in]
        return taps.permute(1, 2, 0)[:, :, None].contiguous(memory_format=torch.channels_last)


class DownConv1d(FoldedConv1d):
    """`Conv1d(kernel_size=25, stride, padding=(26 - stride) // 2)` with the stride folded into channels.

    Each group of `stride` samples becomes one frame, in which a short convolution without stride does the work.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int = 25, stride: int = 4):
        super().__init__((out_channels, in_channels, kernel_size), out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, in_channels, time] to [batch, out_channels, time / stride]."""
        if self.multiplies(x):
            return self._multiplied(x)
        if self.is_thin(x):
            return self._windowed(x)
        batch, _, time = x.shape
        x = x.transpose(1, 2).reshape(batch, time // self.stride, -1).transpose(1, 2)  # [batch, stride * in, frames]
        return conv1d_time_major(x, self.kernel(), self.bias)

    def _multiplied(self, x: Tensor) -> Tensor:
        """The 25 samples of each channel under each output frame side by side, then one product."""
        rows = F.pad(x, (self.padding, self.padding)).unfold(2, self.weight.shape[-1], self.stride)
        rows = rows.transpose(1, 2).flatten(2)  # [batch, frames, in * 25]
        return F.linear(rows, self.weight.flatten(1), self.bias).transpose(1, 2)

    def _windowed(self, x: Tensor) -> Tensor:
        """The same with channels innermost: windows of [taps, in] numbers."""
        form = self._windows(x.shape[1])
        x = x.to(compute_dtype(x)).transpose(1, 2).flatten(1)  # [batch, time * in]
        rows = Windows.apply(x, *form)  # [batch, frames, taps * in]
        return F.linear(rows, self._as_matrix(form[0]), self.bias.to(x.dtype)).transpose(1, 2)

    def _fold(self) -> Tensor:
        """[out, stride * in, taps] of y[m] = sum over k of x[stride * m + k - padding] w[k]."""
        taps = _folded(self.weight, self.stride, self.padding)  # [out, in, taps, stride]
        return taps.permute(0, 3, 1, 2).flatten(1, 2)

    def _laid_out_at_once(self, dtype: torch.dtype) -> Tensor:
        """The kernel in another format from as few and small copies as there can be."""
        taps = _converted(self.weight.transpose(1, 2), dtype).flatten(1)  # [out, taps * in]
        rows, around = _rows(self.weight.shape[-1], self.stride, self.padding)
        taps = F.pad(taps, [self.weight.shape[1] * count for count in around])
        return taps.unflatten(1, (rows, -1)).transpose(1, 2)[:, :, None]  # [out, stride * in, 1, rows]


def _folded(weight: Tensor, stride: int, padding: int) -> Tensor:
    """A kernel's taps in rows of `stride`, the tap at `padding` first of the middle row: [..., rows, stride]."""
    rows, around = _rows(weight.shape[-1], stride, padding)
    return F.pad(weight, around).unflatten(-1, (rows, stride))


def _rows(size: int, stride: int, padding: int) -> tuple[int, tuple[int, int]]:
    """How many rows of `stride` taps there are, and how many zeros before and after a kernel's own."""
    reach = _reach(size, stride, padding)
    before = reach * stride - padding
    return 2 * reach + 1, (before, (2 * reach + 1) * stride - before - size)


def _reach(size: int, stride: int, padding: int) -> int:
    """Taps of a folded kernel on either side of its middle one."""
    return max(math.ceil(padding / stride), (size - 1 - padding) // stride)


def conv1d_time_major(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolution that keeps the length, with channels innermost in memory: then (un)folding time is a view.

    Args:
        x: [batch, in, time]; kernel: [out, in, 1, odd taps].

    Returns:
        [batch, out, time], a transposed view of [batch, time, out].
    """
    if on_gpu(x):
        dtype = compute_dtype(x)
        return convolve(_channels_innermost(x.to(dtype)), kernel.to(dtype), bias.to(dtype)).squeeze(2)
    return F.conv2d(_channels_innermost(x), kernel, bias, padding=(0, kernel.shape[-1] // 2)).squeeze(2)


def on_gpu(x: Tensor) -> bool:
    return x.device.type == "cuda"


def compute_dtype(x: Tensor) -> torch.dtype:
    """The format that autocast would compute in."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype


def _converted(x: Tensor, dtype: torch.dtype) -> Tensor:
    """In another format and in the order of its axes, by one copy."""
    return x.to(dtype, memory_format=torch.contiguous_format)


def _channels_innermost(x: Tensor) -> Tensor:
    """[batch, in, time] to [batch, in, 1, time]."""
    return x[:, :, None].contiguous(memory_format=torch.channels_last)


def _multiple(number: int, step: int) -> int:
    """The next multiple of the step."""
    return -(-number // step) * step
