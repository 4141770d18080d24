"""Fit sounds of any length to one: cut off with a fade, or padded with silence."""

import functools

import numpy as np

from audiogan.audio import FADE_SECONDS

PEAK = 0.95  # of clips that are peak-normalised
SILENCE_PEAK = 10 ** (-60 / 20)  # a sound that stays below it is silent


def fit_length(audio: np.ndarray, num_samples: int, sample_rate: int) -> np.ndarray:
    """The first `num_samples` of audio [time]: padded with silence, faded where it is cut off; float32 [num_samples].

    Args:
        sample_rate: Hz, of the audio.
    """
    piece = np.zeros(num_samples, dtype=np.float32)
    piece[: len(audio)] = audio[:num_samples]
    if len(audio) > num_samples:
        fade = _fade(int(FADE_SECONDS * sample_rate))
        piece[-len(fade) :] *= fade
    return piece


@functools.cache
def _fade(size: int) -> np.ndarray:
    """Gain from 1 to 0, float32 [size]."""
    return np.cos(np.linspace(0, np.pi / 2, size, dtype=np.float32)) ** 2
