"""Spectral analysis and synthesis. Frames are centred, windows are periodic Hann, audio is [batch, time].

Everything differentiable is pure torch; nothing here draws random numbers.
"""

import functools

import torch
import torchaudio.functional as taf
from torch import Tensor

LOG_FLOOR = 1e-6


def stft(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Complex short-time Fourier transform.

    Args:
        audio: [batch, time].

    Returns:
        [batch, n_fft // 2 + 1, 1 + time // hop_length], complex. Both edges are reflected, so that an
        onset at sample 0 lies in the middle of a window.
    """
    return torch.stft(_complex_capable(audio), n_fft, hop_length, window=_window(n_fft, audio), return_complex=True)


def istft(spectrum: Tensor, n_fft: int, hop_length: int, num_samples: int) -> Tensor:
    """Inverse of `stft`: overlap-add divided by the summed squared window, [batch, num_samples]."""
    return torch.istft(spectrum, n_fft, hop_length, window=_window(n_fft, spectrum), length=num_samples)


def magnitude(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Magnitude of the STFT, [batch, n_fft // 2 + 1, frames], on the device of the audio."""
    return stft(audio, n_fft, hop_length).abs().to(audio.device)


def log_magnitude(linear: Tensor, floor: float = LOG_FLOOR) -> Tensor:
    """Natural logarithm of a magnitude, floored additively as in SpecGAN (Donahue et al. 2018, section 3.4)."""
    return torch.log(linear + floor)


def exp_magnitude(log: Tensor, floor: float = LOG_FLOOR) -> Tensor:
    """Inverse of `log_magnitude`; what lies under the floor becomes 0."""
    return (torch.exp(log) - floor).clamp_min(0.0)


@functools.lru_cache(maxsize=32)
def mel_filters(n_fft: int, n_mels: int, sample_rate: int) -> Tensor:
    """Slaney-scale triangular filters of unit area, [n_fft // 2 + 1, n_mels], on the CPU."""
    num_bins, nyquist = n_fft // 2 + 1, sample_rate / 2
    with torch.inference_mode(False):  # kept for callers that need gradients too
        return taf.melscale_fbanks(num_bins, 0.0, nyquist, n_mels, sample_rate, norm="slaney", mel_scale="slaney")


def mel(linear: Tensor, n_fft: int, n_mels: int, sample_rate: int) -> Tensor:
    """Mel spectrogram of a magnitude: [batch, freq, frames] to [batch, n_mels, frames]."""
    filters = mel_filters(n_fft, n_mels, sample_rate).to(linear)
    return torch.einsum("bft,fm->bmt", linear, filters)


def inverse_mel(mels: Tensor, n_fft: int, sample_rate: int, iterations: int = 32) -> Tensor:
    """Non-negative magnitude whose mel spectrogram is near the given one.

    Multiplicative updates for non-negative least squares (Lee and Seung 2001) from the filters' transpose:
    a pseudo-inverse has negative lobes that, once clipped, leave holes between the harmonics.

    Args:
        mels: [batch, n_mels, frames], not negative.

    Returns:
        [batch, n_fft // 2 + 1, frames].
    """
    filters = mel_filters(n_fft, mels.shape[1], sample_rate).to(mels)  # [freq, mel]
    target = torch.einsum("bmt,fm->bft", mels, filters)
    gram = filters @ filters.T  # [freq, freq]
    linear = target / gram.sum(1).clamp_min(1e-12)[:, None]
    for _ in range(iterations):
        linear = linear * target / torch.einsum("fg,bgt->bft", gram, linear).clamp_min(1e-12)
    return linear


def griffin_lim(
    linear: Tensor, n_fft: int, hop_length: int, num_samples: int, iterations: int = 16, momentum: float = 0.99
) -> Tensor:
    """Audio whose STFT magnitude is near the given one (Griffin and Lim 1984; momentum: Perraudin et al. 2013).

    The phase starts at zero, so the result is a function of its input alone.

    Args:
        linear: magnitude [batch, n_fft // 2 + 1, 1 + num_samples // hop_length].

    Returns:
        [batch, num_samples].
    """
    audio = taf.griffinlim(
        _complex_capable(linear),
        window=_window(n_fft, linear),
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=n_fft,
        power=1.0,
        n_iter=iterations,
        momentum=momentum,
        length=num_samples,
        rand_init=False,
    )
    return audio.to(linear.device)


def limit_peak(audio: Tensor) -> Tensor:
    """Clips [batch, time] that exceed full scale turned down until they fit: no sample is clipped."""
    return audio / audio.abs().amax(1, keepdim=True).clamp_min(1.0)


def spectral_convergence(estimate: Tensor, reference: Tensor) -> Tensor:
    """Relative Frobenius error of magnitudes [batch, freq, frames]; 0 is perfect. One value a clip, [batch]."""
    error = torch.linalg.vector_norm(estimate - reference, dim=(1, 2))
    return error / torch.linalg.vector_norm(reference, dim=(1, 2)).clamp_min(1e-12)


def log_spectral_distance(estimate: Tensor, reference: Tensor, range_db: float = 80.0) -> Tensor:
    """Root mean square of the level difference in dB, frame by frame, averaged over frames: [batch].

    Both magnitudes are floored `range_db` below the reference's peak, so that silence does not dominate.
    """
    floor = reference.amax((1, 2), keepdim=True).clamp_min(1e-12) * 10 ** (-range_db / 20)
    difference = 20 * torch.log10(torch.maximum(estimate, floor) / torch.maximum(reference, floor))
    return difference.square().mean(1).sqrt().mean(1)


def _complex_capable(tensor: Tensor) -> Tensor:
    """The tensor on a device with complex arithmetic: MPS has too little of it, so its work moves to the CPU."""
    return tensor.cpu() if tensor.device.type == "mps" else tensor


def _window(n_fft: int, like: Tensor) -> Tensor:
    device = torch.device("cpu") if like.device.type == "mps" else like.device
    return _hann(n_fft, device)


@functools.lru_cache(maxsize=32)
def _hann(n_fft: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # kept for callers that need gradients too
        return torch.hann_window(n_fft, device=device)
