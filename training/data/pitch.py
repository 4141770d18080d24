"""Estimate the pitch of a clip, if it has a steady one and the source states none."""

import numpy as np

from audiogan.audio import from_pcm16, resample

RATE = 16000  # Hz: half of that makes high notes imprecise, and twice as much adds nothing
WINDOW, HOP, FFT_SIZE = 1024, 1024, 1536  # samples
SHORTEST, LONGEST = 7, 445  # periods in samples: 2,286 and 36 Hz
LAGS = np.arange(1, LONGEST + 1, dtype=np.float32)
TROUGH = 0.15  # ratio of a period's difference to the mean of all shorter periods': YIN's absolute threshold
NO_PERIOD = 0.4  # a frame whose trough is less deep has no period; white noise has troughs of 0.85 and more
LOUD_DB = 20.0  # frames this far below the loudest are ignored
TOLERANCE_SEMITONES = 0.3
STEADY_SHARE = 0.85
MIN_FRAMES, FEW, MANY = 3, 5, 10
SHORTEST_SECONDS = (FFT_SIZE + (MIN_FRAMES - 1) * HOP) / RATE
BATCH = 16  # frames at a time: they stay in the cache


def steady_pitches(pcm: np.ndarray, sample_rate: int) -> list[float | None]:
    """The pitch of each clip from its loud frames (YIN: de Cheveigne and Kawahara 2002); None unless most agree on it.

    Five frames spread over the clip are analysed, and ten if one of the five disagrees. One comes first: if it has no
    period, as in noise, the others are skipped. In `general-midi`, 95 % of tonal clips get a pitch, more than 99 % of
    those within half a semitone of the note that was played; 1 % of drums get one, too.

    Args:
        pcm: int16 [clips, time].
        sample_rate: Hz.

    Returns:
        MIDI numbers with cents as decimals.
    """
    audio = resample(from_pcm16(pcm).T, sample_rate, RATE).T if sample_rate != RATE else from_pcm16(pcm)
    if audio.shape[1] < SHORTEST_SECONDS * RATE:
        return [None] * len(pcm)
    frames = _Frames(np.ascontiguousarray(audio))
    loud = frames.loud()
    one = frames.ask([_spread(numbers, FEW)[1:2] for numbers in loud])
    few = frames.ask([_spread(numbers, FEW) if heard else [] for numbers, heard in zip(loud, one, strict=True)])
    unsure = [_agreeing(heard) == FEW - 1 for heard in few]
    many = frames.ask([_spread(numbers, MANY) if more else [] for numbers, more in zip(loud, unsure, strict=True)])
    return [
        _agreed(late, min(MANY, len(numbers))) if more else _agreed(early, min(FEW, len(numbers)))
        for early, late, numbers, more in zip(few, many, loud, unsure, strict=True)
    ]


def _spread(numbers: list[int], most: int) -> list[int]:
    """At most `most` of the numbers, evenly spread."""
    count = min(len(numbers), most)
    return [numbers[(2 * place + 1) * len(numbers) // (2 * count)] for place in range(count)]


def _median(pitches: list[float]) -> float:
    ordered = sorted(pitches)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


def _agreeing(pitches: list[float]) -> int:
    """How many are near their median."""
    middle = _median(pitches) if pitches else 0.0
    return sum(abs(pitch - middle) < TOLERANCE_SEMITONES for pitch in pitches)


def _agreed(pitches: list[float], asked: int) -> float | None:
    """The median pitch, if nearly all of the `asked` frames have one near it."""
    return _median(pitches) if pitches and _agreeing(pitches) >= STEADY_SHARE * asked else None


class _Frames:
    """Frames of clips, [clips, frames, FFT_SIZE], and the pitches of those analysed so far."""

    def __init__(self, audio: np.ndarray):
        self.frames = np.lib.stride_tricks.sliding_window_view(audio, FFT_SIZE, axis=1)[:, ::HOP]
        self.midi = np.full(self.frames.shape[:2], np.nan)  # infinite where there is no period

    def loud(self) -> list[list[int]]:
        """The numbers of each clip's loud frames; empty if they are too few to tell."""
        windows = self.frames[..., :WINDOW]
        levels = np.einsum("cft,cft->cf", windows, windows)
        loud = levels > levels.max(1, keepdims=True) * 10 ** (-LOUD_DB / 10)
        return [np.flatnonzero(row).tolist() if row.sum() >= MIN_FRAMES else [] for row in loud]

    def ask(self, numbers: list[list[int]]) -> list[list[float]]:
        """The pitches of these frames of each clip, as MIDI numbers, without frames that have no period."""
        clip = np.repeat(np.arange(len(numbers)), [len(each) for each in numbers])
        frame = np.array([number for each in numbers for number in each], dtype=int)
        new = np.flatnonzero(np.isnan(self.midi[clip, frame]))
        for part in (new[first : first + BATCH] for first in range(0, len(new), BATCH)):
            self.midi[clip[part], frame[part]] = _midi(_differences(self.frames[clip[part], frame[part]]))
        return [
            [midi for midi in row[each].tolist() if midi < np.inf] for row, each in zip(self.midi, numbers, strict=True)
        ]


def _differences(frames: np.ndarray) -> np.ndarray:
    """Energy of the difference between each frame's first `WINDOW` samples and those 1 to `LONGEST` samples later."""
    first = frames.copy()
    first[:, WINDOW:] = 0
    spectra = _spectra(first).conj() * _spectra(frames)
    alike = FFT_SIZE**2 * np.fft.irfft(spectra, FFT_SIZE)[:, 1 : LONGEST + 1]
    square = np.square(frames[:, : WINDOW + LONGEST])
    gained = np.cumsum(square[:, WINDOW:] - square[:, :LONGEST], axis=1, dtype=np.float64)  # by the later window
    return (2 * (square[:, :WINDOW].sum(1, keepdims=True) - alike) + gained).astype(np.float32)


def _spectra(frames: np.ndarray) -> np.ndarray:
    """Divided by FFT_SIZE: with any other norm numpy 2 computes float32 in double precision, at half the speed."""
    return np.fft.rfft(frames, norm="forward")


def _midi(differences: np.ndarray) -> np.ndarray:
    """The pitch of each frame by its period: the first deep trough, or the deepest; infinite if there is none."""
    means = np.maximum(np.cumsum(differences, axis=1) / LAGS, 1e-9)
    relative = differences / means
    left, middle, right = (relative[:, SHORTEST - 2 + k : LONGEST - 2 + k] for k in range(3))  # middle: from SHORTEST
    trough = (middle < left) & (middle <= right)
    deep = trough & (middle < TROUGH)
    at = np.where(deep.any(1), deep.argmax(1), np.where(trough, middle, np.inf).argmin(1))
    before, lowest, after = (part[np.arange(len(at)), at] for part in (left, middle, right))
    curvature = np.maximum(before + after - 2 * lowest, 1e-9)
    period = SHORTEST + at + np.clip((before - after) / (2 * curvature), -0.5, 0.5)  # a parabola's trough
    return np.where(lowest < NO_PERIOD, 69 + 12 * np.log2(RATE / 440 / period), np.inf)
