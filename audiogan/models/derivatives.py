"""Operations whose first and second derivatives a GPU computes as fast as the operations themselves.

What torch derives is right, and slow: a convolution's weight gradient in double backward is a convolution whose kernel
is as long as the clip, and a piecewise linear function's second derivative is a tensor of zeros that then goes back
through the whole network.
"""

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
