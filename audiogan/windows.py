"""Sliding windows and their overlap-add: each is the other's derivative, of every order.

On a GPU, torch's own derivatives of `unfold` and `fold` take longer than both of these together.
"""

import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function


class Windows(Function):
    """A window of `size` numbers every `hop`, beginning `before` earlier, with zeros beyond the edges.

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

    In windows [frames, pieces, hop], the terms of each sum lie on a diagonal: a view, then one sum.
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
