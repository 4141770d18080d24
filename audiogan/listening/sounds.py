"""Sounds as a page gets them: bare samples of equal number, masked, under meaningless names."""

import base64

import numpy as np

from audiogan.audio import read_audio, to_pcm16
from audiogan.listening import headphones
from audiogan.listening.study import Study

_FACTOR, _STEP = 1664525, 1013904223  # of the congruential generator in Numerical Recipes, modulo 2**32


class Sounds:
    """Every clip of a study in memory.

    Attributes:
        sample_rate: Hz, of everything.
        seconds: how long a clip is.
    """

    def __init__(self, study: Study):
        self.sample_rate, self.seconds = study.sample_rate, study.num_samples / study.sample_rate
        self._clips = {one.id: to_pcm16(read_audio(study.path(one.id))[0]) for one in study.stimuli}

    def clip(self, stimulus: str, token: str) -> str:
        """A stimulus for the page, masked."""
        return masked(self._clips[stimulus], token)

    def headphone_interval(self, has_tone: bool, random: np.random.Generator, token: str) -> str:
        """One noise of the headphone check for the page, masked: left and right samples interleaved."""
        ears = headphones.interval(has_tone, self.sample_rate, random)
        return masked(to_pcm16(ears.T.ravel()), token)


def masked(pcm: np.ndarray, token: str) -> str:
    """int16 [time] as base64, each sample XORed with the token's stream.

    The page knows the token and removes the mask. In between, nobody can tell two clips apart by how well they
    compress, or recognise one in another session.
    """
    return base64.b64encode((pcm.astype("<i2").view("<u2") ^ mask(token, len(pcm))).tobytes()).decode()


def mask(token: str, count: int) -> np.ndarray:
    """The upper halves of x[n + 1] = factor x[n] + step, seeded by the token's first eight digits: uint16 [count]."""
    powers = np.concatenate(([1], np.cumprod(np.full(count, _FACTOR, np.uint32), dtype=np.uint32)))
    steps = np.cumsum(powers, dtype=np.uint32) * np.uint32(_STEP)
    start = np.uint32(int(token[:8], 16))
    return ((powers[1:].astype(np.uint32) * start + steps[:-1]) >> np.uint32(16)).astype("<u2")
