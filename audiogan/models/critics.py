"""Parts of critic ensembles: each critic's network, the head that compares pairs, and the compressed spectrogram."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from audiogan import dsp
from audiogan.models.derivatives import LeakyReLU
from audiogan.models.folding import compute_dtype
from audiogan.models.image_convolutions import convolved

COMPRESSION = 0.3  # exponent of the magnitude
WAVE_CHANNELS = 8  # consecutive samples, stacked as channels
HEAD_CHANNELS = 48  # of the critic of features


class FeatureCritic(nn.Module):
    """Two small strided convolutions over one feature map (Sauer et al. 2021, projected GANs)."""

    def __init__(self, channels: int, labels: int):
        super().__init__()
        sizes = pairwise((channels, HEAD_CHANNELS, HEAD_CHANNELS))
        self.layers = nn.ModuleList([nn.Conv2d(i, o, 3, 2, 1) for i, o in sizes])
        self.head = PairHead(HEAD_CHANNELS, labels)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """[batch, channels, mel, frames] to logits [batch]."""
        for layer in self.layers:
            x = activated(layer, x)
        return self.head(x, label)


class SpectralCritic(nn.Module):
    """Five strided convolutions over a spectrogram of one channel, or of three: magnitude, real and imaginary part."""

    def __init__(self, width: int, labels: int, in_channels: int = 3):
        super().__init__()
        channels = (in_channels, width, 2 * width, 4 * width, 8 * width, 8 * width)
        self.layers = nn.ModuleList([nn.Conv2d(i, o, 3, 2, 1) for i, o in pairwise(channels)])
        self.head = PairHead(channels[-1], labels)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """[batch, in_channels, bins, frames] to logits [batch]."""
        for layer in self.layers:
            x = activated(layer, x)
        return self.head(x, label)


class TemporalCritic(nn.Module):
    """Four strided convolutions over the waveform: with spectral critics alone it turns grainy."""

    def __init__(self, width: int, labels: int):
        super().__init__()
        channels = (WAVE_CHANNELS, width, 2 * width, 4 * width, 4 * width)
        self.layers = nn.ModuleList([nn.Conv1d(i, o, 9, 4, 4) for i, o in pairwise(channels)])
        self.head = PairHead(channels[-1], labels)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """[batch, 8, num_samples / 8] to logits [batch]."""
        for layer in self.layers:
            x = activated(layer, x)
        return self.head(x, label)


def activated(layer: nn.Conv1d | nn.Conv2d, x: Tensor) -> Tensor:
    """A convolution and leaky ReLU, with second derivatives that a GPU computes as fast as first ones."""
    return LeakyReLU.apply(convolved(layer, x, compute_dtype(x)), 0.2)


class PairHead(nn.Module):
    """The sum of the mean local logit, the projection on the label, and a term for the distance within the pair."""

    def __init__(self, channels: int, labels: int):
        super().__init__()
        self.local = nn.Linear(channels, 1)
        self.difference = nn.Linear(channels, 1, bias=False)
        self.embedding = nn.Embedding(labels, channels) if labels else None
        if self.embedding is not None:
            nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """[batch, channels, ...] to logits [batch]."""
        pooled = x.float().flatten(2).mean(2)  # [batch, channels]
        logits = self.local(pooled) + self.difference((pooled - other_of_pair(pooled)).abs())
        if self.embedding is not None:
            logits = logits + (pooled * self.embedding(label)).sum(1, keepdim=True)
        return logits.squeeze(1)


def other_of_pair(x: Tensor) -> Tensor:
    """Swap clips 2 i and 2 i + 1, [batch, ...]; an unpaired last clip stays."""
    other = (torch.arange(len(x), device=x.device) ^ 1).clamp_max(len(x) - 1)
    return x[other]


def compressed_spectrogram(audio: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Magnitude to the power of `COMPRESSION`, real and imaginary part scaled alike: [batch, 3, n_fft / 2, frames].

    A tone's magnitude does not depend on the window's length.
    """
    spectrum = dsp.stft(audio, n_fft, hop_length)[:, :-1] / (n_fft / 32)
    real, imaginary = spectrum.real.to(audio.device), spectrum.imag.to(audio.device)
    power = real.square() + imaginary.square() + 1e-7
    gain = power.pow((COMPRESSION - 1) / 2)
    x = torch.stack([power.pow(COMPRESSION / 2), real * gain, imaginary * gain], dim=1)
    return x.contiguous(memory_format=torch.channels_last)
