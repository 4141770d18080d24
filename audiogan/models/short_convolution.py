"""Short convolutions with fewer multiplications: the method of Toom and Cook (Winograd 1980, chapter 3).

The product of two polynomials is determined by its values at as many points as it has coefficients. With samples and
taps as coefficients that is a convolution: one multiplication per point instead of one per tap and output. With many
channels each multiplication is a matrix product, next to which the transforms to values and back cost little.

Points off the unit circle amplify rounding; a complex pair on it takes three multiplications. Seven real points,
infinity and such pairs for the rest stay within 10 dB of a direct float32 sum's error.
"""

import functools
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan.models.products import multiply, packed

REAL_POINTS = (0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
FRAMES_AT_ONCE = 1024  # a few MB of values and products: they stay in the cache, and weights are read few times
CLIPS_AT_ONCE = 8  # for clips so short that more would fit; fewer take as long, since weights are read anyway


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
        np.linalg.inv(_values(points, length)).T,  # interpolation, transposed: that makes it a correlation
        _values(points, size),
        pairs,
    )
    with torch.inference_mode(False):  # cached for callers in any mode
        filters, inputs, outputs = (torch.from_numpy(matrix).float() for matrix in matrices)
        return Algorithm(filters, inputs, outputs.T.contiguous())


def _values(points: np.ndarray, coefficients: int) -> np.ndarray:
    """From coefficients to values, [points + 1, coefficients]; the value at infinity is the last coefficient."""
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


def transform(taps: Tensor, form: Algorithm, time: int) -> Tensor:
    """Transform a filter [taps, in, out] for `convolve` on clips of `time` frames."""
    matrices = (form.filters @ taps.flatten(1)).unflatten(1, taps.shape[1:])  # [products, in, out]
    return packed(matrices, _clips(time) * _tiles(form, time))


def convolve(x: Tensor, kernel: Tensor, form: Algorithm) -> Tensor:
    """Length-preserving convolution with zero padding and an odd number of taps.

    Args:
        x: [batch, time, in]; kernel: from `transform`, for the same time.

    Returns:
        [batch, time, out].
    """
    (batch, time, _), clips, tiles = x.shape, _clips(x.shape[1]), _tiles(form, x.shape[1])
    reach, length = form.taps // 2, form.inputs.shape[1]
    padded = F.pad(x, (0, 0, reach, tiles * form.size - time + reach, 0, -batch % clips))
    tiled = padded.unfold(1, length, form.size).transpose(2, 3)  # [batch, tiles, size + taps - 1, in]: a view
    y = torch.cat([_convolve_tiles(part, kernel, form) for part in tiled.split(clips)])
    return y.unflatten(0, (-1, tiles)).flatten(1, 2)[:batch, :time]


def _clips(time: int) -> int:
    """Clips computed together: always the same number, so that all products have one size."""
    return max(1, min(CLIPS_AT_ONCE, FRAMES_AT_ONCE // time))


def _tiles(form: Algorithm, time: int) -> int:
    return -(-time // form.size)


def _convolve_tiles(tiled: Tensor, kernel: Tensor, form: Algorithm) -> Tensor:
    """Tiles [clips, tiles, size + taps - 1, in] to [clips * tiles, size, out]."""
    clips, each, _, channels = tiled.shape
    values = tiled.new_empty(clips * each, len(form.inputs), channels)
    for clip, its_values in zip(tiled, values.split(each), strict=True):  # one bmm would copy the overlaps
        torch.bmm(form.inputs.expand(each, -1, -1), clip, out=its_values)
    return torch.bmm(form.outputs.expand(len(values), -1, -1), multiply(values, kernel))
