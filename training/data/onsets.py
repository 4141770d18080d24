"""Cut recordings into clips at the onsets of their sounds, with only blocks of a recording in memory."""

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from audiogan.lengths import SILENCE_PEAK
from training.data.clips import ClipFormat, fit

ONSET_RANGE_DB = 40.0
FADED_DB = 6.0  # a sound lasts while it is this close to its own maximum; after that it fades away
STRUCK_RANGE_DB = 20.0  # a part as short as a hit counts as a hit only if it comes this close to the loudest
PRE_ROLL_SECONDS = 0.004
HOPS_A_SECOND = 250
QUIET_SHARE = 0.25  # of a recording's hops: the quietest, whose means give its DC offset
FEWEST_QUIET = 8  # fewer could lie in one half of a low sound's period
LOUDEST = 1e15  # far beyond integers that a file calls floats, and float32 holds the energy of its hops
SLIGHT = 1e-3  # of the peak: an offset 20 dB below `ONSET_RANGE_DB` hides no onset
CLEAR = 3.0  # an offset must exceed the spread of those means by this factor
LASTING = 25  # hops, 0.1 s: enough periods of the lowest sounds for their mean to be near the offset
FEWEST_LASTING = 8
LEAST_LASTING = 10 ** (-ONSET_RANGE_DB / 20)  # of the peak: the mean of a sound without an offset is smaller


