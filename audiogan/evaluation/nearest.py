"""Distances between clips that ignore what an ear ignores: a small shift and a gain. Rows are candidates."""

import numpy as np
import torch
from scipy.fft import next_fast_len

MAX_LAG_SECONDS = 0.025
MAX_LAG_FRAMES = 2  # of 64 to a clip: 16 ms each for clips of a second
MAX_GAIN_DB = 6.0  # beyond the gain that gives clips equal energy


def waveform_error(candidate: np.ndarray, reference: np.ndarray, sample_rate: int) -> np.ndarray:
    """Mean squared error of every pair at the best lag and gain, as a share of the reference's power.

    At the best gain the error is 1 - r^2, where r is the correlation at the best lag within 25 ms: 0 is the same
    waveform, 1 is as far as silence.

    Args:
        candidate, reference: audio [n, time] and [m, time]; silence has the error 1, since no gain helps it.

    Returns:
        [n, m] float32.
    """
    lag, length = _window(candidate, sample_rate)
    spectra = [torch.fft.rfft(_unit(audio), length) for audio in (candidate, reference)]
    best = torch.empty(len(candidate), len(reference))
    for row, spectrum in enumerate(spectra[0]):
        correlation = torch.fft.irfft(spectrum.conj() * spectra[1], length).abs()  # [m, length], lags wrap round
        best[row] = torch.maximum(correlation[:, : lag + 1].amax(1), correlation[:, -lag:].amax(1))
    return (1 - best.square()).clamp(0, 1).numpy()


def magnitudes(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Spectra for an upper bound: the product of two rows is at least their clips' correlation at any lag.

    A correlation sums the products of both spectra with phases that depend on the lag: it is largest if all agree.

    Args:
        audio: [n, time].

    Returns:
        [n, bins] float32.
    """
    _, length = _window(audio, sample_rate)
    bins = torch.fft.rfft(_unit(audio), length).abs()
    bins[:, 1 : (length + 1) // 2] *= 2**0.5  # each stands for two bins
    return (bins / length**0.5).numpy()


def spectral_distance(candidate: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Root mean square difference in dB of every pair of log-mel spectra of equal energy, at the best lag and gain.

    Args:
        candidate, reference: spectra in dB [n, mel, frames] and [m, mel, frames].

    Returns:
        [n, m] float32.
    """
    first, second = (torch.from_numpy(np.asarray(spectra, np.float32)) for spectra in (candidate, reference))
    best = torch.full((len(first), len(second)), torch.inf)
    for lag in range(-MAX_LAG_FRAMES, MAX_LAG_FRAMES + 1):
        later, earlier = max(lag, 0), max(-lag, 0)
        frames = first.shape[2] - abs(lag)
        pair = (first[:, :, later : later + frames], second[:, :, earlier : earlier + frames])
        best = torch.minimum(best, _mean_square(*(spectra.flatten(1) for spectra in pair)))
    return best.clamp_min(0).sqrt().numpy()


def nearest(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of each row to its nearest column, and that column's index; infinite if there are no columns."""
    if not distance.size:
        return np.full(len(distance), np.inf), np.zeros(len(distance), int)
    column = distance.argmin(1)
    return distance[np.arange(len(distance)), column], column


def by_label(candidate_label: np.ndarray, reference_label: np.ndarray):
    """(rows, columns) of the pairs that share a label, label by label; either side may lack some labels."""
    for label in np.unique(candidate_label):
        columns = np.flatnonzero(reference_label == label)
        if len(columns):
            yield np.flatnonzero(candidate_label == label), columns


def _mean_square(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Mean square difference of rows [n, cells] and [m, cells] after an offset of at most `MAX_GAIN_DB`: [n, m]."""
    cells = first.shape[1]
    squares = first.square().mean(1)[:, None] + second.square().mean(1) - 2 / cells * first @ second.T
    offset = first.mean(1)[:, None] - second.mean(1)
    return squares - offset.square() + (offset.abs() - MAX_GAIN_DB).clamp_min(0).square()


def _window(audio: np.ndarray, sample_rate: int) -> tuple[int, int]:
    """The largest lag in samples, and an FFT length that leaves room for it around clips [n, time]."""
    lag = int(MAX_LAG_SECONDS * sample_rate)
    return lag, next_fast_len(audio.shape[1] + lag)


def _unit(audio: np.ndarray) -> torch.Tensor:
    """Clips scaled to unit energy; silence stays silence."""
    audio = torch.from_numpy(np.asarray(audio, np.float32))
    return audio / torch.linalg.vector_norm(audio, dim=1, keepdim=True).clamp_min(1e-9)
