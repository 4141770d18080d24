"""Spectral analysis and synthesis. Frames are centred, windows are periodic Hann, audio is [batch, time].

Everything differentiable is pure torch; nothing here draws random numbers.
"""

import functools
import math

import torch
import torch.nn.functional as F
import torchaudio.functional as taf
from torch import Tensor

from audiogan.audio import FADE_SECONDS
from audiogan.phase_search import TINY, PhaseSearch
from audiogan.phases import steady_phases
from audiogan.spectra import HOP_LENGTH, LINEAR, LOG_FLOOR
from audiogan.windows import OverlapAdd

RISE_SECONDS = 0.001
MEL_ITERATIONS = 32
CACHED_CLIPS = 8  # at a time in Griffin-Lim on a CPU: few enough to stay in its cache through all iterations


def stft(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Complex short-time Fourier transform.

    Args:
        audio: [batch, time].

    Returns:
        [batch, n_fft // 2 + 1, 1 + time // hop_length], complex. Both edges are reflected, so that an
        onset at sample 0 lies in the middle of a window.
    """
    return torch.stft(_capable(audio), n_fft, hop_length, window=_window(n_fft, audio), return_complex=True)


def istft(spectrum: Tensor, n_fft: int, hop_length: int, num_samples: int) -> Tensor:
    """Inverse of `stft`: overlap-add divided by the summed squared window, [batch, num_samples].

    `torch.istft` does the same, but makes the host wait for the GPU, to check that no sum is 0.

    Args:
        spectrum: [batch, n_fft // 2 + 1, 1 + num_samples // hop_length]; hop_length divides n_fft.
    """
    window = _window(n_fft, spectrum)
    frames = torch.fft.irfft(spectrum.transpose(1, 2), n_fft) * window  # [batch, frames, n_fft]
    weight = _unwindow(n_fft, hop_length, frames.shape[1], window.device)
    return (OverlapAdd.apply(frames, n_fft, hop_length, n_fft // 2) * weight)[:, :num_samples]


class RealPair:
    """`stft` and `istft` of clips of one length, with spectra as real and imaginary parts, on the input's device."""

    def __init__(self, n_fft: int, hop_length: int, num_samples: int):
        self.n_fft, self.hop_length, self.num_samples = n_fft, hop_length, num_samples

    def stft(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, num_samples] to [batch, n_fft // 2 + 1, frames], twice."""
        spectrum = stft(audio, self.n_fft, self.hop_length).to(audio.device)
        return spectrum.real, spectrum.imag

    def istft(self, real: Tensor, imaginary: Tensor) -> Tensor:
        """[batch, n_fft // 2 + 1, frames], twice, to [batch, num_samples]."""
        spectrum = torch.complex(_capable(real), _capable(imaginary))
        return istft(spectrum, self.n_fft, self.hop_length, self.num_samples).to(real.device)


def magnitude(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Magnitude of the STFT, [batch, n_fft // 2 + 1, frames], on the device of the audio."""
    return stft(audio, n_fft, hop_length).abs().to(audio.device)


def log_magnitude(linear: Tensor, floor: float = LOG_FLOOR) -> Tensor:
    """Natural logarithm of a magnitude, floored additively as in SpecGAN (Donahue et al. 2018, section 3.4)."""
    return torch.log(linear + floor)


def exp_magnitude(log: Tensor) -> Tensor:
    """Inverse of `log_magnitude` at the default floor; values below it become 0."""
    return (torch.exp(log) - LOG_FLOOR).clamp_min(0.0)


@functools.lru_cache(maxsize=32)
def mel_filters(n_fft: int, n_mels: int, sample_rate: int, device: torch.device | str = "cpu") -> Tensor:
    """Slaney-scale triangular filters of unit area, float32 [n_fft // 2 + 1, n_mels], cached for each device."""
    num_bins, nyquist, slaney = n_fft // 2 + 1, sample_rate / 2, {"norm": "slaney", "mel_scale": "slaney"}
    with torch.inference_mode(False):  # cached for callers that need gradients too
        return taf.melscale_fbanks(num_bins, 0.0, nyquist, n_mels, sample_rate, **slaney).to(device)


def mel(linear: Tensor, n_fft: int, n_mels: int, sample_rate: int) -> Tensor:
    """Mel spectrogram of a magnitude: [batch, freq, frames] to [batch, n_mels, frames]."""
    filters = mel_filters(n_fft, n_mels, sample_rate, linear.device).to(linear.dtype)
    return torch.einsum("bft,fm->bmt", linear, filters)


def inverse_mel(mels: Tensor, n_fft: int, sample_rate: int) -> Tensor:
    """Non-negative magnitude whose mel spectrogram is near the given one.

    Multiplicative updates for non-negative least squares (Lee and Seung 2001) from the filters' transpose:
    a pseudo-inverse has negative lobes that, once clipped, leave holes between the harmonics.

    Args:
        mels: [batch, n_mels, frames], not negative.

    Returns:
        [batch, n_fft // 2 + 1, frames].
    """
    filters = mel_filters(n_fft, mels.shape[1], sample_rate, mels.device).to(mels.dtype)  # [freq, mel]
    target = torch.einsum("bmt,fm->bft", mels, filters)
    gram = filters @ filters.T  # [freq, freq]
    linear = target / gram.sum(1).clamp_min(1e-12)[:, None]
    for _ in range(MEL_ITERATIONS):
        linear = linear * target / torch.einsum("fg,bgt->bft", gram, linear).clamp_min(1e-12)
    return linear


@torch.no_grad()
def griffin_lim(
    linear: Tensor,
    n_fft: int,
    hop_length: int,
    num_samples: int,
    iterations: int = 16,
    momentum: float = 0.99,
    phases: Tensor | None = None,
) -> Tensor:
    """Audio whose STFT magnitude is near the given one (Griffin and Lim 1984; momentum: Perraudin et al. 2013).

    Starts from `steady_phases`, so the result depends on its input alone: 4 iterations on recorded notes, or 7 on
    drums, come as near as 32 from zero phases. Passes no gradient.

    Args:
        linear: magnitude [batch, n_fft // 2 + 1, 1 + num_samples // hop_length].
        phases: initial phases instead, in radians, shaped as `linear`.

    Returns:
        [batch, num_samples].
    """
    size = CACHED_CLIPS if linear.device.type in ("cpu", "mps") else len(linear)
    window, chunks = _window(n_fft, linear), _capable(linear).split(size)
    begins = [steady_phases(chunk, n_fft, hop_length) for chunk in chunks] if phases is None else phases.split(size)
    audio = []
    for chunk, begin in zip(chunks, begins, strict=True):
        search = PhaseSearch(chunk.transpose(1, 2).contiguous(), window, hop_length, num_samples)
        spectrum = torch.polar(search.linear, begin.transpose(1, 2).contiguous())
        audio.append(_griffin_lim(search, spectrum, iterations, momentum))
    return torch.cat(audio).to(linear.device)


def _griffin_lim(search: PhaseSearch, spectrum: Tensor, iterations: int, momentum: float) -> Tensor:
    """Take each phase from now + momentum * (now - before), scaled by 1 / (1 + momentum), which changes no phase."""
    before = None
    for _ in range(iterations):
        now = search.consistent(spectrum)
        ahead = now.clone() if before is None else before.mul_(-momentum / (1 + momentum)).add_(now)
        spectrum, before = search.with_magnitude(ahead), now
    return search.audio(spectrum).clone()


def held_griffin_lim(linear: Tensor, n_fft: int, hop_length: int, num_samples: int, iterations: int = 16) -> Tensor:
    """`griffin_lim` with a gradient for the magnitudes: finds phases without one, then holds them fixed."""
    audio = griffin_lim(linear, n_fft, hop_length, num_samples, iterations)
    with torch.no_grad():
        found = stft(audio, n_fft, hop_length)
        phases = found / found.abs().clamp_min(TINY)
    spectrum = _capable(linear) * phases
    return istft(spectrum, n_fft, hop_length, num_samples).to(linear.device)


def resynthesised(audio: Tensor) -> Tensor:
    """Rebuild clips [batch, time] by `griffin_lim` from magnitudes with SpecGAN's windows: what its phases cost."""
    n_fft = LINEAR.n_fft
    return griffin_lim(magnitude(audio, n_fft, HOP_LENGTH), n_fft, HOP_LENGTH, audio.shape[1])


def convolve(audio: Tensor, responses: Tensor) -> Tensor:
    """Filter each clip without delay: [batch, time] and [batch or 1, odd taps] to [batch, time]."""
    same = taf.fftconvolve(_capable(audio), _capable(responses), mode="same")
    return same.to(audio.device)


def edges(num_samples: int, sample_rate: int, device: torch.device | str = "cpu") -> Tensor:
    """Gain that fades clips in over `RISE_SECONDS` and out over `FADE_SECONDS`, as a cut clip is: [num_samples]."""
    time = torch.arange(num_samples, device=device)
    begun, left = time / (RISE_SECONDS * sample_rate), (num_samples - 1 - time) / (FADE_SECONDS * sample_rate)
    return torch.sin(math.pi / 2 * torch.minimum(begun, left).clamp_max(1.0)).square()


def limit_peak(audio: Tensor) -> Tensor:
    """Scale down each clip of [batch, time] that exceeds full scale, so that no sample clips."""
    return audio / audio.abs().amax(1, keepdim=True).clamp_min(1.0)


def pooled(picture: Tensor, grid: tuple[int, int]) -> Tensor:
    """Means over a coarse grid. Cells may differ in size, which MPS does not allow: the CPU takes over.

    Args:
        picture: [batch, rows, columns].
        grid: its rows and columns.

    Returns:
        [batch, *grid].
    """
    return F.adaptive_avg_pool2d(_capable(picture)[:, None], grid)[:, 0].to(picture.device)


def spectral_convergence(estimate: Tensor, reference: Tensor) -> Tensor:
    """Relative Frobenius error of magnitudes [batch, freq, frames]; 0 is perfect. One value a clip, [batch]."""
    error = torch.linalg.vector_norm(estimate - reference, dim=(1, 2))
    return error / torch.linalg.vector_norm(reference, dim=(1, 2)).clamp_min(1e-12)


def _capable(tensor: Tensor) -> Tensor:
    """The tensor, moved from MPS to the CPU: MPS lacks operations such as complex arithmetic."""
    return tensor.cpu() if tensor.device.type == "mps" else tensor


def _window(n_fft: int, like: Tensor) -> Tensor:
    device = torch.device("cpu") if like.device.type == "mps" else like.device
    return _hann(n_fft, device)


@functools.lru_cache(maxsize=32)
def _unwindow(n_fft: int, hop_length: int, frames: int, device: torch.device) -> Tensor:
    """One over the summed squared windows of frames, [1, samples] from the first frame's middle on."""
    with torch.inference_mode(False):
        squares = _hann(n_fft, device).square().expand(1, frames, -1)
        return 1 / OverlapAdd.apply(squares, n_fft, hop_length, n_fft // 2).clamp_min(TINY)


@functools.lru_cache(maxsize=32)
def _hann(n_fft: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # cached for callers that need gradients too
        return torch.hann_window(n_fft, device=device)
