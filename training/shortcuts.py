"""Cues that must not tell instruments apart, varied at random so that a classifier cannot learn them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.augment import shift

EDGE_DB = 300.0  # slope of a band limit, over the whole range of mel bands


@dataclass(frozen=True)
class Shortcuts:
    """The ranges that `vary` draws from for each clip.

    Args:
        gain_db: level.
        shift_frames: of the spectrum, either way: 16 ms each at 16 kHz.
        noise_db: level of white noise relative to the clip's own.
        tilt_db: from the lowest to the highest mel band, either way.
        low_pass, high_pass: cutoffs as shares of the mel bands; a clip has each with probability `band_limited`.
    """

    gain_db: tuple[float, float] = (-15.0, 3.0)
    shift_frames: float = 2.0
    noise_db: tuple[float, float] = (-70.0, -25.0)
    tilt_db: float = 6.0
    low_pass: tuple[float, float] = (0.75, 1.0)
    high_pass: tuple[float, float] = (0.0, 0.08)
    band_limited: float = 0.3


def vary(mels: Tensor, rng: torch.Generator, ranges: Shortcuts = Shortcuts()) -> Tensor:
    """Vary properties that are not the instrument's: level, position, noise, spectral tilt and band limits.

    On mel magnitudes each of these is a multiplication, an addition of powers or a shift: a tenth of the cost of
    filtering waveforms.

    Args:
        mels: magnitudes [batch, mel, frames].
        rng: source of random numbers.
    """
    count, bands = len(mels), torch.linspace(0, 1, mels.shape[1], device=mels.device)
    uniform = lambda *shape: torch.rand(shape, generator=rng).to(mels.device)  # noqa: E731
    draw = lambda low, high: uniform(count, 1) * (high - low) + low  # noqa: E731
    decibels = draw(*ranges.gain_db) + draw(-ranges.tilt_db, ranges.tilt_db) * (bands - 0.5)
    for cutoff, sign in ((draw(*ranges.low_pass), -1), (draw(*ranges.high_pass), 1)):
        limited = draw(0, 1) < ranges.band_limited
        beyond = (sign * (cutoff - bands)).clamp_min(0)
        decibels = decibels - limited * EDGE_DB * beyond
    mels = shift(mels * 10 ** (decibels / 20)[:, :, None], (draw(-1, 1) * ranges.shift_frames)[:, 0], hold_edges=True)
    power = mels.square()
    level = power.mean((1, 2), keepdim=True) * 10 ** (draw(*ranges.noise_db) / 10)[:, :, None]
    return (power - level * uniform(*mels.shape).clamp_min(1e-6).log()).sqrt()  # exponential: noise
