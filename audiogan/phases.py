"""Initial phases for a search, from magnitudes alone, in elementwise operations that other runtimes can run."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SLOPE = 2  # bins that a peak reaches to either side: half the main lobe of a Hann window
FLAT = 1e-12  # least curvature of a peak


def steady_phases(linear: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Phases of a sound with steady partials, from its magnitudes alone.

    Follows single pass spectrogram inversion (SPSI; Beauregard, Harish and Wyse 2015), but each bin accumulates its own
    turns, averaged over two frames, whereas SPSI copies a peak's phase to the bins beside it.

    A partial is a peak over frequency, located between bins by a parabola. From frame to frame the phase of the peak,
    and of the bins on its slopes, advances by the turns of its frequency. Frames are counted from their first sample,
    not from the middle of the window, so every second bin is half a turn ahead.

    Args:
        linear: magnitude [batch, n_fft // 2 + 1, frames].

    Returns:
        Radians, of the same shape.
    """
    below, above = F.pad(linear[:, :-1], (0, 0, 1, 0)), F.pad(linear[:, 1:], (0, 0, 0, 1))
    is_peak, falls, rises = (linear >= below) & (linear > above), (below > above) & (below > linear), above > linear
    bins = torch.arange(linear.shape[1], device=linear.device, dtype=linear.dtype)[:, None]
    bend = (2 * linear - below - above).clamp_min(FLAT)
    place = bins + torch.where(is_peak, ((above - below) / (2 * bend)).clamp(-0.5, 0.5), torch.zeros_like(linear))
    for _ in range(SLOPE):
        lower, upper = F.pad(place[:, :-1], (0, 0, 1, 0)), F.pad(place[:, 1:], (0, 0, 0, 1))
        place = torch.where(is_peak, place, torch.where(falls, lower, torch.where(rises, upper, place)))
    turns = place * (hop_length / n_fft)
    turns = torch.cat([turns[:, :, :1], (turns[:, :, 1:] + turns[:, :, :-1]) / 2], dim=2)  # since the frame before
    return 2 * math.pi * (torch.cumsum(turns - turns.floor(), dim=2) + bins % 2 / 2)
