"""WaveGAN (Donahue, McAuley and Puckette, ICLR 2019): DCGAN flattened to one dimension, on raw audio."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan.config import ModelConfig
from audiogan.models.base import Discriminator, WaveGenerator
from audiogan.models.convolutions import DownConv1d, UpConv1d
from audiogan.models.derivatives import LeakyReLU
from audiogan.models.envelope import Envelope
from audiogan.models.folding import on_gpu
from audiogan.models.layers import LabelledLatent, PhaseShuffle, ProjectionHead, init_published
from audiogan.models.post_filter import post_filter

FIRST_FRAMES = 16


def strides(num_samples: int) -> list[int]:
    """Upsampling factors from 16 frames to the clip: fours, then a two if needed."""
    fours, factor = [], num_samples // FIRST_FRAMES
    while factor >= 4:
        fours.append(4)
        factor //= 4
    return fours + [2] * (factor == 2)


def widths(config: ModelConfig) -> list[int]:
    """Channels from the narrowest layer to the widest: dim times 1, 2, 4, ..., one per stride."""
    return [config.dim * 2**level for level in range(len(strides(config.num_samples)))]


class WaveGANGenerator(WaveGenerator):
    """z to waveform: a dense layer to 16 frames, then transposed convolutions, ReLU, tanh.

    An envelope, computed from the output of the first of those convolutions, and a post filter may follow.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        channels = [*widths(config)[::-1], 1]
        self.latent = LabelledLatent(config.latent_dim, len(config.labels))
        self.dense = nn.Linear(self.latent.out_features, FIRST_FRAMES * channels[0])
        sizes = zip(pairwise(channels), strides(config.num_samples), strict=True)
        self.layers = nn.ModuleList([UpConv1d(i, o, config.kernel_size, stride) for (i, o), stride in sizes])
        self.envelope = Envelope(channels[1]) if config.envelope else None
        self.post = post_filter(config)
        self.apply(init_published)

    def forward(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        x = self.dense(self.latent(z, label))
        x = x.view(z.shape[0], -1, FIRST_FRAMES)  # [batch, widest, 16]
        gain = None
        for layer in self.layers:
            x = layer(F.relu(x, inplace=torch.is_inference_mode_enabled()))  # nothing else reads it then
            if gain is None and self.envelope is not None:
                gain = self.envelope(x, self.config.num_samples)
        x = x.tanh()  # [batch, 1, num_samples]
        x = x if gain is None else x * gain
        return x if self.post is None else self.post(x, label)


class WaveGANDiscriminator(Discriminator):
    """Waveform to one logit: strided convolutions of 25 taps, LeakyReLU, phase shuffle after the first four."""

    SHUFFLED_LAYERS = 4

    def __init__(self, config: ModelConfig):
        super().__init__()
        channels = [1, *widths(config)]
        sizes = zip(pairwise(channels), strides(config.num_samples), strict=True)
        self.layers = nn.ModuleList([DownConv1d(i, o, stride=stride) for (i, o), stride in sizes])
        self.shuffle = PhaseShuffle(config.phase_shuffle)
        self.head = ProjectionHead(channels[-1] * FIRST_FRAMES, channels[-1], len(config.labels))
        self.apply(init_published)

    def judge_both(self, real: tuple, fake: tuple, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Judge both as one batch on a GPU, which fills it better and lays weights out once."""
        (real_audio,), (fake_audio,) = real, fake
        if not on_gpu(real_audio) or real_audio.requires_grad or len(real_audio) != len(fake_audio):
            return super().judge_both(real, fake, label)
        labels = None if label is None else torch.cat([label, label])
        return self(torch.cat([real_audio, fake_audio]), labels, parts=2).chunk(2)

    def forward(self, audio: Tensor, label: Tensor | None = None, parts: int = 1) -> Tensor:
        """[batch, 1, num_samples] to logits [batch]; each of `parts` equal parts is shuffled as its own batch."""
        x = audio
        for number, layer in enumerate(self.layers):
            x = LeakyReLU.apply(layer(x), 0.2)
            if number < min(self.SHUFFLED_LAYERS, len(self.layers) - 1):
                x = self.shuffle(x, parts)
        return self.head(x, label)
