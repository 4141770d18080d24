"""Windows over a row of numbers and their sum: each the other's derivative, twice."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from audiogan.windows import OverlapAdd, Windows


@pytest.mark.parametrize(("size", "hop", "before"), [(8, 4, 3), (8, 2, 0), (16, 4, 11), (4, 4, 0)])
def test_windows_and_their_sum_are_each_others_derivative(size, hop, before):
    x = torch.randn(2, 5 * hop, dtype=torch.float64, requires_grad=True)
    windows = Windows.apply(x, size, hop, before)
    for place, window in enumerate(windows[0]):
        reach = range(place * hop - before, place * hop - before + size)
        assert window.tolist() == [x[0, at].item() if 0 <= at < len(x[0]) else 0 for at in reach]
    other = torch.randn_like(windows, requires_grad=True)
    for function, given in ((Windows, x), (OverlapAdd, other)):
        assert gradcheck(function.apply, (given, size, hop, before))
        assert gradgradcheck(function.apply, (given, size, hop, before))
