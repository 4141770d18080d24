"""Whistles: lines that end most clips of a label at one frequency.

Up-convolutions produce them where their input is constant, at the rate of their strides (Odena et al. 2016). A note's
partials move from clip to clip, so only fixed lines remain in the median over a label's clips. If clips share few
pitches, some partials remain too: real clips of the same pitches show how loud those are.
"""

import numpy as np
from scipy.ndimage import percentile_filter

from audiogan.evaluation.signal import FLOOR_DB, decibels

TAIL, LONGEST = 4, 4096  # the last quarter of a clip, and how many samples of it at most
AROUND, ADJACENT = 12, 3  # bins on either side to compare a line with, except the nearest, which it fills itself
STANDS_OUT_DB = 10.0
FEWEST = 5  # clips of a label: a median of fewer is one clip's own spectrum


def tail_spectra(audio: np.ndarray) -> np.ndarray:
    """Spectra of clips' ends: audio [n, time] to float16 [n, bins], dBFS; a sine has its own RMS level."""
    tail = np.asarray(audio, np.float32)[:, -min(max(2, audio.shape[1] // TAIL), LONGEST) :]
    window = np.hanning(tail.shape[1])
    power = 2 * np.square(np.abs(np.fft.rfft(tail * window)) / window.sum())
    return decibels(power).astype(np.float16)


def loudest(tails: np.ndarray) -> float:
    """Level of the loudest standing line of one label's clips, dBFS; `FLOOR_DB` if there is none, NaN for too few.

    Args:
        tails: from `tail_spectra`, [n, bins].
    """
    if len(tails) < FEWEST:
        return float("nan")
    median, around = standing(tails)
    lines = median > around + STANDS_OUT_DB
    lines[:ADJACENT] = False  # DC is not a whistle
    return float(median[lines].max()) if lines.any() else FLOOR_DB


def standing(tails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median spectrum over clips, and its surroundings: [n, bins] of `tail_spectra` to twice [bins], dBFS."""
    median = np.median(tails.astype(np.float32), axis=0)
    footprint = np.abs(np.arange(-AROUND, AROUND + 1)) >= ADJACENT
    return median, percentile_filter(median, 90, footprint=footprint, mode="nearest")
