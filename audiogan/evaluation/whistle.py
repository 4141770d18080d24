"""Whistles: lines that end most clips of a label at one frequency.

Up-convolutions leave them where the layer before is constant, at the rate of their strides (Odena et al. 2016). A
note's partials lie elsewhere in the next clip, so what stands still is left in the median over a label's clips. Some
partials are as well where clips share few pitches: real clips of the same pitches say how loud those are.
"""

import numpy as np
from scipy.ndimage import percentile_filter

from audiogan.evaluation.signal import FLOOR_DB, decibels

TAIL, LONGEST = 4, 4096  # the last quarter of a clip, and how many samples of it at most
AROUND, ADJACENT = 12, 3  # bins on either side that a line is held against, and those next to it that it fills
STANDS_OUT_DB = 10.0
FEWEST = 5  # clips of a label: the median of fewer is some clip's own spectrum


def tail_spectra(audio: np.ndarray) -> np.ndarray:
    """Spectra of clips' ends: audio [n, time] to float16 [n, bins], dBFS; a sine has its own RMS level."""
    tail = np.asarray(audio, np.float32)[:, -min(max(2, audio.shape[1] // TAIL), LONGEST) :]
    window = np.hanning(tail.shape[1])
    power = 2 * np.square(np.abs(np.fft.rfft(tail * window)) / window.sum())
    return decibels(power).astype(np.float16)


def loudest(tails: np.ndarray) -> float:
    """Level of the loudest standing line of one label's clips, dBFS; `FLOOR_DB` where there is none, NaN for too few.

    Args:
        tails: of `tail_spectra`, [n, bins].
    """
    if len(tails) < FEWEST:
        return float("nan")
    median, around = standing(tails)
    lines = median > around + STANDS_OUT_DB
    lines[:ADJACENT] = False  # a constant is no whistle
    return float(median[lines].max()) if lines.any() else FLOOR_DB


def standing(tails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What stands in most clips, and what it is held against: [n, bins] of `tail_spectra` to twice [bins], dBFS."""
    median = np.median(tails.astype(np.float32), axis=0)
    footprint = np.abs(np.arange(-AROUND, AROUND + 1)) >= ADJACENT
    return median, percentile_filter(median, 90, footprint=footprint, mode="nearest")