def find_starts(blocks: Iterable[np.ndarray], rate: int, form: ClipFormat) -> tuple[list[int], "Levels"]:
    """Where clips of a recording begin: at each onset after silence, and again along sounds that last.

    Of hits closer together than a clip's length, only the first begins a clip, which contains the others. A sound that
    fades gives no second clip: at equal peaks, that would begin loud in the middle of a decay.

    Args:
        blocks: the recording from its start, mono float32 [time] at any rate.
        rate: its sample rate in Hz.

    Returns:
        Starts in samples at the clips' rate, ascending, empty for silence; and the recording's levels.

    Raises:
        ValueError: samples that no sound has.
    """
    levels = Levels.of(blocks, max(1, rate // HOPS_A_SECOND))
    return ([] if levels.peak < SILENCE_PEAK else list(_starts(levels, rate, form))), levels


def spread(starts: list[int], most: int) -> list[int]:
    """At most `most` of the starts, evenly spread, including the first."""
    return [starts[place * len(starts) // most] for place in range(most)] if len(starts) > most else starts


def cut(pieces: Iterable[np.ndarray], starts: list[int], form: ClipFormat) -> list[tuple[np.ndarray, float]]:
    """The clips that begin at `starts`, silent ones left out.

    Args:
        pieces: `piece_size(form)` samples from each start, fewer at the end, float32 [time] at the clips' rate.

    Returns:
        (int16 [num_samples], onset in seconds) pairs.
    """
    clips = [(fit(piece, form), start / form.sample_rate) for start, piece in zip(starts, pieces, strict=True)]
    return [(pcm, onset) for pcm, onset in clips if pcm is not None]


def piece_size(form: ClipFormat) -> int:
    """One sample more than a clip has, so that `fit` sees whether it cuts a sound off."""
    return form.num_samples + 1


def _starts(levels: "Levels", rate: int, form: ClipFormat) -> Iterator[int]:
    """Where clips begin, in samples: clips do not overlap, and one that is mostly silence begins with its own hit."""
    parts = levels.sounding_parts()
    hops, places = parts // levels.hop, parts * form.sample_rate // rate
    struck = levels.power.max() * 10 ** (-STRUCK_RANGE_DB / 10)
    pre_roll, free = int(PRE_ROLL_SECONDS * form.sample_rate), 0
    for (first, last), (onset, end) in zip(hops.tolist(), places.tolist(), strict=True):
        power = levels.power[first : last + 1]
        start, shortest = max(free, onset - pre_roll), form.num_samples // 4
        if power.max() > struck and onset >= free:
            shortest = min(shortest, end - start - 1)  # a hit, however short
        loud = np.flatnonzero(power > power.max() * 10 ** (-FADED_DB / 10)) + first
        loud = loud * levels.hop * form.sample_rate // rate
        while start < end - shortest:
            yield start
            free, shortest = start + form.num_samples, form.num_samples // 4
            following = np.searchsorted(loud, free)
            if following == len(loud):
                break
            start = max(free, int(loud[following]) - pre_roll)


@dataclass(frozen=True)
class Levels:
    """How loud a recording is relative to its DC offset.

    Attributes:
        hop: samples that are measured together.
        energy: of every hop, float32 [hops].
        length: of the recording, in samples.
        peak: the largest distance of a sample from the offset.
        offset: the constant that an amplifier or a converter added to all samples; 0 if none is clear.
    """

    hop: int
    energy: np.ndarray
    length: int
    peak: float
    offset: float

    @classmethod
    def of(cls, blocks: Iterable[np.ndarray], hop: int) -> "Levels":
        energy, total, rest, length, low, high = [], [], np.zeros(0, np.float32), 0, np.inf, -np.inf
        for block in blocks:
            if len(block):
                length, low, high = length + len(block), min(low, float(block.min())), max(high, float(block.max()))
                if max(high, -low) > LOUDEST:
                    raise ValueError(f"holds samples of {max(high, -low):.0e}, where full scale is 1")
            block = np.concatenate([rest, block]) if len(rest) else block
            hops, rest = np.split(block, [len(block) // hop * hop])
            hops = hops.reshape(-1, hop)
            energy.append(np.einsum("ij,ij->i", hops, hops))
            total.append(hops @ np.ones(hop, np.float32))
        energy = np.concatenate([*energy, [rest @ rest]], dtype=np.float32)
        total = np.concatenate([*total, [rest.sum()]], dtype=np.float32)
        slight = abs(float(total.sum())) < SLIGHT * max(high, -low) * length  # as in most recordings
        offset = 0.0 if slight else _offset(energy[:-1], total[:-1], hop, max(high, -low))
        if offset:  # the sum of (x - offset)^2, without another look at the samples
            size = np.append(np.full(len(energy) - 1, hop), len(rest))
            energy = (energy - offset * (2 * total - offset * size)).clip(0).astype(np.float32)
        return cls(hop, energy, length, max(high - offset, offset - low), offset)

    def sounding_parts(self) -> np.ndarray:
        """Where frames of four hops are within 40 dB of the loudest, as in `librosa.effects.split`.

        Returns:
            (begin, end) in samples, int64 [parts, 2].
        """
        power = np.pad(self.power, 1)  # with a silent frame before and after
        loud = power > power.max() * 10 ** (-ONSET_RANGE_DB / 10)
        return np.minimum(np.flatnonzero(loud[1:] != loud[:-1]).reshape(-1, 2) * self.hop, self.length)

    @functools.cached_property
    def power(self) -> np.ndarray:
        """The energy of each frame: four hops around every hop, float32 [hops]."""
        power = np.zeros(len(self.energy), np.float32)
        for delay in range(-1, 3):  # a frame reaches two hops back, and two on
            power[max(0, delay) : len(self.energy) + min(0, delay)] += self.energy[
                max(0, -delay) : len(self.energy) - max(0, delay)
            ]
        return power


def _offset(energy: np.ndarray, total: np.ndarray, hop: int, peak: float) -> float:
    """The mean of the quietest hops if they agree on one; those of a low sound or a decay scatter around 0.

    A low sound without a pause has no quiet hops, only hops filled by its peaks: there, means over longer parts must
    agree.

    Args:
        energy: of each whole hop, float32 [hops].
        total: the sum of its samples, float32 [hops].
        peak: the largest magnitude of a sample.
    """
    count = int(QUIET_SHARE * len(total))
    if count < FEWEST_QUIET:
        return 0.0
    mean = total.astype(np.float64) / hop
    quiet = mean[np.argpartition(energy - hop * mean**2, count)[:count]]
    offset, differ = float(quiet.mean()), CLEAR * float(quiet.std())
    agree = abs(offset) > differ
    if agree and 2 * abs(offset - mean.mean()) < abs(offset):  # else they are a low sound's peaks
        return offset
    lasting = _lasting_offset(mean, LEAST_LASTING * peak)
    return lasting if agree or abs(lasting - offset) <= differ else 0.0  # else a pause shows that there is none


def _lasting_offset(mean: np.ndarray, least: float) -> float:
    """The mean of a sound that lasts, from its hops' means [hops]; 0 below `least`, or if its parts disagree."""
    lasting = mean[: len(mean) // LASTING * LASTING].reshape(-1, LASTING).mean(1)
    if len(lasting) < FEWEST_LASTING:
        return 0.0
    error = lasting.std() / math.sqrt(len(lasting))
    return float(lasting.mean()) if abs(lasting.mean()) > max(least, CLEAR * error) else 0.0


def take(blocks: Iterable[np.ndarray], starts: list[int], size: int) -> Iterator[np.ndarray]:
    """`size` samples from each of `starts` (ascending), fewer at the end; reads no further than it must."""
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
