"""Where each label's partials lie, measured: those of bars, bells and tubes are far from the multiples of their pitch.

Critics pull a partial no further than a few bins of its spectrum: one that lies a third off has to be put in its place
before the first step, and what would sound in its stead has to be silent. A label whose partials are harmonic, or stray
from that by no more than a stiff string's, keeps whole numbers.
"""

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d
from scipy.optimize import linear_sum_assignment
from scipy.signal import find_peaks
from torch import Tensor

from audiogan.dataset import PreparedData
from audiogan.models.harmonics import HARMONICS, HIGHEST

SPAN = 0.05, 0.6  # seconds of a clip that are looked at: past the stroke
FAINTEST_DB = -35.0  # of a clip's loudest peak
BESIDE = 0.03  # of a peak's frequency, to either side, is its own: a vibrato's sidebands, two lines that beat
FEWEST, CLIPS = 16, 256  # of a label that are needed, and listened to
OCTAVES = -2.0, 5.6  # above the pitch
STEPS = 120  # an octave: 10 cents each
WIDE = 2  # steps to either side in which peaks of two clips are one partial
SHARE = 0.5  # of the clips in which it could be heard
AROUND = 10  # steps to either side with whose share a partial's is compared: noise has peaks anywhere
CHANCE = 5.0  # standard deviations of that share by which it is more
HARMONIC = 0.01  # how far from a whole number, as a share of it, a partial belongs to that


def measured(data: PreparedData, conditional: bool) -> Tensor:
    """In fundamentals, from the training clips of stated pitch, 0 for none: float32 [labels, HARMONICS].

    Args:
        conditional: by label, or one row for all.
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
    """Where power is gathered in a clip's spectrum after its stroke, in fundamentals, the most powerful first.

    Args:
        clip: [num_samples], at any scale.
        fundamental: cycles a sample.
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
    """The ratios that most clips have in common, those that most have first.

    Args:
        ratios: of each clip's peaks to its pitch.
        highest: ratio up to which a clip's could be heard, [clips].
    """
    octaves = np.log2(np.maximum(np.concatenate(ratios), 1e-3))
    centres = np.arange(*OCTAVES, 1 / STEPS)
    has = np.stack([_near(centres, np.log2(np.maximum(own, 1e-3))) for own in ratios])  # [clips, centres]
    able = np.log2(highest)[:, None] > centres
    clips = np.maximum(able.sum(0), 1)
    share = (has & able).sum(0) / clips
    around = uniform_filter1d(share, 2 * AROUND + 1).clip(0, 1)  # whose running sum may end just beyond
    share[(share < around + CHANCE * np.sqrt(around * (1 - around) / clips)) | (clips < FEWEST)] = 0.0
    found = []
    while share.max() >= SHARE:
        near = np.abs(octaves - centres[share.argmax()]) <= WIDE / STEPS
        middle = np.median(octaves[near])
        found.append(float(np.exp2(middle)))
        share[np.abs(centres - centres[share.argmax()]) <= 2 * WIDE / STEPS] = 0.0
    return found


def placed(ratios: list[float]) -> np.ndarray:
    """A place for each of the partials, float32 [HARMONICS]: whole numbers, where those are all there is.

    Otherwise what is near a whole number has that. The rest have places near by, as many as can, and others where there
    is room (by the root of the distance, a few may go far). Places that are left over are 0: silent.
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
