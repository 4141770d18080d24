"""The hybrid: one generator that works in both waveform and spectrum and takes the pitch to play.

A style (latent, label and pitch) drives frames of 128 samples, from which four heads make sound: a bank of partials
near the multiples of a pitch, a short-time spectrum with its own phases, a second one that shapes white noise, and a
waveform for events shorter than a frame. The first three are summed as spectra and inverted once. A post filter may
follow.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan import dsp, latent
from audiogan.config import ModelConfig
from audiogan.models import harmonics
from audiogan.models.base import WaveGenerator
from audiogan.models.harmonics import HOP_LENGTH, N_FFT, NUM_BINS, Harmonics
from audiogan.models.layers import check_label, label_embedding
from audiogan.models.post_filter import post_filter

FIRST_FRAMES = 16
STYLE, LABEL_FEATURES = 128, 64
EXPANSION = 3
PITCH_SCALES = -4, 4  # powers of two from 1/16 of a turn per octave to 8 turns
PITCHES = 128  # MIDI numbers
LOUDEST = 5.0, 3.0  # log magnitudes at which the spectral and the noise head saturate
QUIET = -2.0, -4.0  # log magnitudes at which they start
SHUFFLES = 8, 16  # factors of the transient head; their product is the hop
TRANSIENT_GAIN = 0.1


class HybridGenerator(WaveGenerator):
    """z, label and MIDI pitch to a waveform; where the pitch is NaN, no harmonics sound.

    `pitch_shares` [labels, 129] holds the share of each label's training clips at each MIDI number and, last, without
    pitch. `partial_ratios` [labels, 48], if the config has them, says where the partials lie, in fundamentals.
    """

    takes_pitch = True

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        width, frames = config.dim, config.num_samples // HOP_LENGTH
        self.mapping = Mapping(config)
        self.dense = nn.Linear(STYLE, width * FIRST_FRAMES)
        doublings = int(math.log2(frames // FIRST_FRAMES))
        self.blocks = nn.ModuleList([StyledBlock(width) for _ in range(doublings + 1)])
        self.last_block = StyledBlock(width)
        self.modulation = Modulation(width)
        self.spectral = nn.Conv1d(width, 4 * NUM_BINS, 1)  # log magnitude, cosine, sine, log noise
        self.harmonics = Harmonics(width, STYLE, config.sample_rate)
        self.transient = Transient(width)
        self.fourier = dsp.RealPair(N_FFT, HOP_LENGTH, config.num_samples)
        self.register_buffer("pitch_shares", torch.zeros(max(1, len(config.labels)), PITCHES + 1))
        ratios = torch.zeros(max(1, len(config.labels)), harmonics.HARMONICS) if config.partial_ratios else None
        self.register_buffer("partial_ratios", ratios)
        self.post = post_filter(config)
        if not self.spectral.weight.is_meta:  # on the meta device this would import torch._dynamo
            self._begin()

    @property
    def noise_dim(self) -> int:
        """Random numbers per clip besides z: the noise head's samples and the harmonics' phases."""
        return self.config.num_samples + harmonics.NOISE

    def forward(
        self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """To [batch, 1, num_samples].

        Args:
            noise: standard normal [batch, noise_dim]; by default drawn from streams that z seeds, so that latent,
                label and pitch alone determine a clip.
        """
        noise = latent.noise_of(z, self.noise_dim) if noise is None else noise
        pitch = torch.full_like(z[:, 0], math.nan) if pitch is None else pitch
        style = self.mapping(z, label, pitch)
        x = self.frames(style)  # [batch, width, frames]
        ratios = self._ratios(pitch, label)
        tonal = self.fourier.istft(*self._spectra(F.pad(x, (0, 1), mode="replicate"), style, pitch, noise, ratios))
        audio = (tonal + TRANSIENT_GAIN * self.transient(x)).tanh().unsqueeze(1)
        return audio if self.post is None else self.post(audio, label)

    def first_features(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        return self.mapping(z, label, pitch)

    def frames(self, style: Tensor) -> Tensor:
        """Style [batch, STYLE] to modulated features of each frame, [batch, width, num_samples / 128]."""
        x = self.dense(style).view(style.shape[0], -1, FIRST_FRAMES)
        for number, block in enumerate(self.blocks):
            if number:
                x = doubled(x)
            x = block(x, style)
        return self.modulation(self.last_block(x, style), style)

    def fit_conditions(self, label: Tensor, pitch: Tensor) -> None:
        number = torch.where(pitch.isnan(), PITCHES, pitch.round().nan_to_num()).long()
        counts = torch.zeros(self.pitch_shares.shape).index_put_((label, number), torch.ones(()), accumulate=True)
        self.pitch_shares.copy_(counts / counts.sum(1, keepdim=True).clamp_min(1))

    def draw_pitches(self, indices: Sequence[int], seed: int, label: Sequence[int]) -> list[float]:
        return latent.draw_pitches(indices, seed, self.pitch_shares.cpu().double().numpy()[list(label)])

    def pitch_range(self, label: int) -> tuple[float, float] | None:
        played = self.pitch_shares[label, :PITCHES].nonzero()[:, 0].tolist()
        return (float(played[0]), float(played[-1])) if played else None

    def _ratios(self, pitch: Tensor, label: Tensor | None) -> Tensor | None:
        """Ratios of each clip's partials to the fundamental, [batch, 48]; None for whole numbers."""
        if self.partial_ratios is None:
            return None
        return self.partial_ratios[torch.zeros_like(pitch, dtype=torch.long) if label is None else label]

    def _spectra(
        self, x: Tensor, style: Tensor, pitch: Tensor, noise: Tensor, ratios: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Real and imaginary part of the three heads' sum, [batch, NUM_BINS, frames + 1] each."""
        samples, chances = noise.split([self.config.num_samples, harmonics.NOISE], dim=1)
        with torch.autocast(x.device.type, enabled=False):  # bfloat16's steps in exponents and phases are audible
            x, style = x.float(), style.float()
            level, cosine, sine, breath = self.spectral(x).chunk(4, dim=1)
            tonal = self.harmonics(x, style, pitch, chances, ratios)
        scale = level.clamp(max=LOUDEST[0]).exp() * torch.rsqrt(cosine.square() + sine.square() + 1e-4)
        ramp_cosine, ramp_sine = _quarter_turns(x.shape[-1], x.device)
        real = scale * (cosine * ramp_cosine - sine * ramp_sine)
        imaginary = scale * (cosine * ramp_sine + sine * ramp_cosine)
        white = self.fourier.stft(samples)
        breath = breath.clamp(max=LOUDEST[1]).exp()
        return real + breath * white[0] + tonal[0], imaginary + breath * white[1] + tonal[1]

    @torch.no_grad()
    def _begin(self) -> None:
        """Initialise quiet, with partials at the multiples of a pitch."""
        if self.partial_ratios is not None:
            self.partial_ratios[:] = torch.arange(1.0, harmonics.HARMONICS + 1)
        nn.init.normal_(self.spectral.weight, std=0.03)
        nn.init.zeros_(self.spectral.bias)
        self.spectral.bias[:NUM_BINS] = QUIET[0]
        self.spectral.bias[3 * NUM_BINS :] = QUIET[1]


class Mapping(nn.Module):
    """Latent, label and pitch to a style."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.embedding = label_embedding(len(config.labels), LABEL_FEATURES)
        known = (LABEL_FEATURES if config.labels else 0) + 2 * (PITCH_SCALES[1] - PITCH_SCALES[0]) + 1
        layers = [nn.Linear(config.latent_dim + known, STYLE), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(STYLE, STYLE), nn.LeakyReLU(0.2))

    def forward(self, z: Tensor, label: Tensor | None, pitch: Tensor) -> Tensor:
        """[batch, latent_dim], [batch] and [batch] to [batch, STYLE]."""
        check_label(label, self.embedding is not None)
        parts = [z, pitch_features(pitch)]
        if self.embedding is not None:
            parts.append(self.embedding(label))
        return self.layers(torch.cat(parts, dim=1))


class Modulation(nn.Module):
    """Features of unit power over channels, scaled and shifted by the style (Karras et al. 2019, AdaIN, per frame)."""

    def __init__(self, width: int):
        super().__init__()
        self.affine = nn.Linear(STYLE, 2 * width)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """[batch, width, frames], the shape kept."""
        scale, shift = self.affine(style)[..., None].chunk(2, dim=1)
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6) * (1 + scale) + shift


class StyledBlock(nn.Module):
    """A ConvNeXt block over time (Liu et al. 2022) whose norm is a style's modulation."""

    def __init__(self, width: int):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.modulation = Modulation(width)
        self.widen, self.narrow = nn.Conv1d(width, EXPANSION * width, 1), nn.Conv1d(EXPANSION * width, width, 1)
        self.gain = nn.Parameter(torch.full((width, 1), 0.1))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        h = self.modulation(self.depthwise(x), style)
        return x + self.gain * self.narrow(F.gelu(self.widen(h)))


class Transient(nn.Module):
    """Frames to samples by two pixel shuffles, for events shorter than an analysis window."""

    def __init__(self, width: int):
        super().__init__()
        inner = max(1, width // 4)
        self.first = nn.Conv1d(width, inner * SHUFFLES[0], 3, padding=1)
        self.second = nn.Conv1d(inner, SHUFFLES[1], 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, width, frames] to [batch, 128 * frames]."""
        x = _shuffle(self.first(x), SHUFFLES[0])  # [batch, inner, 8 * frames]
        return _shuffle(self.second(F.leaky_relu(x, 0.2)), SHUFFLES[1]).squeeze(1).float()


def doubled(x: Tensor) -> Tensor:
    """Linear interpolation to twice the frames, edges held: [batch, channels, frames] to [batch, channels, 2 * frames].

    Same as `F.interpolate`, whose kernel takes a GPU longer than all convolutions in between.
    """
    before, after = torch.cat([x[..., :1], x[..., :-1]], dim=2), torch.cat([x[..., 1:], x[..., -1:]], dim=2)
    return torch.stack([torch.lerp(x, before, 0.25), torch.lerp(x, after, 0.25)], dim=3).flatten(2)


def pitch_features(pitch: Tensor) -> Tensor:
    """Sines and cosines of a MIDI pitch at eight scales, and whether there is one; zeros for NaN: [batch, 17]."""
    pitched = (~pitch.isnan()).float()[:, None]
    scales = torch.exp2(torch.arange(*PITCH_SCALES, device=pitch.device))  # no constant copied from the host
    angles = 2 * math.pi * pitch.nan_to_num()[:, None] / 12 * scales
    return torch.cat([angles.sin() * pitched, angles.cos() * pitched, pitched], dim=1)


def _quarter_turns(frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine of 2 pi hop b m / N_FFT, the phase of bin b's own frequency at frame m: quarter turns."""
    quarters = torch.outer(torch.arange(NUM_BINS, device=device), torch.arange(frames, device=device)) % 4
    first, second, third, fourth = ((quarters == place).float() for place in range(4))
    return first - third, second - fourth


def _shuffle(x: Tensor, factor: int) -> Tensor:
    """[batch, factor * channels, time] to [batch, channels, factor * time]."""
    batch, _, time = x.shape
    return x.view(batch, -1, factor, time).transpose(2, 3).reshape(batch, -1, factor * time)
