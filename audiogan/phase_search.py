"""The steps that Griffin-Lim alternates: to audio, to its STFT, to the target magnitudes."""

import math

import torch
from torch import Tensor

TINY = 1e-16  # least magnitude that has a phase


class PhaseSearch:
    """Griffin-Lim's steps between audio and its STFT, frames first, with every buffer allocated once.

    Args:
        linear: target magnitudes, [batch, frames, n_fft // 2 + 1].
        window: [n_fft].
    """

    def __init__(self, linear: Tensor, window: Tensor, hop_length: int, num_samples: int):
        self.linear, self.window, self.hop_length, self.num_samples = linear, window, hop_length, num_samples
        self.n_fft, self.edge = len(window), len(window) // 2
        hops = math.ceil(self.n_fft / hop_length)
        self.padded = linear.new_zeros(len(linear), linear.shape[1] + hops, hop_length)  # with both reflected edges
        self.scaled_window = window.expand(*linear.shape[:2], -1)
        self._overlap(self.scaled_window)
        heard = self._samples[:, self.edge :][:, :num_samples]
        weight = torch.zeros_like(self._samples)
        weight[:, self.edge :][:, :num_samples] = 1 / heard.clamp_min(TINY)
        self.scaled_window = window * self._cut(weight[:1])  # divided by the summed squares, 0 beyond the clip

    def audio(self, spectrum: Tensor) -> Tensor:
        """The inverse STFT of [batch, frames, n_fft // 2 + 1], complex, as a view [batch, num_samples]."""
        self._overlap(torch.fft.irfft(spectrum, self.n_fft))
        return self._samples[:, self.edge :][:, : self.num_samples]

    def consistent(self, spectrum: Tensor) -> Tensor:
        """The STFT of a spectrum's audio; the spectrum itself need not be the STFT of any audio."""
        self.audio(spectrum)
        samples, edge, end = self._samples, self.edge, self.edge + self.num_samples
        samples[:, :edge] = samples[:, edge + 1 : 2 * edge + 1].flip(1)
        samples[:, end : end + edge] = samples[:, end - edge - 1 : end - 1].flip(1)
        return torch.fft.rfft(self._cut(samples) * self.window)

    def with_magnitude(self, spectrum: Tensor) -> Tensor:
        """The spectrum with the target magnitudes, in place: divides by its own, which needs no angle."""
        power = torch.view_as_real(spectrum).square()
        power = power[..., 0] + power[..., 1]
        return spectrum.mul_(power.add_(TINY**2).rsqrt_().mul_(self.linear))

    @property
    def _samples(self) -> Tensor:
        return self.padded.flatten(1)

    def _cut(self, samples: Tensor) -> Tensor:
        """Samples in frames, [batch, frames, n_fft]: a view."""
        return samples.unfold(1, self.n_fft, self.hop_length)[:, : self.linear.shape[1]]

    def _overlap(self, frames: Tensor) -> None:
        """Window frames [batch or 1, frames, n_fft] and overlap-add them into `padded`."""
        count = frames.shape[1]
        self.padded[:, count:].zero_()
        pieces = (tensor.split(self.hop_length, dim=2) for tensor in (frames, self.scaled_window))
        for number, (piece, window) in enumerate(zip(*pieces, strict=True)):
            place = self.padded[:, number : number + count, : piece.shape[2]]
            torch.mul(piece, window, out=place) if number == 0 else place.addcmul_(piece, window)
