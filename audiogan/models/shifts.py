"""Shifts that reflect at the edges, and their transpose: each is the other's derivative, of every order.

What torch derives of an index is a sum of atomics, which takes a GPU longer than the layers between.
"""

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function


class Table(NamedTuple):
    """Who reads whom, for each shift from -most to most: made once, since each would be a kernel's start."""

    ahead: Tensor  # [shifts, time], the place that each reads
    back: Tensor  # [shifts, time], the place that reads each, where no edge concerns it
    near: Tensor  # [near], places that an edge concerns
    readers: Tensor  # [readers], places that may read those
    reads: Tensor  # [shifts, near, readers], 1 where one reads the other


class Places(NamedTuple):
    """A batch's shifts: what a table says of each part of it."""

    ahead: Tensor  # [parts, time]
    back: Tensor  # [parts, time]
    near: Tensor  # [near]
    readers: Tensor  # [readers]
    reads: Tensor  # [parts, 1, near, readers]


@functools.lru_cache
def table(time: int, most: int, device: torch.device) -> Table:
    place, last = torch.arange(time, device=device), time - 1
    shifted = place + torch.arange(-most, most + 1, device=device)[:, None]
    ahead = last - (last - shifted.abs()).abs()
    back = shifted.flip(0).clamp(0, last)
    near, readers = _edges(place, most + 1), _edges(place, 2 * most + 1)
    reads = (ahead[:, None, readers] == near[:, None]).float()
    return Table(ahead, back, near, readers, reads)


def places(x: Tensor, shift: Tensor, most: int) -> Places:
    """Where to find x [batch, time, channels] read `shift` samples later, of -most to most, reflected at the edges.

    `shift` is [parts]: one for each of as many equal parts of the batch.
    """
    known, number = table(x.shape[1], most, x.device), shift + most
    ahead, back, reads = (part.index_select(0, number) for part in (known.ahead, known.back, known.reads))
    return Places(ahead, back, known.near, known.readers, reads[:, None])


class Shift(Function):
    """x [batch, time, channels] as its `places` say."""

    @staticmethod
    def forward(ctx, x: Tensor, where: Places) -> Tensor:
        ctx.where = where
        return _read(x, where.ahead)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple:
        return ShiftBack.apply(gradient, ctx.where), None


class ShiftBack(Function):
    """The transpose of `Shift`, without its atomics.

    A sample was read once, by its place less the shift, unless it is near an edge: there by nobody, one or two.
    """

    @staticmethod
    def forward(ctx, gradient: Tensor, where: Places) -> Tensor:
        ctx.where = where
        reading = gradient.index_select(1, where.readers).unflatten(0, (len(where.reads), -1))
        near = where.reads.to(gradient.dtype) @ reading  # [parts, batch / parts, near, channels]
        return _read(gradient, where.back).index_copy_(1, where.near, near.flatten(0, 1))

    @staticmethod
    def backward(ctx, x: Tensor) -> tuple:
        return Shift.apply(x, ctx.where), None


def _edges(place: Tensor, width: int) -> Tensor:
    """Up to `width` places from either end of all: [up to 2 * width]."""
    return place if len(place) <= 2 * width else torch.cat([place[:width], place[-width:]])


def _read(x: Tensor, place: Tensor) -> Tensor:
    """What lies at the places [parts, time] of each part of the batch, [batch, time, channels]: moved in long words."""
    x = x.contiguous()
    words = x.view(torch.int64) if x.shape[2] * x.element_size() % 8 == 0 else x
    y = torch.empty_like(words)
    for source, target, places in zip(words.chunk(len(place)), y.chunk(len(place)), place, strict=True):
        torch.index_select(source, 1, places, out=target)
    return y.view(x.dtype)
