"""Operations whose first and second derivatives a GPU computes as fast as the operations themselves.

Torch's own derivatives are correct but slow: a sum over rows has too few columns to fill a GPU, and a piecewise linear
function's second derivative is a tensor of zeros that still propagates through the whole network.
"""

import contextlib
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

_asked = {"weights": True}  # shared by all threads: autograd runs one per device


@contextlib.contextmanager
def samples_alone() -> Iterator[None]:
    """Within this block, gradients reach samples but no weights: all that a penalty needs, at half the work.

    No other thread may train meanwhile. The switch is global because a Function cannot see which of its gradients are
    needed (an idea of Karras et al., StyleGAN2-ADA, conv2d_gradfix).
    """
    before, _asked["weights"] = _asked["weights"], False
    try:
        yield
    finally:
        _asked["weights"] = before


def asked_for_weights(ctx) -> bool:
    """Whether a Function's backward must return gradients of its second and third argument, weight and bias."""
    return _asked["weights"] and any(ctx.needs_input_grad[1:3])


def affine(rows: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
    """`F.linear` with all arguments in one dtype: [..., in], [out, in] and [out] to [..., out]."""
    return _Affine.apply(rows, matrix, bias)


class _Affine(Function):
    """`F.linear`."""

    @staticmethod
    def forward(ctx, rows: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(rows, matrix)
        return F.linear(rows, matrix, bias)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        rows, matrix = ctx.saved_tensors
        to_rows = gradient @ matrix if ctx.needs_input_grad[0] else None
        if not asked_for_weights(ctx):
            return to_rows, None, None
        gradient = gradient.flatten(0, -2)
        return to_rows, gradient.T @ rows.flatten(0, -2), sum_of_rows(gradient)


def sum_of_rows(rows: Tensor) -> Tensor:
    """[rows, columns] to [columns]; in bfloat16 by a product with ones, which takes a GPU a tenth of the time."""
    if rows.dtype != torch.bfloat16:
        return rows.sum(0)
    return (rows.new_ones(1, len(rows)) @ rows)[0]


class Placed(Function):
    """Rows [rows, columns] padded with zeros and converted to another dtype in one copy."""

    @staticmethod
    def forward(ctx, rows: Tensor, before: int, after: int, dtype: torch.dtype) -> Tensor:
        ctx.form = before, after, rows.dtype
        y = rows.new_zeros(len(rows), before + rows.shape[1] + after, dtype=dtype)
        y[:, before : before + rows.shape[1]].copy_(rows)
        return y

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return Taken.apply(gradient, *ctx.form), None, None, None


class Taken(Function):
    """The transpose of `Placed`."""

    @staticmethod
    def forward(ctx, x: Tensor, before: int, after: int, dtype: torch.dtype) -> Tensor:
        ctx.form = before, after, x.dtype
        return x[:, before : x.shape[1] - after].to(dtype, copy=True)

    @staticmethod
    def backward(ctx, rows: Tensor) -> tuple:
        return Placed.apply(rows, *ctx.form), None, None, None


class LeakyReLU(Function):
    """`F.leaky_relu` without a second derivative, instead of zeros that propagate back through all earlier layers."""

    @staticmethod
    def forward(ctx, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.slope = slope
        return F.leaky_relu(x, slope)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        (x,) = ctx.saved_tensors
        return torch.ops.aten.leaky_relu_backward(gradient, x.detach(), ctx.slope, False), None
