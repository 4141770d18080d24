"""Measure where each label's partials lie: those of bars, bells and tubes are far from the multiples of their pitch.

Critics move a partial by a few bins of the spectrum at most. One that lies a third off must be placed before the first
step, and harmonics that do not exist must be silenced. A label whose partials are harmonic, or stray no more than a
stiff string's, keeps whole numbers.
"""

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d
from scipy.optimize import linear_sum_assignment
from scipy.signal import find_peaks
from torch import Tensor

from audiogan.dataset import PreparedData
from audiogan.models.harmonics import HARMONICS, HIGHEST

SPAN = 0.05, 0.6  # seconds of a clip that are analysed: after the stroke
FAINTEST_DB = -35.0  # relative to a clip's loudest peak
BESIDE = 0.03  # of a peak's frequency, on either side, belongs to the peak: a vibrato's sidebands, beating lines
FEWEST, CLIPS = 16, 256  # of a label: needed at least, analysed at most
OCTAVES = -2.0, 5.6  # above the pitch
STEPS = 120  # per octave: 10 cents each
WIDE = 2  # steps on either side within which peaks of two clips are one partial
SHARE = 0.5  # of the clips in which it could be heard
AROUND = 10  # steps on either side whose mean share a partial's must exceed: noise has peaks anywhere
CHANCE = 5.0  # standard deviations by which it must exceed that
HARMONIC = 0.01  # a ratio this near a whole number, as a share of it, is that harmonic


def measured(data: PreparedData, conditional: bool) -> Tensor:
    """Ratios to the fundamental, 0 for a silent partial, from training clips with a pitch: float32 [labels, HARMONICS].

    Args:
        conditional: one row per label; otherwise one for all clips.
    """
    rows = data.rows("train")
    rows = rows[~np.isnan(data.pitch[rows])]
    label = data.label if conditional else np.zeros_like(data.label)
    table = torch.arange(1.0, HARMONICS + 1).repeat(len(data.labels) if conditional and data.labels else 1, 1)
    for number in range(len(table)):
        own = rows[label[rows] == number]
        own = own[:: -(-len(own) // CLIPS) or 1]
        if len(own) >= FEWEST:
            fundamental = 440 * np.exp2((data.pitch[own].astype(np.float64) - 69) / 12)
            cycles = fundamental / data.sample_rate
            ratios = [peaks(clip, f0, data.sample_rate) for clip, f0 in zip(data.clips[own], cycles, strict=True)]
            table[number] = torch.from_numpy(placed(shared(ratios, HIGHEST / cycles)))
    return table


def peaks(clip: np.ndarray, fundamental: float, sample_rate: int) -> np.ndarray:
    """Peaks of a clip's spectrum after its stroke, in fundamentals, strongest first.

    Args:
        clip: [num_samples], at any scale.
        fundamental: cycles per sample.
    """
    begin, end = (int(seconds * sample_rate) for seconds in SPAN)
    part = clip[begin:end].astype(np.float64)
    size = 4 * len(part)
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), size)) ** 2
    tops = find_peaks(power, height=power.max() * 10 ** (FAINTEST_DB / 10))[0]
    tops, bins, found = tops[np.argsort(-power[tops])], np.arange(len(power)), []
    while len(tops):
        own = slice(int(tops[0] * (1 - BESIDE)), int(tops[0] * (1 + BESIDE)) + 2)
        found.append(np.average(bins[own], weights=power[own]))
        tops = tops[np.abs(tops - tops[0]) > 2 * BESIDE * tops[0]]
    return np.array(found) / (size * fundamental)


def shared(ratios: list[np.ndarray], highest: np.ndarray) -> list[float]:
    """The ratios that most clips have in common, the most common first.

    Args:
        ratios: of each clip's peaks to its pitch.
        highest: the highest ratio that could be heard in each clip, [clips].
    """
    octaves = np.log2(np.maximum(np.concatenate(ratios), 1e-3))
    centres = np.arange(*OCTAVES, 1 / STEPS)
    has = np.stack([_near(centres, np.log2(np.maximum(own, 1e-3))) for own in ratios])  # [clips, centres]
    able = np.log2(highest)[:, None] > centres
    clips = np.maximum(able.sum(0), 1)
    share = (has & able).sum(0) / clips
    around = uniform_filter1d(share, 2 * AROUND + 1).clip(0, 1)  # rounding may leave [0, 1]
    share[(share < around + CHANCE * np.sqrt(around * (1 - around) / clips)) | (clips < FEWEST)] = 0.0
    found = []
    while share.max() >= SHARE:
        near = np.abs(octaves - centres[share.argmax()]) <= WIDE / STEPS
        middle = np.median(octaves[near])
        found.append(float(np.exp2(middle)))
        share[np.abs(centres - centres[share.argmax()]) <= 2 * WIDE / STEPS] = 0.0
    return found


def placed(ratios: list[float]) -> np.ndarray:
    """The ratio of each of the bank's partials, float32 [HARMONICS]: whole numbers if there are no others.

    Otherwise a ratio near a whole number is that harmonic. The others take free partials: most of them near by, a few
    perhaps far away (the sum of the roots of the distances is least). Partials left over are 0: silent.
    """
    whole = np.arange(1, HARMONICS + 1)
    aside = np.abs(np.array(ratios).reshape(-1, 1) / whole - 1)  # [ratios, HARMONICS]
    strays = np.array(ratios)[aside.min(1) > HARMONIC]
    if not len(strays):
        return whole.astype(np.float32)
    free = whole[aside.min(0) > HARMONIC]
    places = np.where(np.isin(whole, free), 0, whole).astype(np.float32)
    which, where = linear_sum_assignment(np.sqrt(np.abs(strays[:, None] - free)))
    places[free[where] - 1] = strays[which]
    return places


def _near(centres: np.ndarray, octaves: np.ndarray) -> np.ndarray:
    """Whether any of a clip's peaks lies at each centre."""
    if not len(octaves):
        return np.zeros(len(centres), bool)
    return np.abs(octaves[:, None] - centres).min(0) <= WIDE / STEPS
