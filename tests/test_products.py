"""Several products at once, whoever computes them: held against sums in float64."""

import pytest
import torch

from audiogan.models import products
from audiogan.models.products import multiply, packed

LIBRARIES = ["MKL", *(["oneDNN"] if torch.backends.mkldnn.is_available() else [])]  # Macs come without the latter


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    monkeypatch.setattr(products, "_by_one_dnn", lambda: request.param == "oneDNN")
    return request.param


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (5, 3, 17, 9), (32, 11, 64, 128)])
@pytest.mark.parametrize("planned", [None, 40])
def test_each_product_is_by_its_own_matrix(library, shape, planned):
    rows, count, channels, out = shape
    values, matrices = torch.randn(rows, count, channels), torch.randn(count, channels, out)
    kernel = packed(matrices, planned or rows)
    assert kernel.is_mkldnn == (library == "oneDNN")
    exact = torch.einsum("rpi,pio->rpo", values.double(), matrices.double())
    torch.testing.assert_close(multiply(values, kernel).double(), exact, rtol=1e-5, atol=1e-4)


def test_what_comes_out_lies_as_it_went_in():
    """The next product reads rows: with channels outermost in memory it takes ten times as long."""
    values, matrices = torch.randn(32, 11, 64), torch.randn(11, 64, 128)
    y = multiply(values, packed(matrices, 32))
    assert y.stride(2) == 1
    torch.testing.assert_close(y[:, 3], values[:, 3] @ matrices[3])
