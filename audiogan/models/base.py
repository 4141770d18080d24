"""What every generator promises: `native = generator(z, label, pitch)` and `audio = generator.to_audio(native)`."""

import torch
from torch import Tensor, nn

from audiogan.config import ModelConfig


class Generator(nn.Module):
    """A generator with its config. Discriminators judge what it natively makes.

    `forward(z, label=None, pitch=None)` takes z [batch, latent_dim], label indices [batch] where the config has
    labels, and MIDI pitches [batch], NaN for unpitched sounds, which an architecture may ignore.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config

    def to_audio(self, native: Tensor) -> Tensor:
        """Native output to [batch, num_samples] in [-1, 1]."""
        raise AssertionError(f"{type(self).__name__} must define to_audio")

    def from_audio(self, audio: Tensor) -> Tensor:
        """Real audio [batch, num_samples] to what the discriminator judges."""
        raise AssertionError(f"{type(self).__name__} must define from_audio")

    def fit(self, batches) -> None:
        """Take what the architecture needs to know of the training audio from batches of [batch, num_samples]."""


class WaveGenerator(Generator):
    """A generator whose native output is the waveform, [batch, 1, num_samples]."""

    def to_audio(self, native: Tensor) -> Tensor:
        return native.squeeze(1)

    def from_audio(self, audio: Tensor) -> Tensor:
        return audio.unsqueeze(1)


class SpectralNormalizer(nn.Module):
    """Per-bin standardisation of log magnitudes, divided by 3 and clipped to [-1, 1] (Donahue et al. 2018, 3.4).

    The statistics are buffers: they travel with the weights.
    """

    SPREAD = 3.0

    def __init__(self, num_bins: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_bins, 1))
        self.register_buffer("std", torch.ones(num_bins, 1))

    @torch.no_grad()
    def fit(self, batches) -> None:
        """Mean and standard deviation of each bin over batches of [batch, num_bins, frames]."""
        count, total, squares = 0, 0.0, 0.0
        for logs in batches:
            logs = logs.double().transpose(0, 1).flatten(1)  # [num_bins, batch * frames]
            count += logs.shape[1]
            total = total + logs.sum(1, keepdim=True)
            squares = squares + logs.square().sum(1, keepdim=True)
        mean = total / count
        self.mean.copy_(mean)
        self.std.copy_((squares / count - mean.square()).clamp_min(1e-8).sqrt())

    def normalize(self, logs: Tensor) -> Tensor:
        return ((logs - self.mean) / (self.SPREAD * self.std)).clamp(-1.0, 1.0)

    def denormalize(self, native: Tensor) -> Tensor:
        return native * (self.SPREAD * self.std) + self.mean
