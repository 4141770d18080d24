"""Operations whose first and second derivatives a GPU computes as fast as the operations themselves.

What torch derives is right, and slow: a convolution's weight gradient in double backward is a convolution whose kernel
is as long as the clip, and a piecewise linear function's second derivative is a tensor of zeros that then goes back
through the whole network.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function


class Form(NamedTuple):
    """How a kernel moves over an image: rows and columns at a time, and zeros around the image."""

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


def convolve(x: Tensor, kernel: Tensor, bias: Tensor, form: Form) -> Tensor:
    """Convolution each derivative of which is a convolution's forward or backward.

    The idea is Karras et al.'s (StyleGAN2-ADA, conv2d_gradfix). A Function cannot see which of its gradients are
    asked for, and a gradient penalty asks for the samples' alone: the kernel's gradient is hence the bias's business,
    which nobody reaches then.

    Args:
        x: [batch, in, rows, columns]; kernel: [out, in, rows, columns]; bias: [out]; all of one dtype.

    Returns:
        [batch, out, rows, columns]
    """
    y = _OutputOfSamples.apply(x, kernel, form)
    return y + _Bias.apply(bias, kernel, (x, None), y.shape, form)


def spread(x: Tensor, kernel: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
    """The transpose of such a convolution without stride, with a bias of its own: [batch, out, rows, columns].

    Args:
        x: [batch, in, rows, columns]; kernel: [in, out, rows, columns]; bias: [out]; all of one dtype.
    """
    form = Form(padding=padding)
    height, width = (x.shape[2 + i] + kernel.shape[2 + i] - 1 - 2 * padding[i] for i in range(2))
    shape = torch.Size((len(x), kernel.shape[1], height, width))
    y = _SamplesOfOutput.apply(x, kernel, shape, form)
    return y + _Bias.apply(bias, kernel, (None, x), shape, form)


def convolved(layer: nn.Conv1d | nn.Conv2d, x: Tensor, dtype: torch.dtype) -> Tensor:
    """What the layer makes of x, computed in another format by `convolve`."""
    rowless = isinstance(layer, nn.Conv1d)
    x, kernel = (tensor.unsqueeze(2) if rowless else tensor for tensor in (x.to(dtype), layer.weight.to(dtype)))
    form = Form(*((1,) * rowless + layer.stride, (0,) * rowless + layer.padding))
    y = convolve(x, kernel, layer.bias.to(dtype), form)
    return y.squeeze(2) if rowless else y


# Output y, x's gradient and the kernel's are the three ways to leave one out of sum(g * (x convolved with kernel)):
# each one's derivatives are the other two.


class _Output(Function):
    """y of x and kernel."""

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
    """x's gradient of y's and the kernel."""

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
    """The kernel's gradient of x and y's."""

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


class _OutputOfSamples(_Output):
    """y of which only x learns."""

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        x, kernel = ctx.saved_tensors
        learns = ctx.needs_input_grad[0]
        return _ToSamples.apply(gradient, kernel, x.shape, ctx.form) if learns else None, None, None


class _SamplesOfOutput(_ToSamples):
    """x of which only y learns."""

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        learns = ctx.needs_input_grad[0]
        return _Output.apply(_innermost(x), ctx.saved_tensors[1], ctx.form) if learns else None, None, None, None


class _Bias(Function):
    """The bias [out] in y's shape, or x's where that is what comes out, through which bias and kernel learn.

    The other of the two comes in a tuple: as an argument of its own it would lead those who ask for its gradient
    through here.
    """

    @staticmethod
    def forward(ctx, bias: Tensor, kernel: Tensor, known: tuple, shape: torch.Size, form: Form) -> Tensor:
        ctx.samples = known[0] is not None
        ctx.save_for_backward(known[0] if ctx.samples else known[1])
        ctx.form, ctx.shape = form, kernel.shape
        return bias[:, None, None].expand(shape)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        (known,) = ctx.saved_tensors
        pair = (known, gradient) if ctx.samples else (gradient, known)
        return sum_of_rows(gradient), _ToKernel.apply(*pair, ctx.shape, ctx.form), None, None, None


def sum_of_rows(images: Tensor) -> Tensor:
    """Each channel's sum over [batch, channels, rows, columns].

    Where channels are innermost in memory a GPU takes a tenth of the time for a product with ones, and in bfloat16 adds
    as exactly.
    """
    if images.dtype != torch.bfloat16:
        return images.sum((0, 2, 3))
    rows = images.permute(0, 2, 3, 1).flatten(0, 2)  # [batch * rows * columns, channels]
    return (rows.new_ones(1, len(rows)) @ rows)[0]


def _innermost(images: Tensor) -> Tensor:
    return images.contiguous(memory_format=torch.channels_last)


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
