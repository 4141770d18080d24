"""Strided convolutions over time, up and down, each computed in the fastest form for its size, device and use."""

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan.models import short_convolution
from audiogan.models.derivatives import affine
from audiogan.models.folding import FoldedConv1d, compute_dtype, conv1d_time_major, on_gpu
from audiogan.windows import OverlapAdd, Windows

WIDE_ENOUGH = 128 * 64  # in times out channels from which a CPU uses `short_convolution` for inference


class UpConv1d(FoldedConv1d):
    """`ConvTranspose1d(kernel_size=25, stride, padding=(26 - stride) // 2, output_padding=1)`, computed sub-pixel.

    Output phase r of a transposed convolution sees only the taps k = r + padding (mod stride), so the layer is
    one short convolution to `stride` times the channels, whose phases are then interleaved in time. That avoids the
    transposed form's slow backward pass, and turns `time` samples into `stride * time`.

    TensorFlow's SAME, in Donahue et al.'s code, pads one sample less on the left: its weights sit one tap later.

    For inference on a CPU, wide layers save multiplications with `short_convolution`.
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
        bias = self.bias.repeat(self.stride)
        x = conv1d_time_major(x, self.kernel(), bias, transposed=on_gpu(x))  # [batch, stride * out, time]
        return x.transpose(1, 2).reshape(batch, time * self.stride, -1).transpose(1, 2)

    def plays(self, x: Tensor) -> bool:
        """Whether to use `short_convolution`: for wide layers on a CPU, in float32 and inference mode."""
        plain = x.dtype == torch.float32 and not torch.is_autocast_enabled(x.device.type)
        wide = x.device.type == "cpu" and self.weight.shape[0] * self.weight.shape[1] >= WIDE_ENOUGH
        return wide and plain and torch.is_inference_mode_enabled()

    def _played(self, x: Tensor) -> Tensor:
        """By `short_convolution`; more outputs at a time save multiplications but take memory, and suit many frames."""
        time = x.shape[2]
        size = 4 if time < 64 else 8
        kernel = self._keep(self._transformed, size, time, torch.get_num_threads())
        y = short_convolution.convolve(x.transpose(1, 2), kernel, self._algorithm(size))  # [batch, time, stride * out]
        return y.unflatten(2, (self.stride, -1)).flatten(1, 2).add_(self.bias).transpose(1, 2)

    def _transformed(self, size: int, time: int, _threads: int) -> Tensor:
        return short_convolution.transform(self._fold().permute(2, 1, 0), self._algorithm(size), time)

    def _algorithm(self, size: int) -> short_convolution.Algorithm:
        return short_convolution.algorithm(size, self._rows()[0])

    def _multiplied(self, x: Tensor) -> Tensor:
        """By one matrix product: each frame's contribution to `taps` samples of each channel; then overlap-add."""
        size, time = self.weight.shape[-1], x.shape[-1] * self.stride
        rows = x.transpose(1, 2).flatten(0, 1)  # one product for all: a batched one would copy the weights per clip
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
        taps = self._folded()  # [in, out, taps, stride]
        return taps.permute(3, 1, 0, 2).flatten(0, 1).flip(-1)


class DownConv1d(FoldedConv1d):
    """`Conv1d(kernel_size=25, stride, padding=(26 - stride) // 2)` with the stride folded into channels.

    Each group of `stride` samples becomes one frame; a short convolution without stride then runs over the frames.
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
        """By one matrix product, with each channel's 25 samples under an output frame side by side."""
        rows = F.pad(x, (self.padding, self.padding)).unfold(2, self.weight.shape[-1], self.stride)
        rows = rows.transpose(1, 2).flatten(2)  # [batch, frames, in * 25]
        return F.linear(rows, self.weight.flatten(1), self.bias).transpose(1, 2)

    def _windowed(self, x: Tensor) -> Tensor:
        """The same with channels innermost: windows of [taps, in] numbers."""
        form = self._windows(x.shape[1])
        x = x.to(compute_dtype(x)).transpose(1, 2).flatten(1)  # [batch, time * in]
        rows = Windows.apply(x, *form)  # [batch, frames, taps * in]
        return affine(rows, self._as_matrix(form[0]), self.bias.to(x.dtype)).transpose(1, 2)

    def _fold(self) -> Tensor:
        """[out, stride * in, taps] of y[m] = sum over k of x[stride * m + k - padding] w[k]."""
        taps = self._folded()  # [out, in, taps, stride]
        return taps.permute(0, 3, 1, 2).flatten(1, 2)
