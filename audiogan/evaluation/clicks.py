"""Clicks: moments of a clip that the sound around them does not explain.

A click is sought in what linear prediction leaves of the clip, as restorers of old records do (Godsill and Rayner,
Digital Audio Restoration, 1998): it stands out there, whereas partials and decays are predicted away. An attack does
not count, since what follows it is loud as well, nor does a pulse that others like it surround.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ORDER = 32
FRAME_SECONDS = 0.001
AROUND, ADJACENT = 32, 2  # frames on either side that a frame is held against, and those next to it that may ring
LOUDER = 1  # of those that may be louder than what it is held against: other clicks
STANDS_OUT = 10**1.4  # in power, 14 dB
FAINTEST = 1e-5  # RMS of what is heard as a click: -100 dBFS, about one step of 16 bits


def count(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Clicks in each clip: [n, time] in [-1, 1] to float32 [n]."""
    frame = max(1, int(FRAME_SECONDS * sample_rate))
    rest = unpredicted(np.asarray(audio, np.float32))[:, ORDER:]
    energy = np.square(rest[:, : rest.shape[1] // frame * frame]).reshape(len(rest), -1, frame).sum(2)
    padded = np.pad(energy, ((0, 0), (AROUND, AROUND)), mode="reflect")
    offsets = np.arange(-AROUND, AROUND + 1)
    windows = sliding_window_view(padded, len(offsets), axis=1)[..., np.abs(offsets) > ADJACENT]
    around = np.partition(windows, -1 - LOUDER, axis=-1)[..., -1 - LOUDER]
    return (energy > STANDS_OUT * np.maximum(around, frame * FAINTEST**2)).sum(1).astype(np.float32)


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
