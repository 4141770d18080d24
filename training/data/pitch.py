"""The pitch of a clip, where it has a steady one and nobody said which."""

import numpy as np

from audiogan.audio import from_pcm16, resample

RATE = 16000  # Hz: half of it makes high notes imprecise, and twice as much tells nothing more
WINDOW, HOP, FFT_SIZE = 1024, 1024, 1536  # samples
SHORTEST, LONGEST = 7, 445  # periods in samples: 2,286 and 36 Hz
LAGS = np.arange(1, LONGEST + 1, dtype=np.float32)
TROUGH = 0.15  # of a period's difference to the mean of all shorter ones: YIN's absolute threshold
LOUD_DB = 20.0  # frames this far below the loudest are not listened to
TOLERANCE_SEMITONES = 0.3
STEADY_SHARE = 0.85
MIN_FRAMES = 3
BATCH = 8  # frames


def steady_pitches(pcm: np.ndarray, sample_rate: int) -> list[float | None]:
    """The pitch of each clip by its loud frames (YIN: de Cheveigne and Kawahara 2002); None unless most agree on it.

    A fourth of the frames is asked at a time; where they disagree so much that the others cannot make up for it, these
    are not. Of every third clip of `general-midi`, 95 of 100 tonal ones get a pitch, more than 99 of 100 of those
    within half a semitone of the note that was played; so do 2 of 100 drums.

    Args:
        pcm: int16 [clips, time].
        sample_rate: Hz.

    Returns:
        MIDI numbers with cents as decimals.
    """
    audio = resample(from_pcm16(pcm).T, sample_rate, RATE).T if sample_rate != RATE else from_pcm16(pcm)
    starts = np.arange(0, audio.shape[1] - WINDOW - LONGEST + 1, HOP)
    if len(starts) < MIN_FRAMES:
        return [None] * len(pcm)
    levels = np.square(audio[:, : len(starts) * HOP].reshape(len(audio), -1, HOP)[..., :WINDOW]).sum(2)
    loud = levels > levels.max(1, keepdims=True) * 10 ** (-LOUD_DB / 10)
    needed = np.where(loud.sum(1) < MIN_FRAMES, np.inf, STEADY_SHARE * loud.sum(1))
    pitch = np.full(loud.shape, np.nan)
    for turn in (1, 3, 0, 2):
        left = loud & np.isnan(pitch)
        hopeful = _most_alike(pitch) + left.sum(1) >= needed
        clip, frame = np.nonzero(left & (np.arange(len(starts)) % 4 == turn) & hopeful[:, None])
        if len(clip):
            pitch[clip, frame] = _pitches(audio, clip, starts[frame])
    return [_agreed(of_clip[of_clip == of_clip], least) for of_clip, least in zip(pitch, needed, strict=True)]


def _agreed(pitch: np.ndarray, least: float) -> float | None:
    """The median of a clip's pitches if as many as `least` are near it."""
    if len(pitch) < least:
        return None
    middle = float(np.median(pitch))
    return middle if np.sum(np.abs(pitch - middle) < TOLERANCE_SEMITONES) >= least else None


def _most_alike(pitch: np.ndarray) -> np.ndarray:
    """How many of each clip's pitches, at most, could be near one median: [clips, frames], NaN where unknown."""
    distance = np.abs(pitch[:, :, None] - pitch[:, None])  # [clips, frames, frames]
    return (distance < 2 * TOLERANCE_SEMITONES).sum(2).max(1)


def _pitches(audio: np.ndarray, clip: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """MIDI numbers of frames, each in a clip and from a start on; few at a time, which stay in the cache."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, WINDOW + LONGEST, axis=1)
    parts = [slice(first, first + BATCH) for first in range(0, len(clip), BATCH)]
    periods = [_periods(_differences(frames[clip[part], starts[part]])) for part in parts]
    return 69 + 12 * np.log2(RATE / 440 / np.concatenate(periods))


def _differences(frames: np.ndarray) -> np.ndarray:
    """Energy of the difference between the first `WINDOW` samples of each frame and as many 1 to `LONGEST` later."""
    spectra = np.fft.rfft(frames[:, :WINDOW], FFT_SIZE).conj() * np.fft.rfft(frames, FFT_SIZE)
    alike = np.fft.irfft(spectra, FFT_SIZE)[:, 1 : LONGEST + 1]
    energy = np.cumsum(np.square(frames), axis=1, dtype=np.float64)  # of all samples up to each
    later = energy[:, WINDOW:] - energy[:, :LONGEST]  # of the window at each lag
    return (energy[:, WINDOW - 1, None] + later - 2 * alike).astype(np.float32)


def _periods(differences: np.ndarray) -> np.ndarray:
    """The period of each frame, in samples with decimals: the first deep trough, or the deepest."""
    means = np.maximum(np.cumsum(differences, axis=1) / LAGS, 1e-9)
    relative = differences / means
    left, middle, right = (relative[:, SHORTEST - 2 + k : LONGEST - 2 + k] for k in range(3))  # middle: from SHORTEST
    trough = (middle < left) & (middle <= right)
    deep = trough & (middle < TROUGH)
    at = np.where(deep.any(1), deep.argmax(1), np.where(trough, middle, np.inf).argmin(1))
    before, lowest, after = (part[np.arange(len(at)), at] for part in (left, middle, right))
    curvature = np.maximum(before + after - 2 * lowest, 1e-9)
    return SHORTEST + at + np.clip((before - after) / (2 * curvature), -0.5, 0.5)  # where a parabola has its trough
