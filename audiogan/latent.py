"""Seeded latent vectors and the paths between them. A clip's z depends on its seed and its index alone."""

import math
from numbers import Real

import numpy as np
import torch
from torch import Tensor

MAX_SEED = 2**63 - 1
WORD = 2**32


def sample(indices, seed: int, latent_dim: int, distribution: str = "uniform") -> np.ndarray:
    """Latent vectors of a seed at the given indices.

    Args:
        indices: clip numbers; each has a stream of its own, so neighbours never change a clip.
        seed: 0 to `MAX_SEED`.
        distribution: `uniform` on [-1, 1] or standard `normal`.

    Returns:
        [len(indices), latent_dim] float32.
    """
    streams = _streams(indices, seed, 0)
    if distribution == "uniform":
        rows = [stream.uniform(-1.0, 1.0, latent_dim) for stream in streams]
    elif distribution == "normal":
        rows = [stream.standard_normal(latent_dim) for stream in streams]
    else:
        raise ValueError(f"distribution must be uniform or normal, not {distribution!r}")
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), latent_dim)


def draw_labels(indices, seed: int, count: int) -> list[int]:
    """A label index for each clip of a seed, uniform over `count`, from a stream separate from z's."""
    streams = _streams(indices, seed, 1)
    return [int(stream.integers(count)) for stream in streams]


def draw_pitches(indices, seed: int, shares: np.ndarray) -> list[float]:
    """A MIDI pitch for each clip of a seed, NaN for none, from a stream separate from z's and the labels'.

    Args:
        shares: [clips, 129], how often each MIDI number is played and, in the last column, how often none is. A row of
            zeros draws none.
    """
    streams = _streams(indices, seed, 2)
    numbers = []
    for stream, row in zip(streams, shares, strict=True):
        drawn = int(np.searchsorted(np.cumsum(row), stream.uniform() * row.sum(), side="right"))
        numbers.append(float(drawn) if drawn < len(row) - 1 else math.nan)
    return numbers


def _streams(indices, seed: int, purpose: int) -> list[np.random.Generator]:
    """A stream of random numbers for each clip of a seed.

    numpy would split a seed of 2**32 or more into two words of 32 bits and read the second as a clip number. Such a
    seed is given five words instead, which no smaller seed has.
    """
    small = seed < WORD
    words = [(seed, int(i), purpose) if small else (seed % WORD, seed // WORD, int(i), purpose, 1) for i in indices]
    return [np.random.Generator(np.random.PCG64(np.random.SeedSequence(each))) for each in words]


def noise_of(z: Tensor, size: int) -> Tensor:
    """Standard normal noise [batch, size], from one stream per latent, seeded by the latent's bits."""
    rows = np.ascontiguousarray(z.detach().float().cpu().numpy()).view(np.uint32)
    streams = [np.random.Generator(np.random.PCG64(np.random.SeedSequence(row.tolist()))) for row in rows]
    noise = np.stack([stream.standard_normal(size, dtype=np.float32) for stream in streams])
    return torch.from_numpy(noise).to(z.device)


def truncate(z: np.ndarray, truncation: float) -> np.ndarray:
    """Scale z towards its mean, 0: 1 changes nothing, smaller values trade variety for typical sounds.

    Raises:
        ValueError: truncation not in (0, 1].
    """
    if type(truncation) is bool or not isinstance(truncation, Real) or not 0.0 < truncation <= 1.0:
        raise ValueError(f"truncation must be above 0 and at most 1, not {truncation!r}")
    return z * np.float32(truncation)


def slerp(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Points on the great circle between two latents, both ends included; length is interpolated linearly.

    A straight line passes nearer the origin than any z that the generator was trained on (White 2016).

    Args:
        start: [latent_dim]; end: the same.
        steps: at least 2.

    Returns:
        [steps, latent_dim] float32.
    """
    fractions = np.linspace(0.0, 1.0, steps)
    return slerp_at(np.tile(start, (steps, 1)), np.tile(end, (steps, 1)), fractions)


def slerp_at(start: np.ndarray, end: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """One point on each pair's great circle; exactly the pair's own ends at 0 and 1.

    Args:
        start: [n, latent_dim]; end: the same.
        fractions: [n] from 0 to 1.

    Returns:
        [n, latent_dim] float32.
    """
    start, end, part = np.asarray(start, np.float64), np.asarray(end, np.float64), np.asarray(fractions)[:, None]
    lengths = [np.linalg.norm(rows, axis=1, keepdims=True) for rows in (start, end)]
    first, last = start / lengths[0].clip(1e-12), end / lengths[1].clip(1e-12)
    angle = np.arccos((first * last).sum(1, keepdims=True).clip(-1.0, 1.0))
    straight = np.sin(angle) < 1e-6
    arc = (np.sin((1 - part) * angle) * first + np.sin(part * angle) * last) / np.where(straight, 1.0, np.sin(angle))
    path = np.where(straight, start + part * (end - start), arc * (lengths[0] + part * (lengths[1] - lengths[0])))
    return np.where(part <= 0, start, np.where(part >= 1, end, path)).astype(np.float32)


def plane(corners: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Points of a surface through four latents: slerp along its top and bottom edges, then between those.

    Args:
        corners: [4, latent_dim]: top left, top right, bottom left, bottom right.
        across: [n] from 0 (left) to 1 (right).
        down: [n] from 0 (top) to 1 (bottom).

    Returns:
        [n, latent_dim] float32.
    """
    top_left, top_right, bottom_left, bottom_right = (np.tile(corner, (len(across), 1)) for corner in corners)
    return slerp_at(slerp_at(top_left, top_right, across), slerp_at(bottom_left, bottom_right, across), down)


def principal_directions(z: np.ndarray, features: np.ndarray, count: int) -> np.ndarray:
    """Directions in z along which a generator's features vary most, strongest first (GANSpace, Haerkoenen et al. 2020).

    The least-squares fit of z to the features' principal coordinates, each scaled to a spread of 1. Adding one
    direction to z moves its coordinate by about one standard deviation. The largest entry of each is positive.

    Args:
        z: [n, latent_dim]; features: [n, any], of the same clips.
        count: at most the features' rank.

    Returns:
        [count, latent_dim] float32.
    """
    centred = np.asarray(features, np.float64) - features.mean(0)
    _, vectors = np.linalg.eigh(centred @ centred.T)  # [n, n], weakest first: cheaper than an SVD of wide features
    coordinates = vectors[:, ::-1][:, :count] * np.sqrt(len(z))  # [n, count], uncorrelated, spread 1
    directions = coordinates.T @ (z - z.mean(0)) / len(z)
    largest = np.take_along_axis(directions, np.abs(directions).argmax(1)[:, None], axis=1)
    return (directions * np.sign(largest)).astype(np.float32)


def steer(z: np.ndarray, values: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The direction within a span along which a value grows fastest, scaled to z's spread.

    If z is white, the covariance of z with the value is the value's gradient; outside the span it is mostly the noise
    of few samples.

    Args:
        z: [n, latent_dim]; values: [n], one of each; directions: [count, latent_dim], the span.

    Returns:
        [latent_dim] float32; zero where the value does not change.
    """
    gradient = (z - z.mean(0)).T @ (values - values.mean()) / len(z)
    within = gradient @ np.linalg.pinv(directions) @ directions
    size = np.linalg.norm(within)
    return (within / size * z.std() if size > 1e-12 else np.zeros_like(within)).astype(np.float32)
