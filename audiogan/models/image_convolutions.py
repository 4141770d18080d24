"""Convolutions whose every derivative is a convolution's forward or backward pass.

In torch's own, a weight gradient in double backward is a convolution with a channel for each clip of the batch and a
kernel as long as a clip. That is slow on a GPU. On a CPU with AMX it is wrong in bfloat16 for even batches below 16:
oneDNN, as of torch 2.11, is wrong there for an even number of channels below 16, a wide kernel and padding.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function

from audiogan.models.derivatives import asked_for_weights, sum_of_rows


class Form(NamedTuple):
    """How a kernel moves over an image: its stride, and the zeros around the image, in (rows, columns) each."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


def convolve(x: Tensor, kernel: Tensor, bias: Tensor, form: Form) -> Tensor:
    """`F.conv2d`.

    Args:
        x: [batch, in, rows, columns]; kernel: [out, in, rows, columns]; bias: [out]; all of one dtype.

    Returns:
        [batch, out, rows, columns]
    """
    return _Convolution.apply(x, kernel, bias, form)


def spread(x: Tensor, kernel: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
    """The transpose of a convolution without stride, with a bias of its own: [batch, out, rows, columns].

    Args:
        x: [batch, in, rows, columns]; kernel: [in, out, rows, columns]; bias: [out]; all of one dtype.
    """
    return _Spread.apply(x, kernel, bias, Form(padding=padding))


def convolved(layer: nn.Conv1d | nn.Conv2d, x: Tensor, dtype: torch.dtype) -> Tensor:
    """The layer's output for x, computed by `convolve` in another dtype."""
    rowless = isinstance(layer, nn.Conv1d)
    x, kernel = (tensor.unsqueeze(2) if rowless else tensor for tensor in (x.to(dtype), layer.weight.to(dtype)))
    form = Form(*((1,) * rowless + layer.stride, (0,) * rowless + layer.padding))
    y = convolve(x, kernel, layer.bias.to(dtype), form)
    return y.squeeze(2) if rowless else y


# Leaving one of the three factors out of sum(g * (x convolved with kernel)) gives y, x's gradient or the kernel's:
# the derivatives of each are the other two.


class _Output(Function):
    """y from x and the kernel."""

    @staticmethod
    def forward(ctx, x: Tensor, kernel: Tensor, form: Form) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.form = form
        return F.conv2d(x, kernel, stride=form.stride, padding=form.padding)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        x, kernel = ctx.saved_tensors
        to_samples = _ToSamples.apply(gradient, kernel, x.shape, ctx.form)
        return to_samples, _ToKernel.apply(x, gradient, kernel.shape, ctx.form), None


class _ToSamples(Function):
    """x's gradient from y's gradient and the kernel."""

    @staticmethod
    def forward(ctx, gradient: Tensor, kernel: Tensor, shape: torch.Size, form: Form) -> Tensor:
        ctx.save_for_backward(gradient, kernel)
        ctx.form = form
        reached = [
            stride * (size - 1) + taps - 2 * padding
            for stride, size, taps, padding in zip(
                form.stride, gradient.shape[2:], kernel.shape[2:], form.padding, strict=True
            )
        ]
        left = [size - end for size, end in zip(shape[2:], reached, strict=True)]  # samples that no window reached
        return F.conv_transpose2d(
            _innermost(gradient), kernel, stride=form.stride, padding=form.padding, output_padding=left
        )

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        gradient, kernel = ctx.saved_tensors
        x = _innermost(x)
        to_kernel = _ToKernel.apply(x, gradient, kernel.shape, ctx.form)
        return _Output.apply(x, kernel, ctx.form), to_kernel, None, None


class _ToKernel(Function):
    """The kernel's gradient from x and y's gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, gradient: Tensor, shape: torch.Size, form: Form) -> Tensor:
        ctx.save_for_backward(x, gradient)
        ctx.form = form
        return torch.nn.grad.conv2d_weight(x, shape, _innermost(gradient), form.stride, form.padding)

    @staticmethod
    def backward(ctx, kernel: Tensor) -> tuple:
        x, gradient = ctx.saved_tensors
        to_samples = _ToSamples.apply(gradient, kernel, x.shape, ctx.form)
        return to_samples, _Output.apply(x, kernel, ctx.form), None, None


class _Convolution(Function):
    """y from x, the kernel and a bias."""

    @staticmethod
    def forward(ctx, x: Tensor, kernel: Tensor, bias: Tensor, form: Form) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.form = form
        return F.conv2d(x, kernel, bias, form.stride, form.padding)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        x, kernel = ctx.saved_tensors
        to_samples = _ToSamples.apply(gradient, kernel, x.shape, ctx.form) if ctx.needs_input_grad[0] else None
        if not asked_for_weights(ctx):
            return to_samples, None, None, None
        return to_samples, _ToKernel.apply(x, gradient, kernel.shape, ctx.form), sum_of_images(gradient), None


class _Spread(Function):
    """The transposed convolution as an output of its own, with a bias."""

    @staticmethod
    def forward(ctx, y: Tensor, kernel: Tensor, bias: Tensor, form: Form) -> Tensor:
        ctx.save_for_backward(y, kernel)
        ctx.form = form
        return F.conv_transpose2d(y, kernel, bias, form.stride, form.padding)

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        y, kernel = ctx.saved_tensors
        x = _innermost(x)
        to_y = _Output.apply(x, kernel, ctx.form) if ctx.needs_input_grad[0] else None
        if not asked_for_weights(ctx):
            return to_y, None, None, None
        return to_y, _ToKernel.apply(x, y, kernel.shape, ctx.form), sum_of_images(x), None


def sum_of_images(images: Tensor) -> Tensor:
    """Each channel's sum over [batch, channels, rows, columns]."""
    return sum_of_rows(images.permute(0, 2, 3, 1).flatten(0, 2))


def _innermost(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)
