"""Clicks: moments of a clip that the sound around them does not explain.

A click is sought in what linear prediction leaves of the clip, as restorers of old records do (Godsill and Rayner,
Digital Audio Restoration, 1998): it stands out there, whereas partials and decays are predicted away. An attack does
not count, since the clip is louder after it than before, nor does a pulse that others like it surround.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiogan.evaluation.signal import frame_power

ORDER = 32
FRAME_SECONDS = 0.001
AROUND, ADJACENT = 32, 2  # frames on either side that a frame is held against, and those next to it that may ring
LOUDER = 1  # of those that may be louder than what it is held against: other clicks
STANDS_OUT = 10**1.4  # in power, 14 dB
ATTACK = 4.0  # in power: what is louder by that after a moment than before has begun there
FAINTEST = 1e-5  # RMS that is held against in silence: a frame that stands out from it has -86 dBFS


def count(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Clicks in each clip, and where it is cut off before it is silent: [n, time] in [-1, 1] to float32 [n]."""
    frame = max(1, int(FRAME_SECONDS * sample_rate))
    audio = np.pad(np.asarray(audio, np.float32), ((0, 0), (0, AROUND * frame)))
    power = frame_power(unpredicted(audio)[:, ORDER:], frame)
    offsets = np.arange(-AROUND, AROUND + 1)
    windows = _around(power, "reflect")[..., np.abs(offsets) > ADJACENT]
    loudest = np.partition(windows, -1 - LOUDER, axis=-1)[..., -1 - LOUDER]
    heard = _around(frame_power(audio[:, ORDER:], frame), "constant")
    before, after = (heard[..., side > ADJACENT].mean(-1) for side in (-offsets, offsets))
    clicks = (power > STANDS_OUT * np.maximum(loudest, FAINTEST**2)) & (after <= ATTACK * before)
    return clicks.sum(1).astype(np.float32)


def _around(frames: np.ndarray, edges: str) -> np.ndarray:
    """Each frame between those around it: [n, frames] to [n, frames, 2 * AROUND + 1]."""
    return sliding_window_view(np.pad(frames, ((0, 0), (AROUND, AROUND)), mode=edges), 2 * AROUND + 1, axis=1)


def unpredicted(audio: np.ndarray) -> np.ndarray:
    """What a linear predictor of each clip's own leaves of it: [n, time] to the same."""
    size = 2 * audio.shape[1]
    spectrum = np.fft.rfft(audio, size)
    autocorrelation = np.fft.irfft(np.square(np.abs(spectrum)), size)[:, : ORDER + 1]
    autocorrelation[:, 0] += 1e-9 * autocorrelation[:, 0] + audio.shape[1] * FAINTEST**2  # so that silence has one too
    lags = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    weights = np.linalg.solve(autocorrelation[:, lags], autocorrelation[:, 1:, None])[..., 0]
    whitening = np.concatenate([np.ones((len(audio), 1)), -weights], axis=1)
    return np.fft.irfft(spectrum * np.fft.rfft(whitening, size), size)[:, : audio.shape[1]].astype(np.float32)
