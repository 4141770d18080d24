"""SpecGAN (Donahue, McAuley and Puckette, ICLR 2019): DCGAN on log spectrograms, Griffin-Lim for the phase."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.models.base import Discriminator, SpectralGenerator
from audiogan.models.layers import LabelledLatent, ProjectionHead, init_published
from audiogan.spectra import HOP_LENGTH, LINEAR

N_FFT = LINEAR.n_fft
FIRST_BINS = 4
LEVELS = 5  # five doublings: 4 bins to 128


def first_frames(config: ModelConfig) -> int:
    """Frames of the first feature map: 4 for 16,384 samples."""
    return config.num_samples // HOP_LENGTH // 2**LEVELS


def widths(config: ModelConfig) -> list[int]:
    """Channels from the narrowest layer to the widest."""
    return [config.dim * 2**level for level in range(LEVELS)]


class SpecGANGenerator(SpectralGenerator):
    """z to a normalised log spectrogram [batch, 1, 128, num_samples / 128] in [-1, 1]."""

    def __init__(self, config: ModelConfig):
        super().__init__(config, LINEAR)
        channels = [*widths(config)[::-1], 1]
        self.latent = LabelledLatent(config.latent_dim, len(config.labels))
        self.dense = nn.Linear(self.latent.out_features, channels[0] * FIRST_BINS * first_frames(config))
        self.layers = nn.ModuleList(
            [nn.ConvTranspose2d(i, o, 5, 2, padding=2, output_padding=1) for i, o in pairwise(channels)]
        )
        self.apply(init_published)

    def forward(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        x = self.dense(self.latent(z, label))
        x = x.view(z.shape[0], -1, FIRST_BINS, first_frames(self.config))  # [batch, widest, 4, frames / 32]
        x = x.contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(F.relu(x))
        return x.tanh()  # [batch, 1, 128, frames]

    def magnitudes(self, native: Tensor) -> Tensor:
        linear = dsp.exp_magnitude(self.spectrum.denormalize(native.squeeze(1).float()))  # [batch, 128, frames]
        linear = F.pad(linear, (0, 0, 0, 1))  # a silent Nyquist bin
        return torch.cat([linear, linear[..., -1:]], dim=-1)  # the centred STFT has one frame more

    def analyse(self, audio: Tensor) -> Tensor:
        linear = dsp.magnitude(audio, N_FFT, HOP_LENGTH)  # [batch, 129, frames + 1]
        return dsp.log_magnitude(linear[:, :-1, :-1])


class SpecGANDiscriminator(Discriminator):
    """Normalised log spectrogram to one logit: five strided convolutions of 5 x 5, LeakyReLU."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels = [1, *widths(config)]
        self.layers = nn.ModuleList([nn.Conv2d(i, o, 5, 2, padding=2) for i, o in pairwise(channels)])
        features = channels[-1] * FIRST_BINS * first_frames(config)
        self.head = ProjectionHead(features, channels[-1], len(config.labels))
        self.apply(init_published)

    def forward(self, native: Tensor, label: Tensor | None = None) -> Tensor:
        """[batch, 1, 128, frames] to logits [batch]."""
        x = native
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        return self.head(x, label)
