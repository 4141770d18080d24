"""The two networks of the report "Audio Generative Adversarial Network" (2024), trained there with cross-entropy.

The report names the layers but not their sizes; the sizes here follow DCGAN with `dim` as its width.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.models.base import Discriminator, SpectralGenerator, WaveGenerator
from audiogan.models.layers import LabelledLatent, ProjectionHead
from audiogan.spectra import HOP_LENGTH, MEL

DROPOUT = 0.3
MEL_N_FFT, N_MELS = MEL.n_fft, MEL.n_mels


class CroppedConvTranspose1d(nn.ConvTranspose1d):
    """`ConvTranspose1d`, padded by cutting its edges off.

    With padding, the gradient of the narrowest layer here would be the convolution that is wrong on a CPU with AMX: see
    `image_convolutions`.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[batch, in_channels, time] to [batch, out_channels, stride * (time - 1) + taps - 2 * padding]."""
        (cut,) = self.padding
        y = F.conv_transpose1d(x, self.weight, self.bias, self.stride)
        return y[..., cut : y.shape[-1] - cut]


def up_block_1d(in_channels: int, out_channels: int, kernel_size: int, stride: int, padding: int) -> nn.Sequential:
    return nn.Sequential(
        CroppedConvTranspose1d(in_channels, out_channels, kernel_size, stride, padding, bias=False),
        nn.BatchNorm1d(out_channels),
        nn.LeakyReLU(0.2),
    )


class ReportWaveGANGenerator(WaveGenerator):
    """Transposed convolutions with batch norm, LeakyReLU and dropout, then linear layers that shape the waveform."""

    FRAMES = 64

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        dim = config.dim
        self.latent = LabelledLatent(config.latent_dim, len(config.labels))
        self.convolutions = nn.Sequential(
            up_block_1d(self.latent.out_features, 8 * dim, 4, 1, 0),  # 1 frame to 4
            nn.Dropout(DROPOUT),
            up_block_1d(8 * dim, 4 * dim, 8, 4, 2),  # 16
            up_block_1d(4 * dim, dim // 2 or 1, 8, 4, 2),  # 64
        )
        self.linear = nn.Sequential(
            nn.Linear(self.FRAMES * (dim // 2 or 1), 8 * dim),
            nn.LeakyReLU(0.2),
            nn.Linear(8 * dim, config.num_samples),
        )

    def forward(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        x = self.convolutions(self.latent(z, label)[..., None])  # [batch, dim / 2, 64]
        return self.linear(x.flatten(1)).tanh().unsqueeze(1)  # [batch, 1, num_samples]

    def first_features(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        return self.convolutions[0][0](self.latent(z, label)[..., None])


class ReportWaveGANDiscriminator(Discriminator):
    """Linear layers with ReLU and dropout, narrowing to one logit; its sigmoid is the report's probability."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        sizes = [config.num_samples, 16 * config.dim, 4 * config.dim, config.dim]
        layers = [(nn.Linear(i, o), nn.ReLU(), nn.Dropout(DROPOUT)) for i, o in pairwise(sizes)]
        self.layers = nn.Sequential(*[part for layer in layers for part in layer])
        self.head = ProjectionHead(sizes[-1], sizes[-1], len(config.labels))

    def forward(self, audio: Tensor, label: Tensor | None = None) -> Tensor:
        """[batch, 1, num_samples] to logits [batch]."""
        return self.head(self.layers(audio.flatten(1)), label)


class ReportSpecGANGenerator(SpectralGenerator):
    """2-D transposed convolutions to a normalised log-mel spectrogram [batch, 1, 128, num_samples / 128]."""

    def __init__(self, config: ModelConfig):
        super().__init__(config, MEL)
        self.first_frames = config.num_samples // HOP_LENGTH // 32
        channels = [8 * config.dim, 4 * config.dim, 2 * config.dim, config.dim, config.dim // 2 or 1]
        self.latent = LabelledLatent(config.latent_dim, len(config.labels))
        self.dense = nn.Linear(self.latent.out_features, channels[0] * 4 * self.first_frames)
        blocks = [
            (nn.BatchNorm2d(i), nn.LeakyReLU(0.2), nn.ConvTranspose2d(i, o, 4, 2, 1))
            for i, o in pairwise([*channels, 1])
        ]
        self.convolutions = nn.Sequential(*[part for block in blocks for part in block])

    def forward(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        x = self.dense(self.latent(z, label)).view(
            z.shape[0], -1, 4, self.first_frames
        )  # [batch, 8 dim, 4, frames / 32]
        return self.convolutions(x).tanh()  # [batch, 1, 128, frames]

    def magnitudes(self, native: Tensor) -> Tensor:
        mels = dsp.exp_magnitude(self.spectrum.denormalize(native.squeeze(1).float()))
        linear = dsp.inverse_mel(mels, MEL_N_FFT, self.config.sample_rate)  # [batch, 513, frames]
        return torch.cat([linear, linear[..., -1:]], dim=-1)  # the centred STFT has one frame more

    def analyse(self, audio: Tensor) -> Tensor:
        linear = dsp.magnitude(audio, MEL_N_FFT, HOP_LENGTH)[..., :-1]  # [batch, 513, frames]
        return dsp.log_magnitude(dsp.mel(linear, MEL_N_FFT, N_MELS, self.config.sample_rate))


class ReportSpecGANDiscriminator(Discriminator):
    """Strided 2-D convolutions with batch norm after the first, narrowing to one logit."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels = [1, config.dim, 2 * config.dim, 4 * config.dim, 8 * config.dim]
        blocks = [
            (
                nn.Conv2d(i, o, 4, 2, 1),
                nn.BatchNorm2d(o) if i > 1 else nn.Identity(),
                nn.LeakyReLU(0.2),
                nn.Dropout2d(DROPOUT),
            )
            for i, o in pairwise(channels)
        ]
        self.convolutions = nn.Sequential(*[part for block in blocks for part in block])
        features = channels[-1] * 8 * (config.num_samples // HOP_LENGTH // 16)
        self.head = ProjectionHead(features, channels[-1], len(config.labels))

    def forward(self, native: Tensor, label: Tensor | None = None) -> Tensor:
        """[batch, 1, 128, frames] to logits [batch]."""
        return self.head(self.convolutions(native), label)
