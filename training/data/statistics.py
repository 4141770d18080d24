"""Statistics of log spectrograms, measured while a data set is written; without torch, like all reading of audio.

Every eighth frame is measured, as by generators that must measure clips themselves: frames overlap so much that the
others add little, and none of these reaches over the edge of a clip. Of very many clips, `MOST_CLIPS` are measured:
enough for means to a fortieth of a standard deviation.
"""

import functools

import numpy as np
from tqdm import tqdm

from audiogan.audio import from_pcm16
from audiogan.spectra import EVERY, HOP_LENGTH, LOG_FLOOR, MEASURED, LogSpectrogram

STRIDE = MEASURED.step * HOP_LENGTH  # samples from one measured frame to the next
CENTRE = MEASURED.start * HOP_LENGTH  # of the first one
BATCH = 4  # clips: spectra of more would be new memory each time, which the system has to clear first
ROWS = 4  # frames per matrix product: more would start threads that wait longer than they work
MOST_CLIPS = 2048


def measure(clips: np.ndarray, rows: np.ndarray, sample_rate: int) -> dict[str, np.ndarray]:
    """The statistics of the clips `rows` of int16 [clips, num_samples], or of `MOST_CLIPS` evenly spread over them.

    Args:
        sample_rate: Hz.

    Returns:
        Mean and standard deviation by the spectrogram's name, float64 [2, bins].
    """
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_CLIPS)).astype(int)]
    parts = [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    total = sum(_sums(clips[part], sample_rate).sum(0) for part in tqdm(parts, desc="measure", leave=False, delay=2))
    return _summary(total, len(rows) * clips.shape[1], sample_rate)


def _sums(pcm: np.ndarray, sample_rate: int) -> np.ndarray:
    """Sums of each bin and of its square over the measured frames, float64 [clips, 2, bins of all spectrograms]."""
    audio = from_pcm16(pcm)
    logs = [log_spectra(audio, spectrogram, sample_rate) for spectrogram in EVERY]
    every = np.concatenate(logs, axis=2, dtype=np.float64)  # [clips, frames, bins]
    return np.stack([every.sum(1), np.einsum("cfb,cfb->cb", every, every)], axis=1)


def _summary(total: np.ndarray, num_samples: int, sample_rate: int) -> dict[str, np.ndarray]:
    """Mean and standard deviation by name, float64 [2, bins], from the sums of clips with `num_samples` in all."""
    mean, square = total / (num_samples // STRIDE)
    both = np.stack([mean, np.sqrt(np.maximum(square - mean**2, 0.0))])
    ends = np.cumsum([spectrogram.num_bins for spectrogram in EVERY])[:-1]
    return {
        spectrogram.name(sample_rate): part
        for spectrogram, part in zip(EVERY, np.split(both, ends, axis=1), strict=True)
    }


def log_spectra(audio: np.ndarray, spectrogram: LogSpectrogram, sample_rate: int) -> np.ndarray:
    """The measured frames of `audiogan.dsp`'s log spectrogram: [clips, num_samples] to [clips, frames, bins]."""
    n_fft = spectrogram.n_fft
    parts = audio.reshape(len(audio), -1, STRIDE)[..., CENTRE - n_fft // 2 : CENTRE + n_fft // 2]
    spectrum = np.fft.rfft(parts * _window(n_fft))  # [clips, frames, n_fft / 2 + 1]
    linear = np.abs(spectrum)
    if spectrogram.n_mels:
        few = linear.reshape(-1, ROWS, linear.shape[-1])
        bins = (few @ mel_filters(spectrogram, sample_rate)).reshape(*linear.shape[:2], -1)
    else:
        bins = linear[..., :-1]
    return np.log(bins + np.float32(LOG_FLOOR))


@functools.cache
def mel_filters(spectrogram: LogSpectrogram, sample_rate: int) -> np.ndarray:
    """`audiogan.dsp.mel_filters` without torch, float32 [n_fft / 2 + 1, n_mels]."""
    hz = np.linspace(0, sample_rate / 2, spectrogram.n_fft // 2 + 1)
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(sample_rate / 2), spectrogram.n_mels + 2))
    rise = (hz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - hz[:, None]) / np.diff(edges)[1:]
    area = (edges[2:] - edges[:-2]) / 2
    return (np.maximum(0, np.minimum(rise, fall)) / area).astype(np.float32)


@functools.cache
def _window(n_fft: int) -> np.ndarray:
    """Periodic Hann."""
    return np.hanning(n_fft + 1)[:-1].astype(np.float32)


# Slaney's mel scale (Auditory Toolbox, 1998): linear to 1 kHz, 15 mel; then 27 mel for a factor of 6.4.
def _hz_to_mel(hz: float) -> float:
    return 3 * hz / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, 200 * mel / 3, 1000 * 6.4 ** ((mel - 15) / 27))
