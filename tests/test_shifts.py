"""Shifts that reflect at the edges: what reading by an index gives, and its derivatives, without atomics."""

import pytest
import torch
from test_derivatives import Calls
from torch.autograd import grad, gradcheck, gradgradcheck

from audiogan.models.shifts import Shift, ShiftBack, places

aten = torch.ops.aten


@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize("time", [6, 7, 9, 20])
def test_a_shift_is_differentiable_twice_without_atomics(time, most):
    x = torch.randn(1, time, 2, dtype=torch.float64, requires_grad=True)
    for by in range(-most, most + 1):
        where = places(x, torch.tensor([by]), most)
        position = (time - 1 - (time - 1 - (torch.arange(time) + by).abs()).abs()).tolist()
        plain = torch.stack([x[:, place] for place in position], dim=1)
        given = torch.randn_like(plain)
        with Calls() as calls:
            shifted = Shift.apply(x, where)
            (ours,) = grad(shifted, x, given)
        assert torch.equal(shifted, plain)
        torch.testing.assert_close(ours, grad(plain, x, given)[0], atol=1e-14, rtol=1e-14)
        assert not {aten.index_add, aten.index_add_, aten.index_put_} & {name for name, _ in calls.seen}
        for function in (Shift, ShiftBack):
            moved = lambda x, function=function, where=where: function.apply(x, where)  # noqa: E731
            assert gradcheck(moved, x, fast_mode=True)
            assert gradgradcheck(moved, x, fast_mode=True)


def test_parts_of_a_batch_have_shifts_of_their_own():
    x, shift = torch.randn(6, 9, 2, dtype=torch.float64, requires_grad=True), torch.tensor([-2, 0, 1])
    for function in (Shift, ShiftBack):
        apart = [function.apply(part, places(part, by[None], 2)) for part, by in zip(x.chunk(3), shift, strict=True)]
        assert torch.equal(function.apply(x, places(x, shift, 2)), torch.cat(apart))
        assert gradgradcheck(lambda x, function=function: function.apply(x, places(x, shift, 2)), x)


def test_a_float32_gradient_stays_one_under_autocast():
    x = torch.randn(2, 9, 4, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        (gradient,) = grad(Shift.apply(x, places(x, torch.tensor([2]), 2)).sum(), x)
    assert torch.equal(gradient.sum((0, 2)), 8 * torch.tensor([0.0, 0, 1, 1, 1, 1, 2, 2, 1]))
