"""Operations whose first and second derivatives a GPU computes as fast as the operations themselves.

What torch derives is right, and slow: a convolution's weight gradient in double backward is a convolution whose kernel
is as long as the clip, an index's gradient is a sum of atomics, and a piecewise linear function's second derivative is
a tensor of zeros that then goes back through the whole network.
"""

import functools
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function


def convolve(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolution over time that keeps the length, each derivative of which is a convolution's forward or backward.

    The idea is Karras et al.'s (StyleGAN2-ADA, conv2d_gradfix). A Function cannot see which of its gradients are
    asked for, and a gradient penalty asks for the samples' alone: the kernel's gradient is hence the bias's business,
    which nobody reaches then.

    Args:
        x: [batch, in, 1, time]; kernel: [out, in, 1, odd taps]; bias: [out]; all of one dtype, channels innermost.

    Returns:
        [batch, out, 1, time]
    """
    return _OfSamples.apply(x, kernel) + _OfWeights.apply(bias, kernel, (x,))


def _padding(kernel_shape: tuple[int, ...]) -> tuple[int, int]:
    return 0, kernel_shape[-1] // 2


# Output y, x's gradient and the kernel's are the three ways to leave one out of sum(g * (x convolved with kernel)):
# each one's derivatives are the other two.


class _Output(Function):
    """[batch, out, 1, time] of x [batch, in, 1, time] and kernel [out, in, 1, taps]."""

    @staticmethod
    def forward(ctx, x: Tensor, kernel: Tensor) -> Tensor:
        ctx.save_for_backward(x, kernel)
        return F.conv2d(x, kernel, padding=_padding(kernel.shape))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        x, kernel = ctx.saved_tensors
        return _ToSamples.apply(gradient, kernel), _ToKernel.apply(x, gradient, kernel.shape)


class _OfSamples(_Output):
    """The same, that only x learns from."""

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return _ToSamples.apply(gradient, ctx.saved_tensors[1]) if ctx.needs_input_grad[0] else None, None


class _OfWeights(Function):
    """The bias [out] as [batch, out, 1, time], through which bias and kernel learn.

    x comes in a tuple: as an argument of its own it would lead those who ask for its gradient through here.
    """

    @staticmethod
    def forward(ctx, bias: Tensor, kernel: Tensor, samples: tuple[Tensor]) -> Tensor:
        (x,) = samples
        ctx.save_for_backward(x)
        ctx.shape = kernel.shape
        return bias[:, None, None].expand(len(x), -1, 1, x.shape[-1])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return gradient.sum((0, 2, 3)), _ToKernel.apply(ctx.saved_tensors[0], gradient, ctx.shape), None


class _ToSamples(Function):
    """[batch, in, 1, time] of y's gradient and the kernel."""

    @staticmethod
    def forward(ctx, gradient: Tensor, kernel: Tensor) -> Tensor:
        ctx.save_for_backward(gradient, kernel)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return F.conv_transpose2d(gradient, kernel, padding=_padding(kernel.shape))

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        gradient, kernel = ctx.saved_tensors
        x = x.contiguous(memory_format=torch.channels_last)
        return _Output.apply(x, kernel), _ToKernel.apply(x, gradient, kernel.shape)


class _ToKernel(Function):
    """[out, in, 1, taps] of x and y's gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, gradient: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(x, gradient)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return torch.nn.grad.conv2d_weight(x, shape, gradient, padding=_padding(shape))

    @staticmethod
    def backward(ctx, kernel: Tensor) -> tuple:
        x, gradient = ctx.saved_tensors
        return _ToSamples.apply(gradient, kernel), _Output.apply(x, kernel), None


class Windows(Function):
    """Every `hop` numbers the `size` around them, of which `before` come before: zeros beyond the edges.

    [batch, length] to [batch, length // hop, size]; `size` is a multiple of `hop`.
    """

    @staticmethod
    def forward(ctx, x: Tensor, size: int, hop: int, before: int) -> Tensor:
        ctx.form = size, hop, before
        after = size - hop - before
        return F.pad(x, (before, after)).unfold(1, size, hop).contiguous()

    @staticmethod
    def backward(ctx, windows: Tensor) -> tuple:
        return OverlapAdd.apply(windows, *ctx.form), None, None, None


class OverlapAdd(Function):
    """The transpose of `Windows`: [batch, frames, size] summed where windows overlap, to [batch, frames * hop].

    In windows [frames, pieces, hop], what adds up lies on diagonals: a view, then one sum.
    """

    @staticmethod
    def forward(ctx, windows: Tensor, size: int, hop: int, before: int) -> Tensor:
        ctx.form = size, hop, before
        batch, frames, _ = windows.shape
        others = size // hop - 1
        padded = F.pad(windows, (0, 0, others, others)).contiguous()  # [batch, frames + 2 others, size]
        strides = (frames + 2 * others) * size, size, size - hop, 1
        diagonals = padded.as_strided((batch, frames + others, others + 1, hop), strides, others * hop)
        return diagonals.sum(2, dtype=windows.dtype).flatten(1)[:, before : before + frames * hop]

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        return Windows.apply(x, *ctx.form), None, None, None


class Reading(NamedTuple):
    """Who reads whom before a shift, which is added or taken away: made once, since each would be a kernel's start."""

    place: Tensor  # [time], 0 to last
    reflected: Tensor  # [time + 2 most], the places -most to last + most as reflected at the edges
    near: Tensor  # [near], places that an edge concerns
    readers: Tensor  # [3, near], which reads these: directly, mirrored at the start, at the end


@functools.lru_cache
def reading(time: int, most: int, device: torch.device) -> Reading:
    place, last = torch.arange(time, device=device), time - 1
    reflected = last - (last - torch.arange(-most, time + most, device=device).abs()).abs()
    near = place if time <= 2 * (most + 1) else torch.cat([place[: most + 1], place[last - most :]])
    nobody = -2 * time  # what lies on an edge is its own mirror image, and read once
    mirrored = (2 * edge - near for edge in (0, last))
    mirrored = (image.masked_fill(image == near, nobody) for image in mirrored)
    return Reading(place, reflected, near, torch.stack([near, *mirrored]))


class Shift(Function):
    """x [batch, time, channels] read `shift` samples later, of -most to most, reflected at the edges.

    `shift` is [parts]: one for each of as many equal parts of the batch.
    """

    @staticmethod
    def forward(ctx, x: Tensor, shift: Tensor, most: int) -> Tensor:
        ctx.save_for_backward(shift)
        ctx.most, table = most, reading(x.shape[1], most, x.device)
        place = table.place + (shift + most)[:, None]  # [parts, time]
        return _read(x, table.reflected.index_select(0, place.flatten()).view_as(place))

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return ShiftBack.apply(gradient, *ctx.saved_tensors, ctx.most), None, None


class ShiftBack(Function):
    """The transpose of `Shift`, without its atomics.

    A sample was read once, by its place less the shift, unless it is near an edge: there by nobody, one or two.
    """

    @staticmethod
    def forward(ctx, gradient: Tensor, shift: Tensor, most: int) -> Tensor:
        ctx.save_for_backward(shift)
        ctx.most, table, last = most, reading(gradient.shape[1], most, gradient.device), gradient.shape[1] - 1
        x = _read(gradient, (table.place - shift[:, None]).clamp_(0, last))
        readers = table.readers - shift[:, None, None]  # [parts, 3, near]
        inside = readers.clamp(0, last)
        near = _read(gradient, inside.flatten(1)).view(len(shift), -1, *inside.shape[1:], x.shape[2])
        near.masked_fill_((readers != inside)[:, None, ..., None], 0)
        return x.index_copy_(1, table.near, near.sum(2, dtype=x.dtype).flatten(0, 1))

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        return Shift.apply(x, *ctx.saved_tensors, ctx.most), None, None


def _read(x: Tensor, place: Tensor) -> Tensor:
    """What lies at the places [parts, places] of each part of the batch: [batch, places, channels]."""
    y = x.new_empty(len(x), place.shape[1], x.shape[2])
    for source, target, places in zip(x.chunk(len(place)), y.chunk(len(place)), place, strict=True):
        torch.index_select(source, 1, places, out=target)
    return y


class LeakyReLU(Function):
    """`F.leaky_relu`, whose second derivative is nothing, not zeros to be taken back through all layers before it."""

    @staticmethod
    def forward(ctx, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.slope = slope
        return F.leaky_relu(x, slope)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        (x,) = ctx.saved_tensors
        return torch.ops.aten.leaky_relu_backward(gradient, x.detach(), ctx.slope, False), None
