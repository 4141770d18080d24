"""Measures of clips as signals: level, clipping, DC, rumble, hiss, brightness, attack."""

import math

import numpy as np

FLAT, FLAT_SECONDS = 3e-4, 2.5e-4  # of the peak, and for how long: flatter than the top of any tone above 31 Hz
FLOOR_DB = -120.0
RUMBLE_HZ, WHISTLE_HZ = 30.0, 7500.0
FRAME_SECONDS = 0.02
TAIL_SHARE = 0.1
ATTACK_SHARE = 0.9


def measure(audio: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
    """Measures of clips [n, time], each float32 [n].

    Returns:
        `peak` and `dc` (magnitudes), `level_db` (RMS, dBFS), `crest_db` (peak over RMS), `clipped` (share of
        its time at a flat top, see `flat_tops`), `above_7500_db` and `below_30_db` (energy
        there over all energy), `floor_db` (RMS of the quietest tenth of 20 ms frames, dBFS), `centroid_hz` (of the
        power spectrum), `attack_s` (until the envelope first reaches 90 % of its maximum).
    """
    audio = np.asarray(audio, np.float32)
    peak, power = np.abs(audio).max(1), np.square(audio).mean(1)
    spectrum = np.square(np.abs(np.fft.rfft(audio - audio.mean(1, keepdims=True))))
    hz, energy = np.fft.rfftfreq(audio.shape[1], 1 / sample_rate), spectrum.sum(1)
    envelope = frame_power(audio, int(FRAME_SECONDS * sample_rate))
    quiet = np.sort(envelope, axis=1)[:, : max(1, int(TAIL_SHARE * envelope.shape[1]))]
    silent = energy <= 0
    energy = np.where(silent, 1.0, energy)
    measures = {
        "peak": peak,
        "dc": np.abs(audio.mean(1)),
        "level_db": decibels(power),
        "crest_db": np.where(power > 0, decibels(peak**2) - decibels(power), 0.0),
        "clipped": flat_tops(audio, 1 + math.ceil(FLAT_SECONDS * sample_rate)),
        "above_7500_db": decibels(spectrum[:, hz >= WHISTLE_HZ].sum(1) / energy),
        "below_30_db": decibels(spectrum[:, hz < RUMBLE_HZ].sum(1) / energy),
        "floor_db": decibels(quiet.mean(1)),
        "centroid_hz": spectrum @ hz / energy,
        "attack_s": attack(envelope) * FRAME_SECONDS,
    }
    return {name: np.asarray(values, np.float32) for name, values in measures.items()}


def decibels(power: np.ndarray) -> np.ndarray:
    """Power to dB, no lower than `FLOOR_DB`."""
    return np.maximum(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))), FLOOR_DB)  # log10 may round below it


def frame_power(audio: np.ndarray, frame: int) -> np.ndarray:
    """Mean power of whole frames: [n, time] to [n, time // frame]."""
    count = audio.shape[1] // frame
    return np.square(audio[:, : count * frame]).reshape(len(audio), count, frame).mean(2)


def flat_tops(audio: np.ndarray, size: int) -> np.ndarray:
    """Share of the stretches of `size` samples that stay at a clip's own peak, on one side: [n, time] to [n].

    The level does not matter, since a clipped clip may have been turned down. Square waves count as well. Not found are
    clips filtered after clipping, and clipped tones above 1 kHz, whose tops are too short to tell from unclipped ones.
    """
    height = np.abs(audio)
    at_peak = np.sign(audio) * (height >= (1 - FLAT) * height.max(1, keepdims=True))  # 1 above, -1 below, or 0
    past = np.cumsum(np.pad(at_peak, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    return (np.abs(past[:, size:] - past[:, :-size]) == size).mean(1)


def attack(envelope: np.ndarray) -> np.ndarray:
    """Frames until the amplitude first reaches 90 % of its maximum: [n, frames] of power to [n]."""
    return (envelope >= ATTACK_SHARE**2 * envelope.max(1, keepdims=True)).argmax(1)
