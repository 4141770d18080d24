"""Convolutions of a few taps by fewer multiplications: Toom and Cook's method (Winograd 1980, chapter 3).

The product of two polynomials follows from its values at as many points as it has coefficients. With samples and taps
as coefficients that is a convolution: one multiplication a point instead of one for each tap and output. Between many
channels each multiplication is a matrix product, beside which turning samples into values and back costs little.

Points off the unit circle amplify rounding; a pair of complex ones on it takes three multiplications. Seven real
points, infinity and such pairs for the rest stay within 10 dB of a direct float32 sum's error.
"""

import functools
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

REAL_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
FRAMES_AT_ONCE = 1024  # a few MB of values and products: they stay in the cache, and weights are read few times


@dataclass(frozen=True)
class Algorithm:
    """y = outputs @ ((filters @ w) * (inputs @ x)): `size` samples at a time of y[t] = sum over k of x[t + k] w[k].

    Attributes:
        filters: [products, taps].
        inputs: [products, size + taps - 1].
        outputs: [size, products].
    """

    filters: Tensor
    inputs: Tensor
    outputs: Tensor

    @property
    def size(self) -> int:
        return self.outputs.shape[0]

    @property
    def taps(self) -> int:
        return self.filters.shape[1]


@functools.cache
def algorithm(size: int, taps: int) -> Algorithm:
    """The matrices, float32 on the CPU.

    Raises:
        ValueError: `size + taps - 1` is not an even number of at least 8.
    """
    length = size + taps - 1
    if length < 8 or length % 2:
        raise ValueError(f"size + taps - 1 must be an even number of at least 8, not {length}")
    pairs = (length - 8) // 2
    upper = np.exp(1j * np.pi * np.arange(1, pairs + 1) / (pairs + 1))
    points = np.concatenate([REAL_POINTS, upper, upper.conj()])
    matrices = _three_products(
        _values(points, taps),
        np.linalg.inv(_values(points, length)).T,  # a product's way back, transposed: that makes it a correlation
        _values(points, size),
        pairs,
    )
    with torch.inference_mode(False):  # kept for callers in any mode
        filters, inputs, outputs = (torch.from_numpy(matrix).float() for matrix in matrices)
        return Algorithm(filters, inputs, outputs.T.contiguous())


def _values(points: np.ndarray, coefficients: int) -> np.ndarray:
    """From coefficients to values, [points + 1, coefficients]; a polynomial's value at infinity is its last one."""
    powers = points[:, None] ** np.arange(coefficients)
    return np.concatenate([powers, np.eye(coefficients)[-1:]])


def _three_products(w: np.ndarray, x: np.ndarray, y: np.ndarray, pairs: int) -> list[np.ndarray]:
    """Rows for real arithmetic: (a + bi)(c + di) by Gauss's three products, and its conjugate's share by doubling.

    With p = a (c + d), q = c (b - a), r = d (a + b) the product is (p - r) + (p + q) i.
    """
    first = len(REAL_POINTS)
    (a, b), (c, d), (e, f) = (
        (rows[first : first + pairs].real, rows[first : first + pairs].imag) for rows in (w, x, y)
    )
    complex_rows = [(a, b - a, a + b), (c + d, c, d), (2 * (e - f), -2 * f, -2 * e)]
    real_rows = [rows[[*range(first), -1]].real for rows in (w, x, y)]
    return [np.concatenate([real, *rows]) for real, rows in zip(real_rows, complex_rows, strict=True)]


def transform(taps: Tensor, form: Algorithm) -> Tensor:
    """What `convolve` takes of a filter: [taps, in, out] to [products, in, out]."""
    return (form.filters @ taps.flatten(1)).unflatten(1, taps.shape[1:])


def convolve(x: Tensor, kernel: Tensor, form: Algorithm) -> Tensor:
    """A convolution that keeps the length, with zeros around it and an odd number of taps.

    Args:
        x: [batch, time, in]; kernel: `transform`'s, [products, in, out].

    Returns:
        [batch, time, out].
    """
    batch, time, _ = x.shape
    tiles, reach, length = -(-time // form.size), form.taps // 2, form.inputs.shape[1]
    padded = F.pad(x, (0, 0, reach, tiles * form.size - time + reach))
    tiled = padded.unfold(1, length, form.size).transpose(2, 3)  # [batch, tiles, size + taps - 1, in]: a view
    y = x.new_empty(batch, tiles, form.size, kernel.shape[2])
    clips = max(1, FRAMES_AT_ONCE // time)
    for part, out in zip(tiled.split(clips), y.split(clips), strict=True):
        _convolve_tiles(part, kernel, form, out.flatten(0, 1))
    return y.flatten(1, 2)[:, :time]


def _convolve_tiles(tiled: Tensor, kernel: Tensor, form: Algorithm, out: Tensor) -> None:
    """Tiles [batch, tiles, size + taps - 1, in] of a few clips into `out` [batch * tiles, size, out]."""
    count, each = len(out), tiled.shape[1]
    values = tiled.new_empty(count, len(form.inputs), tiled.shape[3])
    for clip, its_values in zip(tiled, values.split(each), strict=True):  # all at once, overlaps would be copied
        torch.bmm(form.inputs.expand(each, -1, -1), clip, out=its_values)
    products = torch.bmm(values.transpose(0, 1), kernel)  # [products, batch * tiles, out]
    torch.bmm(form.outputs.expand(count, -1, -1), products.transpose(0, 1), out=out)
