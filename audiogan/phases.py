"""Phases to begin a search with, from magnitudes alone: elementwise, so that they can be exported to other runtimes."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SLOPE = 2  # bins that a peak reaches to either side: half the main lobe of a Hann window
FLAT = 1e-12  # a peak without a top


def steady_phases(linear: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Phases of a sound whose partials last, from its magnitudes alone.

    After single pass spectrogram inversion (SPSI; Beauregard, Harish and Wyse 2015), but each bin adds up turns of its
    own, which are means of two frames', where SPSI hands a peak's phase to the bins beside it.

    A partial is a peak over frequency, whose place between two bins a parabola tells. From frame to frame the phase
    advances by that frequency's turns, for the bins on the slopes of a peak by those of the peak; and as frames are
    counted from their first sample, not from the middle of the window, every second bin is half a turn ahead.

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
