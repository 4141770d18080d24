"""Shifts that reflect at the edges, and their transpose: each is the other's derivative, of every order.

Torch's own derivative of indexing adds by atomics, which takes a GPU longer than the layers in between.
"""

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function


class Table(NamedTuple):
    """Which place reads which, for each shift from -most to most: computed once, to save kernel launches."""

    place: Tensor  # [shifts, 2, time], the place that each reads, and the place that reads each away from edges
    near: Tensor  # [near], places near an edge
    reads: Tensor  # [shifts, near, readers], 1 where a reader near an edge reads such a place


class Places(NamedTuple):
    """A batch's shifts: a table's entries for each part of the batch."""

    ahead: Tensor  # [parts, time]
    back: Tensor  # [parts, time]
    near: Tensor  # [near]
    reads: Tensor  # [parts, 1, near, readers]
    reach: int  # readers lie within this distance of an edge


@functools.lru_cache
def table(time: int, most: int, device: torch.device) -> Table:
    place, last = torch.arange(time, device=device), time - 1
    shifted = place + torch.arange(-most, most + 1, device=device)[:, None]
    ahead = last - (last - shifted.abs()).abs()
    back = shifted.flip(0).clamp(0, last)
    near, reading = _edges(place, most + 1), _edges(ahead, 2 * most + 1)
    reads = (reading[:, None] == near[:, None]).float()
    return Table(torch.stack([ahead, back], dim=1), near, reads)


def places(x: Tensor, shift: Tensor, most: int) -> Places:
    """Where to read x [batch, time, channels] for a shift of -most to most samples, reflected at the edges.

    `shift` is [parts], one for each of that many equal parts of the batch: each place reads `shift` samples later.
    """
    known, number = table(x.shape[1], most, x.device), shift + most
    ahead, back = known.place.index_select(0, number).unbind(1)
    return Places(ahead, back, known.near, known.reads.index_select(0, number)[:, None], 2 * most + 1)


class Shift(Function):
    """x [batch, time, channels] read at its `places`."""

    @staticmethod
    def forward(ctx, x: Tensor, where: Places) -> Tensor:
        ctx.where = where
        return _read(x, where.ahead)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return ShiftBack.apply(gradient, ctx.where), None


class ShiftBack(Function):
    """The transpose of `Shift`, without atomics.

    Each sample was read once, by its place minus the shift; near an edge, by no place, one or two.
    """

    @staticmethod
    def forward(ctx, gradient: Tensor, where: Places) -> Tensor:
        ctx.where = where
        reading = _edges(gradient, where.reach, dim=1).unflatten(0, (len(where.reads), -1))
        with torch.autocast(gradient.device.type, enabled=False):
            near = where.reads.to(gradient.dtype) @ reading  # [parts, batch / parts, near, channels]
        return _read(gradient, where.back).index_copy_(1, where.near, near.flatten(0, 1))

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        return Shift.apply(x, ctx.where), None


def _edges(x: Tensor, width: int, dim: int = -1) -> Tensor:
    """The first and the last `width` places; all if these would overlap."""
    size = x.shape[dim]
    return x if size <= 2 * width else torch.cat([x.narrow(dim, 0, width), x.narrow(dim, size - width, width)], dim)


def _read(x: Tensor, place: Tensor) -> Tensor:
    """Read each part of the batch at its places [parts, time]: [batch, time, channels], in 64-bit words if they fit."""
    x = x.contiguous()
    words = x.view(torch.int64) if x.shape[2] * x.element_size() % 8 == 0 else x
    y = torch.empty_like(words)
    for source, target, places in zip(words.chunk(len(place)), y.chunk(len(place)), place, strict=True):
        torch.index_select(source, 1, places, out=target)
    return y.view(x.dtype)
