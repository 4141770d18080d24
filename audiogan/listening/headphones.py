"""The headphone check: Huggins pitch, a tone that only two separate ears hear.

A. E. Milne et al.: An online headphone screening test based on dichotic pitch. Behavior Research Methods 53, 2021.
Both ears get the same noise, but in a narrow band around 600 Hz one ear's phase runs through a full turn. Each
ear alone hears plain noise; the brain, comparing them, hears a faint tone. Loudspeakers mix the two in the air.
"""

import numpy as np

CENTRE_HZ, HALF_WIDTH = 600.0, 0.06  # the turn spans CENTRE_HZ * (1 +- HALF_WIDTH)
CUTOFF_HZ = 3000.0
SECONDS, RAMP_SECONDS, PEAK = 1.0, 0.03, 0.25
INTERVALS = 3  # of a trial, one of them with the tone


def interval(has_tone: bool, sample_rate: int, random: np.random.Generator) -> np.ndarray:
    """Noise in both ears: float32 [2, time], `SECONDS` long, with the dichotic tone or without."""
    count = round(SECONDS * sample_rate)
    frequencies = np.fft.rfftfreq(count, 1 / sample_rate)
    spectrum = np.fft.rfft(random.standard_normal(count)) * (frequencies < CUTOFF_HZ)
    ears = np.stack([spectrum, spectrum * np.exp(1j * _turn(frequencies))]) if has_tone else np.stack([spectrum] * 2)
    noise = np.fft.irfft(ears, count)
    ramp = np.minimum(1.0, np.arange(count) / (RAMP_SECONDS * sample_rate))
    noise *= ramp * ramp[::-1]
    return (noise * PEAK / np.abs(noise).max()).astype(np.float32)


def _turn(frequencies: np.ndarray) -> np.ndarray:
    """Phase in radians [freq]: 0 below the band, 2 pi above it, a straight line through pi at its centre."""
    low, high = CENTRE_HZ * (1 - HALF_WIDTH), CENTRE_HZ * (1 + HALF_WIDTH)
    return 2 * np.pi * np.clip((frequencies - low) / (high - low), 0.0, 1.0)


def verdict(right: int, asked: int) -> str:
    """`pass` where at most one was missed, else `fail`. By guessing alone 1.8 % pass six; a tag, never a gate."""
    return "pass" if right >= asked - 1 else "fail"
