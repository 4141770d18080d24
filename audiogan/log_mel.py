"""The mel spectrogram of a clip, for pictures and for the index of training sounds."""

import numpy as np
import torch

from audiogan import dsp

N_FFT, HOP_LENGTH, N_MELS = 1024, 128, 96
RANGE_DB = 80.0
HANN_BANDWIDTH = 1.5  # bins: a sine's power is spread over its main lobe


def log_mel_db(audio: np.ndarray, sample_rate: int, n_mels: int = N_MELS) -> np.ndarray:
    """Mel spectrogram in dB relative to a full-scale sine, floored `RANGE_DB` below it.

    Args:
        audio: [time] in [-1, 1].
        sample_rate: Hz.

    Returns:
        [n_mels, frames].
    """
    audio = np.pad(np.asarray(audio, np.float32), (0, max(0, N_FFT - len(audio))))
    linear = dsp.magnitude(torch.from_numpy(audio)[None], N_FFT, HOP_LENGTH)[0] / (N_FFT / 4)  # a sine peaks at 1
    filters = dsp.mel_filters(N_FFT, n_mels, sample_rate)  # [freq, mel], unit area: scaled here to a peak of 1
    filters = filters / filters.amax(0).clamp_min(1e-12)
    power = filters.T @ linear.square() / HANN_BANDWIDTH
    return (10 * torch.log10(power.clamp_min(10 ** (-RANGE_DB / 10)))).clamp_max(0.0).numpy()
