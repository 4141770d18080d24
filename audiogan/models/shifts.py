"""Shifts that reflect at the edges, and their transpose: each is the other's derivative, of every order.

What torch derives of an index is a sum of atomics, which takes a GPU longer than the layers between.
"""

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function


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
