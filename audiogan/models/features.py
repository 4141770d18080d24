"""A small classifier: a critic judges its feature maps of a log spectrogram, while it is frozen.

It shares no architecture, seed or training with the evaluation's classifier, and no score is ever computed from it.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig

N_FFT, HOP_LENGTH, N_MELS = 512, 128, 80
CHANNELS = (24, 48, 96, 128)
FLOOR = 1e-2  # added to the mel magnitude before its logarithm
MIDDLE, SPREAD = -1.5, 3.0  # of log magnitudes


class FeatureNetwork(nn.Module):
    """Four levels of two 3 x 3 convolutions with batch norm, each at half the size of the one before."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.sample_rate = config.sample_rate
        self.levels = nn.ModuleList([_level(i, o) for i, o in pairwise((1, *CHANNELS))])
        self.classify = nn.Linear(CHANNELS[-1], max(1, len(config.labels)))

    def forward(self, native: Tensor) -> tuple[Tensor, ...]:
        """Native samples to four feature maps [batch, channels, rows, frames].

        Args:
            native: waveforms [batch, 1, num_samples], which are converted to log-mel spectrograms, or log spectrograms
                [batch, 1, bins, frames].
        """
        x = native if native.dim() == 4 else self._heard(native.squeeze(1))
        x = x.contiguous(memory_format=torch.channels_last)
        maps = []
        for level in self.levels:
            x = level(x)
            maps.append(x)
        return tuple(maps)

    def logits(self, native: Tensor) -> Tensor:
        """Logits of each label, for the network's own training: native samples to [batch, labels]."""
        return self.classify(self(native)[-1].mean((2, 3)))

    def _heard(self, audio: Tensor) -> Tensor:
        """[batch, num_samples] to [batch, 1, mel, frames]."""
        return ((log_mel(audio, self.sample_rate) - MIDDLE) / SPREAD)[:, None]


def log_mel(audio: Tensor, sample_rate: int) -> Tensor:
    """Log-mel spectrogram with a gradient even in silence: [batch, num_samples] to [batch, mel, frames]."""
    spectrum = dsp.stft(audio, N_FFT, HOP_LENGTH)
    linear = torch.sqrt(spectrum.real.square() + spectrum.imag.square() + 1e-7).to(audio.device)
    return dsp.log_magnitude(dsp.mel(linear, N_FFT, N_MELS, sample_rate), FLOOR)


def _level(in_channels: int, out_channels: int) -> nn.Sequential:
    layers = []
    for channels, stride in ((in_channels, 2), (out_channels, 1)):
        layers += [nn.Conv2d(channels, out_channels, 3, stride, 1), nn.BatchNorm2d(out_channels), nn.ReLU()]
    return nn.Sequential(*layers)
