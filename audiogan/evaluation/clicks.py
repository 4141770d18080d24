"""Clicks: moments of a clip that the sound around them does not explain.

Clicks are sought in the residual of linear prediction, as in the restoration of old records (Godsill and Rayner,
Digital Audio Restoration, 1998): they stand out there, whereas partials and decays are predicted away. An attack does
not count, since the clip is louder after it than before; nor does a pulse among others like it.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiogan.evaluation.signal import frame_power

ORDER = 32
FRAME_SECONDS = 0.001
AROUND, ADJACENT = 32, 2  # frames on either side that a frame is compared with, except those next to it, which may ring
LOUDER = 1  # of those that may be louder than the frame compared with: other clicks
STANDS_OUT = 10**1.4  # in power, 14 dB
ATTACK = 4.0  # in power: a clip that gets louder by more than this has an attack there
FAINTEST = 1e-5  # RMS compared with in silence: a frame that stands out from it has -86 dBFS


def count(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Number of clicks in each clip, including an end before silence: [n, time] in [-1, 1] to float32 [n]."""
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
    """Each frame with those around it: [n, frames] to [n, frames, 2 * AROUND + 1]."""
    return sliding_window_view(np.pad(frames, ((0, 0), (AROUND, AROUND)), mode=edges), 2 * AROUND + 1, axis=1)


def unpredicted(audio: np.ndarray) -> np.ndarray:
    """Residual of each clip after its own linear predictor: [n, time] to the same."""
    size = 2 * audio.shape[1]
    spectrum = np.fft.rfft(audio, size)
    autocorrelation = np.fft.irfft(np.square(np.abs(spectrum)), size)[:, : ORDER + 1]
    autocorrelation[:, 0] += 1e-9 * autocorrelation[:, 0] + audio.shape[1] * FAINTEST**2  # for silence's sake
    lags = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    weights = np.linalg.solve(autocorrelation[:, lags], autocorrelation[:, 1:, None])[..., 0]
    whitening = np.concatenate([np.ones((len(audio), 1)), -weights], axis=1)
    return np.fft.irfft(spectrum * np.fft.rfft(whitening, size), size)[:, : audio.shape[1]].astype(np.float32)
