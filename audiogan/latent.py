"""Seeded latent vectors and the paths between them. A clip's z depends on its seed and its index alone."""

import math

import numpy as np
import torch
from torch import Tensor

MAX_SEED = 2**63 - 1


def sample(indices, seed: int, latent_dim: int, distribution: str = "uniform") -> np.ndarray:
    """Latent vectors of a seed at the given indices.

    Args:
        indices: clip numbers; each has a stream of its own, so neighbours never change a clip.
        seed: 0 to `MAX_SEED`.
        distribution: `uniform` on [-1, 1] or standard `normal`.

    Returns:
        [len(indices), latent_dim] float32.
    """
    streams = [np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, int(i))))) for i in indices]
    if distribution == "uniform":
        rows = [stream.uniform(-1.0, 1.0, latent_dim) for stream in streams]
    elif distribution == "normal":
        rows = [stream.standard_normal(latent_dim) for stream in streams]
    else:
        raise ValueError(f"distribution must be uniform or normal, not {distribution!r}")
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), latent_dim)


def draw_labels(indices, seed: int, count: int) -> list[int]:
    """A label index for each clip of a seed, uniform over `count`, from a stream apart from z's."""
    streams = [np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, int(i), 1)))) for i in indices]
    return [int(stream.integers(count)) for stream in streams]


def draw_pitches(indices, seed: int, shares: np.ndarray) -> list[float]:
    """A MIDI pitch for each clip of a seed, NaN for none, from a stream apart from z's and the labels'.

    Args:
        shares: how often each MIDI number is played, and last how often none, [clips, 129]; none where all are 0.
    """
    streams = [np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, int(i), 2)))) for i in indices]
    numbers = []
    for stream, row in zip(streams, shares, strict=True):
        drawn = int(np.searchsorted(np.cumsum(row), stream.uniform() * row.sum(), side="right"))
        numbers.append(float(drawn) if drawn < len(row) - 1 else math.nan)
    return numbers


def noise_of(z: Tensor, size: int) -> Tensor:
    """Standard normal noise [batch, size], from a stream for each latent, which its very bits seed."""
    rows = np.ascontiguousarray(z.detach().float().cpu().numpy()).view(np.uint32)
    streams = [np.random.Generator(np.random.PCG64(np.random.SeedSequence(row.tolist()))) for row in rows]
    noise = np.stack([stream.standard_normal(size, dtype=np.float32) for stream in streams])
    return torch.from_numpy(noise).to(z.device)


def truncate(z: np.ndarray, truncation: float) -> np.ndarray:
    """Scale z towards its mean, 0: 1 changes nothing, smaller values trade variety for typical sounds.

    Raises:
        ValueError: truncation not in (0, 1].
    """
    if not isinstance(truncation, (int, float)) or not 0.0 < truncation <= 1.0:
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
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    directions = start / max(lengths[0], 1e-12), end / max(lengths[1], 1e-12)
    angle = np.arccos(np.clip(np.dot(*directions), -1.0, 1.0))
    fractions = np.linspace(0.0, 1.0, steps)[:, None]
    if np.sin(angle) < 1e-6:
        path = start + fractions * (end - start)
    else:
        along = np.sin((1 - fractions) * angle) * directions[0] + np.sin(fractions * angle) * directions[1]
        path = along / np.sin(angle) * (lengths[0] + fractions * (lengths[1] - lengths[0]))
    path = path.astype(np.float32)
    path[0], path[-1] = start, end
    return path
