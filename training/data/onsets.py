"""Cut recordings into clips at the onsets of their sounds. However long one is, only blocks of it are in memory."""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiogan.lengths import SILENCE_PEAK
from training.data.clips import ClipFormat, fit

ONSET_RANGE_DB = 40.0
STRUCK_RANGE_DB = 20.0  # a part as short as a hit is one only if it comes so near the loudest
PRE_ROLL_SECONDS = 0.004
HOPS_A_SECOND = 250


def find_starts(blocks: Iterable[np.ndarray], rate: int, form: ClipFormat, max_crops: int) -> list[int]:
    """Where clips of a recording begin: at each onset after silence, and on along sounds that last.

    Of hits closer than a clip is long, the first gets one, in which the next are heard.

    Args:
        blocks: the recording from its start, mono float32 [time] at any rate.
        rate: its sample rate in Hz.
        max_crops: the most clips to take.

    Returns:
        Samples at the clips' rate, ascending; none where all is silent.
    """
    levels = Levels.of(blocks, max(1, rate // HOPS_A_SECOND))
    if levels.peak < SILENCE_PEAK:
        return []
    parts = levels.sounding_parts()
    starts = _starts(parts * form.sample_rate // rate, levels.struck(parts), form)
    return list(itertools.islice(starts, max_crops))


def cut(pieces: Iterable[np.ndarray], starts: list[int], form: ClipFormat) -> list[tuple[np.ndarray, float]]:
    """The clips that begin at `starts`, silent ones left out.

    Args:
        pieces: from each start on `piece_size(form)` samples or what there is, float32 [time] at the clips' rate.

    Returns:
        (int16 [num_samples], onset in seconds) pairs.
    """
    clips = [(fit(piece, form), start / form.sample_rate) for start, piece in zip(starts, pieces, strict=True)]
    return [(pcm, onset) for pcm, onset in clips if pcm is not None]


def piece_size(form: ClipFormat) -> int:
    """One sample more than a clip has, for `fit` to see that it cuts a sound off."""
    return form.num_samples + 1


def _starts(parts: np.ndarray, struck: np.ndarray, form: ClipFormat) -> Iterator[int]:
    """Where clips begin, in samples: no two share one, and what is nearly all silence begins with a hit of its own."""
    pre_roll, free = int(PRE_ROLL_SECONDS * form.sample_rate), 0
    for (onset, end), is_struck in zip(parts.tolist(), struck.tolist(), strict=True):
        begin = max(free, onset - pre_roll)
        is_hit = is_struck and onset >= free
        for start in range(begin, end - form.num_samples // 4, form.num_samples) or ([begin] if is_hit else []):
            yield start
            free = start + form.num_samples


@dataclass(frozen=True)
class Levels:
    """How loud a recording is: the energy of every `hop` samples, float32 [hops], its length in samples, its peak."""

    hop: int
    energy: np.ndarray
    length: int
    peak: float

    @classmethod
    def of(cls, blocks: Iterable[np.ndarray], hop: int) -> "Levels":
        energy, rest, length, peak = [], np.zeros(0, np.float32), 0, 0.0
        for block in blocks:
            if len(block):
                length, peak = length + len(block), max(peak, float(block.max()), -float(block.min()))
            block = np.concatenate([rest, block]) if len(rest) else block
            hops, rest = np.split(block, [len(block) // hop * hop])
            hops = hops.reshape(-1, hop)
            energy.append(np.einsum("ij,ij->i", hops, hops))
        return cls(hop, np.concatenate([*energy, [rest @ rest]], dtype=np.float32), length, peak)

    def sounding_parts(self) -> np.ndarray:
        """Where frames of four hops are within 40 dB of the loudest, as `librosa.effects.split` says it.

        Returns:
            (begin, end) in samples, int64 [parts, 2].
        """
        power = np.pad(self.power, 1)  # between a silent frame before and one after
        loud = power > power.max() * 10 ** (-ONSET_RANGE_DB / 10)
        return np.minimum(np.flatnonzero(loud[1:] != loud[:-1]).reshape(-1, 2) * self.hop, self.length)

    def struck(self, parts: np.ndarray) -> np.ndarray:
        """Which of the sounding parts come within 20 dB of the loudest, bool [parts]."""
        loudest = np.maximum.reduceat(self.power, parts[:, 0] // self.hop) if len(parts) else self.power[:0]
        return loudest > self.power.max() * 10 ** (-STRUCK_RANGE_DB / 10)

    @functools.cached_property
    def power(self) -> np.ndarray:
        """The energy of each frame, of four hops about every hop, float32 [hops]."""
        power = np.zeros(len(self.energy), np.float32)
        for delay in range(-1, 3):  # a frame reaches two hops back, and two on
            power[max(0, delay) : len(self.energy) + min(0, delay)] += self.energy[
                max(0, -delay) : len(self.energy) - max(0, delay)
            ]
        return power


def take(blocks: Iterable[np.ndarray], starts: list[int], size: int) -> Iterator[np.ndarray]:
    """The `size` samples from each of `starts` (ascending) on, fewer at the end; reads no further than it must."""
    held, offset, waiting = np.zeros(0, np.float32), 0, list(starts[::-1])
    for block in blocks:
        held = np.concatenate([held, block]) if len(held) else block
        while waiting and waiting[-1] + size <= offset + len(held):
            begin = waiting.pop() - offset
            yield held[begin : begin + size]
        if not waiting:
            return
        done = min(waiting[-1] - offset, len(held))
        held, offset = held[done:], offset + done
    while waiting:
        begin = waiting.pop() - offset
        yield held[begin : begin + size]
