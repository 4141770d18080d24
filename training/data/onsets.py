"""Cut recordings into clips at the onsets of their sounds. However long one is, only blocks of it are in memory."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from training.data.clips import SILENCE_PEAK, ClipFormat, fit

ONSET_RANGE_DB = 40.0
PRE_ROLL_SECONDS = 0.004
HOPS_A_SECOND = 250


def cut(blocks: Callable[[], Iterable[np.ndarray]], form: ClipFormat, max_crops: int) -> list[tuple[np.ndarray, float]]:
    """Clips of a recording: one from each onset after silence, and more along sounds that last.

    Args:
        blocks: gives the recording from its start, mono float32 [time] at the clips' sample rate; it is called a
            second time where there is something to cut.
        max_crops: the most clips to take.

    Returns:
        (int16 [num_samples], onset in seconds) pairs; none where all is silent.
    """
    levels = Levels.of(blocks(), max(1, form.sample_rate // HOPS_A_SECOND))
    if levels.peak < SILENCE_PEAK:
        return []
    starts = list(itertools.islice(_starts(levels.sounding_parts(), form), max_crops))
    pieces = take(blocks(), starts, form.num_samples + 1)  # one sample more, for `fit` to see that it cuts a sound off
    clips = [(fit(piece, form), start / form.sample_rate) for start, piece in zip(starts, pieces, strict=True)]
    return [(pcm, onset) for pcm, onset in clips if pcm is not None]


def _starts(parts: np.ndarray, form: ClipFormat) -> Iterator[int]:
    """Where clips begin, in samples: no two share a sample, and none but the first is nearly all silence."""
    pre_roll, free = int(PRE_ROLL_SECONDS * form.sample_rate), 0
    for begin, end in parts.tolist():
        begin = max(free, begin - pre_roll)
        for start in range(begin, end - form.num_samples // 4, form.num_samples) or ([] if free else [begin]):
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
        power = np.zeros(len(self.energy) + 2, np.float32)  # of each frame, between a silent one before and after
        for delay in range(-1, 3):  # a frame reaches two hops back, and two on
            power[1 + max(0, delay) : 1 + len(self.energy) + min(0, delay)] += self.energy[
                max(0, -delay) : len(self.energy) - max(0, delay)
            ]
        loud = power > power.max() * 10 ** (-ONSET_RANGE_DB / 10)
        return np.minimum(np.flatnonzero(loud[1:] != loud[:-1]).reshape(-1, 2) * self.hop, self.length)


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
