"""What a listener notices first about a sound, as numbers. Audio is float [clips, time] in [-1, 1]."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FRAME_SECONDS = 0.008
FLOOR = 1e-5  # -100 dBFS
HEARD_DB = 30.0  # below a clip's peak; what is quieter does not count towards its length
PITCH_HZ = (50.0, 2000.0)
PERIODIC = 0.2  # YIN's threshold: smaller is stricter


@dataclass(frozen=True)
class Descriptor:
    """A property of a sound.

    Attributes:
        name: the name of a slider that changes it.
        low, high: words for its two ends.
        unit: of `measure`'s values.
        least: the smallest plainly audible change.
        measure: maps audio and sample rate in Hz to [clips]; NaN for a clip that has none.
    """

    name: str
    low: str
    high: str
    unit: str
    least: float
    measure: Callable[[np.ndarray, int], np.ndarray]


def brightness(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Spectral centroid in Hz: the mean frequency, weighted by magnitude."""
    magnitude = np.abs(np.fft.rfft(audio, axis=1))  # [clips, freq]
    hz = np.fft.rfftfreq(audio.shape[1], 1 / sample_rate)
    return magnitude @ hz / magnitude.sum(1).clip(FLOOR)


def attack(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Rise time of the envelope from a tenth to nine tenths of its peak, in milliseconds."""
    envelope, frame_ms = _envelope(audio, sample_rate), 1000 * FRAME_SECONDS
    peak = envelope.max(1, keepdims=True).clip(FLOOR)
    first, last = (np.argmax(envelope >= share * peak, axis=1) for share in (0.1, 0.9))
    return (last - first) * frame_ms


def length(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Milliseconds during which the envelope is within `HEARD_DB` of its peak."""
    envelope = _envelope(audio, sample_rate)
    heard = envelope > envelope.max(1, keepdims=True).clip(FLOOR) * 10 ** (-HEARD_DB / 20)
    return heard.sum(1) * 1000 * FRAME_SECONDS


def level(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Root mean square in dB relative to full scale."""
    return 20 * np.log10(np.sqrt(np.square(audio).mean(1)).clip(FLOOR))


def pitch(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """MIDI number at the loudest moment, by YIN (de Cheveigne and Kawahara 2002); NaN for aperiodic sounds."""
    return np.array([_pitch(clip, sample_rate) for clip in audio])


DESCRIPTORS = (
    Descriptor("brightness", "darker", "brighter", "Hz", 40.0, brightness),
    Descriptor("attack", "sharper", "softer", "ms", 16.0, attack),
    Descriptor("length", "shorter", "longer", "ms", 40.0, length),
    Descriptor("level", "quieter", "louder", "dB", 1.0, level),
    Descriptor("pitch", "lower", "higher", "semitones", 0.5, pitch),
)


def measure(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Every descriptor of every clip, [descriptors, clips]."""
    return np.stack([descriptor.measure(audio, sample_rate) for descriptor in DESCRIPTORS])


def _envelope(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Root mean square of frames of `FRAME_SECONDS`, [clips, frames]."""
    frame = max(1, round(FRAME_SECONDS * sample_rate))
    frames = audio.shape[1] // frame
    return np.sqrt(np.square(audio[:, : frames * frame]).reshape(len(audio), frames, frame).mean(2))


def _pitch(clip: np.ndarray, sample_rate: int) -> float:
    longest = int(sample_rate / PITCH_HZ[0])
    window = 2 * longest  # samples compared at each lag
    energy = np.convolve(np.square(clip), np.ones(window + longest), "valid")
    start = int(energy.argmax())
    part = clip[start : start + window + longest].astype(np.float64)
    if energy[start] / len(part) < FLOOR**2:
        return np.nan
    lag = _first_dip(_normalised_difference(part, window, longest), int(sample_rate / PITCH_HZ[1]))
    return np.nan if lag is None else 69 + 12 * np.log2(sample_rate / lag / 440)


def _normalised_difference(part: np.ndarray, window: int, longest: int) -> np.ndarray:
    """YIN's d'(lag) for lags 0 to longest: the squared difference over its mean at shorter lags."""
    squares = np.concatenate([[0.0], np.square(part).cumsum()])
    lags = np.arange(longest + 1)
    energy = squares[window] + squares[lags + window] - squares[lags]
    size = 2 * len(part)
    spectrum = np.conj(np.fft.rfft(part[:window], size)) * np.fft.rfft(part, size)
    difference = (energy - 2 * np.fft.irfft(spectrum, size)[: longest + 1]).clip(0)
    return np.concatenate([[1.0], difference[1:] * lags[1:] / difference[1:].cumsum().clip(1e-12)])


def _first_dip(difference: np.ndarray, shortest: int) -> float | None:
    """Lag of the first minimum below `PERIODIC`, interpolated by a parabola; None if there is none."""
    below = np.flatnonzero(difference[shortest:-1] < PERIODIC)
    if not len(below):
        return None
    lag = shortest + int(below[0])
    while lag + 1 < len(difference) - 1 and difference[lag + 1] < difference[lag]:
        lag += 1
    before, here, after = difference[lag - 1 : lag + 2]
    bend = before - 2 * here + after
    return lag + (0.5 * (before - after) / bend if bend > 0 else 0.0)
