"""Notches for the whistles that a generator's layers leave: measured after training, cut by its post filter.

Critics and losses move such a line to another rate or label rather than remove it. But it stays at one frequency in all
clips of a label. Each notch also takes a little of the notes, and a pitch that most clips of a label share looks like a
line. So lines are measured only where a sound ends, and cut no further than to the level around them.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import maximum_filter1d

from audiogan.audio import from_pcm16
from audiogan.checkpoint import Checkpoint
from audiogan.config import FILTERED
from audiogan.dataset import PreparedData
from audiogan.evaluation.whistle import ADJACENT, FEWEST, standing, tail_spectra
from audiogan.models import build_generator
from audiogan.models.base import Generator
from audiogan.synthesis import Synthesizer

TAPS = 1025  # minimum length of the filter: a notch is 30 Hz wide at 16 kHz
CLIPS, REAL_CLIPS = 128, 512  # fake and real clips measured per label
ROUNDS, SEED = 12, 10_000  # a line hides others, and is cut in steps; from this seed on, no clips are scored
STANDS_OUT_DB = 6.0
FAINTEST_DB = -65.0  # full scale: fainter lines are not worth the cost of a notch
DETUNED = 0.02  # a line this near a real one, as a share of its frequency, is no fault: partials of bells and drums


def notched(generator: Generator, data: PreparedData) -> tuple[Generator, dict[str, int]]:
    """A waveform generator without the lines that stand at the ends of a label's fakes but not of its real clips.

    Args:
        generator: stays unchanged.
        data: the data it was trained on.

    Returns:
        A copy, with a long post filter, and how many lines of each label were cut ("any" without labels).

    Raises:
        ValueError: an architecture without a post filter.
    """
    config = generator.config
    if config.architecture not in FILTERED:
        raise ValueError(
            f"notches are for architectures with a post filter, {' or '.join(FILTERED)}: not {config.architecture}"
        )
    copy = build_generator(replace(config, post_filter=max(config.post_filter, TAPS)))
    responses = _padded(
        generator.post.notched() if config.post_filter else copy.post.notched(), copy.config.post_filter
    )
    copy.load_state_dict(generator.state_dict() | {"post.responses": responses})
    player = Synthesizer(Checkpoint("notched", Path(), copy.config, {}), copy, torch.device("cpu"))
    responses, counts = copy.post.responses.data, {}
    for number, label in enumerate(config.labels or (None,)):
        real, cut = _real(data, label), set()
        for seed in range(SEED, SEED + ROUNDS * (len(real) >= FEWEST)):
            fake = tail_spectra(player.generate(CLIPS, seed, label=label))
            lines, cuts = excess(fake, real)
            if not len(lines):
                break
            response = without(responses[number].double().numpy(), lines / (2 * fake.shape[1] - 2), cuts)
            responses[number] = torch.from_numpy(response)
            cut.update(lines.tolist())
            counts[label or "any"] = len(cut)
    return copy, counts


def excess(fake: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bins of lines that stand only in fakes, and how many dB to cut each by.

    Args:
        fake, real: from `whistle.tail_spectra`, [n, bins].
    """
    median, around = standing(fake)
    allowed = np.maximum(around, _reached(standing(real)[0]))
    above = np.where(median > FAINTEST_DB, median - allowed, 0.0)
    above[:ADJACENT] = 0.0  # no post filter passes DC
    tops = above == maximum_filter1d(above, 2 * ADJACENT + 1, mode="nearest")
    lines = np.flatnonzero(tops & (above > STANDS_OUT_DB))
    return lines, above[lines]


def without(response: np.ndarray, frequencies: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """A zero-mean filter, [taps], that passes `cuts` dB less at `frequencies`, and all else as before.

    Args:
        response: of a zero-mean filter, [taps].
        frequencies: cycles per sample.
    """
    times = np.arange(len(response)) - len(response) // 2
    turns = 2 * np.pi * np.outer(frequencies, times)
    waves = np.concatenate([np.cos(turns), np.sin(turns)])  # [2 * lines, taps]
    taken = (1 - 10 ** (-np.tile(cuts, 2) / 20)) * (waves @ response)
    kernels = waves * np.hanning(len(response) + 2)[1:-1]
    kernels -= kernels.mean(1, keepdims=True)
    return response - np.linalg.lstsq(waves @ kernels.T, taken, rcond=1e-6)[0] @ kernels


def _padded(responses: torch.Tensor, taps: int) -> torch.Tensor:
    """Filters [labels, fewer taps], padded with zeros on both sides: [labels, taps]."""
    side = (taps - responses.shape[1]) // 2
    return torch.nn.functional.pad(responses.detach(), (side, side))


def _real(data: PreparedData, label: str | None) -> np.ndarray:
    """Spectra of real clips' ends, [n, bins]."""
    rows = data.rows("train")
    if label is not None:
        rows = rows[data.label[rows] == data.labels.index(label)]
    rows = rows[:: -(-len(rows) // REAL_CLIPS) or 1]
    return tail_spectra(from_pcm16(data.clips[rows]))


def _reached(median: np.ndarray) -> np.ndarray:
    """The maximum of real clips near each bin: [bins], the shape kept."""
    reaches = np.maximum(ADJACENT, (DETUNED * np.arange(len(median))).astype(int))
    return np.array([median[max(0, bin - reach) : bin + reach + 1].max() for bin, reach in enumerate(reaches)])
