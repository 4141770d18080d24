"""The hybrid: one generator that thinks in waveform and in spectrum, and knows which pitch it plays.

A style (latent, label and pitch) drives frames of 128 samples, from which four heads make sound: a bank of harmonics
at the given pitch, a short-time spectrum with its own phases, a second one that shapes white noise, and a
waveform for what is quicker than a frame. The first three are summed as spectra and inverted once.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan import dsp, latent
from audiogan.config import ModelConfig
from audiogan.models.base import WaveGenerator
from audiogan.models.layers import check_label, label_embedding

N_FFT, HOP_LENGTH = 512, 128
NUM_BINS = N_FFT // 2 + 1
FIRST_FRAMES = 16
STYLE, LABEL_FEATURES = 128, 64
EXPANSION = 3
PITCH_SCALES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8)  # turns an octave
PITCHES = 128  # MIDI numbers
HARMONICS = 48
HIGHEST_HARMONIC = 0.4875  # of the sample rate: 7.8 kHz at 16 kHz
LOUDEST = 5.0, 3.0, 1.0  # log magnitudes at which the spectral, noise and harmonic heads saturate
QUIET = -2.0, -4.0, -4.0  # and where they start
SHUFFLES = 8, 16  # of the transient head, whose product is the hop
TRANSIENT_GAIN = 0.1


class HybridGenerator(WaveGenerator):
    """z, label and MIDI pitch to a waveform; where the pitch is NaN, no harmonics sound.

    `pitch_shares` [labels, 129] holds how often each label played each MIDI number in training, and last how often
    none.
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
        self.harmonics = nn.Conv1d(width, HARMONICS, 1)
        self.transient = Transient(width)
        self.fourier = dsp.RealPair(N_FFT, HOP_LENGTH, config.num_samples)
        self.register_buffer("pitch_shares", torch.zeros(max(1, len(config.labels)), PITCHES + 1))
        self._start_quiet()

    @property
    def noise_dim(self) -> int:
        """Random numbers a clip takes beside z: the noise head's samples and the harmonics' phases."""
        return self.config.num_samples + HARMONICS

    def forward(
        self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None, noise: Tensor | None = None
    ) -> Tensor:
        """To [batch, 1, num_samples].

        Args:
            noise: standard normal [batch, noise_dim]; by default drawn from streams that z seeds, so that a clip is
                its latent, label and pitch, and nothing else.
        """
        noise = latent.noise_of(z, self.noise_dim) if noise is None else noise
        pitch = torch.full_like(z[:, 0], math.nan) if pitch is None else pitch
        style = self.mapping(z, label, pitch)
        x = self.frames(style)  # [batch, width, frames]
        samples, phases = noise.split([self.config.num_samples, HARMONICS], dim=1)
        real, imaginary = self._spectra(F.pad(x, (0, 1), mode="replicate"), pitch, samples, phases)
        tonal = self.fourier.istft(real, imaginary)
        return (tonal + TRANSIENT_GAIN * self.transient(x)).tanh().unsqueeze(1)

    def first_features(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        return self.mapping(z, label, pitch)

    def frames(self, style: Tensor) -> Tensor:
        """Style [batch, STYLE] to modulated features of each frame, [batch, width, num_samples / 128]."""
        x = self.dense(style).view(style.shape[0], -1, FIRST_FRAMES)
        for number, block in enumerate(self.blocks):
            if number:
                x = F.interpolate(x, scale_factor=2, mode="linear")
            x = block(x, style)
        return self.modulation(self.last_block(x, style), style)

    def fit_conditions(self, label: Tensor, pitch: Tensor) -> None:
        number = torch.where(pitch.isnan(), PITCHES, pitch.round().nan_to_num()).long()
        counts = torch.zeros(self.pitch_shares.shape).index_put_((label, number), torch.ones(()), accumulate=True)
        self.pitch_shares.copy_(counts / counts.sum(1, keepdim=True).clamp_min(1))

    def draw_pitches(self, indices: Sequence[int], seed: int, label: Sequence[int]) -> list[float]:
        return latent.draw_pitches(indices, seed, self.pitch_shares.double().cpu().numpy()[list(label)])

    def pitch_range(self, label: int) -> tuple[float, float] | None:
        played = self.pitch_shares[label, :PITCHES].nonzero()[:, 0].tolist()
        return (float(played[0]), float(played[-1])) if played else None

    def _spectra(self, x: Tensor, pitch: Tensor, samples: Tensor, phases: Tensor) -> tuple[Tensor, Tensor]:
        """Real and imaginary part of the three heads' sum, [batch, NUM_BINS, frames + 1] each."""
        level, cosine, sine, breath = _in_float32(self.spectral, x).chunk(4, dim=1)
        scale = level.clamp(max=LOUDEST[0]).exp() * torch.rsqrt(cosine.square() + sine.square() + 1e-4)
        ramp_cosine, ramp_sine = _quarter_turns(x.shape[-1], x.device)
        real = scale * (cosine * ramp_cosine - sine * ramp_sine)
        imaginary = scale * (cosine * ramp_sine + sine * ramp_cosine)
        white = self.fourier.stft(samples)
        breath = breath.clamp(max=LOUDEST[1]).exp()
        amplitude = _in_float32(self.harmonics, x).clamp(max=LOUDEST[2]).exp()  # [batch, HARMONICS, frames + 1]
        lines = harmonic_lines(pitch, phases, amplitude, self.config.sample_rate)
        return real + breath * white[0] + lines[0], imaginary + breath * white[1] + lines[1]

    @torch.no_grad()
    def _start_quiet(self) -> None:
        for head in (self.spectral, self.harmonics):
            if not head.weight.is_meta:  # where drawing would import all of torch._dynamo
                nn.init.normal_(head.weight, std=0.03)
            nn.init.zeros_(head.bias)
        self.spectral.bias[:NUM_BINS] = QUIET[0]
        self.spectral.bias[3 * NUM_BINS :] = QUIET[1]
        self.harmonics.bias[:] = QUIET[2]


class Mapping(nn.Module):
    """Latent, label and pitch to a style."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.embedding = label_embedding(len(config.labels), LABEL_FEATURES)
        known = (LABEL_FEATURES if config.labels else 0) + 2 * len(PITCH_SCALES) + 1
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
    """Frames to samples by two pixel shuffles: what is quicker than an analysis window."""

    def __init__(self, width: int):
        super().__init__()
        inner = max(1, width // 4)
        self.first = nn.Conv1d(width, inner * SHUFFLES[0], 3, padding=1)
        self.second = nn.Conv1d(inner, SHUFFLES[1], 7, padding=3)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, width, frames] to [batch, 128 * frames]."""
        x = _shuffle(self.first(x), SHUFFLES[0])  # [batch, inner, 8 * frames]
        return _shuffle(self.second(F.leaky_relu(x, 0.2)), SHUFFLES[1]).squeeze(1).float()


def pitch_features(pitch: Tensor) -> Tensor:
    """Sines and cosines of a MIDI pitch at eight scales, and whether there is one; zeros for NaN: [batch, 17]."""
    pitched = (~pitch.isnan()).float()[:, None]
    scales = torch.tensor(PITCH_SCALES, device=pitch.device)
    angles = 2 * math.pi * pitch.nan_to_num()[:, None] / 12 * scales
    return torch.cat([angles.sin() * pitched, angles.cos() * pitched, pitched], dim=1)


def harmonic_lines(pitch: Tensor, phases: Tensor, amplitude: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """The spectra of harmonics at a MIDI pitch, placed into the frames of `dsp.stft` without a sample computed.

    A line a cos(w t + p) gives bin b of frame m the value (-1)^b a / 2 exp(i (p + w hop m)) R(w_b - w): the frame is
    centred at hop m, where the Hann window's transform R is real. Amplitudes change slowly against a window.

    Args:
        pitch: [batch], NaN for silence.
        phases: standard normal [batch, harmonics], read as uniform on the circle.
        amplitude: [batch, harmonics, frames].

    Returns:
        Real and imaginary part, [batch, NUM_BINS, frames].
    """
    with torch.no_grad():
        order = torch.arange(1, amplitude.shape[1] + 1, device=pitch.device)
        fundamental = 440 / sample_rate * octaves_up((pitch.nan_to_num() - 69) / 12)  # cycles a sample
        frequency = fundamental[:, None] * order  # [batch, harmonics]
        sounding = ((frequency < HIGHEST_HARMONIC) & ~pitch.isnan()[:, None]).float()
        bins = torch.arange(NUM_BINS, device=pitch.device)
        sign = (0.5 - (bins % 2).float())[:, None] * sounding[:, None]  # (-1)^b / 2
        line = hann_transform(bins[:, None] - N_FFT * frequency[:, None]) * sign  # [batch, NUM_BINS, harmonics]
        image = hann_transform(bins[:, None] + N_FFT * frequency[:, None]) * sign  # at -w: low notes reach bin 0
        turns = frequency[..., None] * HOP_LENGTH * torch.arange(amplitude.shape[2], device=pitch.device)
        angle = 2 * math.pi * (turns % 1 + (0.5 + 0.5 * torch.erf(phases / math.sqrt(2)))[..., None])
        cosine, sine = angle.cos(), angle.sin()
    return (line + image) @ (amplitude * cosine), (line - image) @ (amplitude * sine)


def octaves_up(octaves: Tensor) -> Tensor:
    """2 to that power in float32, rounded once: a clip holds thousands of periods, and a bit of error in each adds up.

    Powers in float32 differ in that bit from machine to machine, and with the size of the batch.
    """
    precise = octaves.cpu() if octaves.device.type == "mps" else octaves  # which has no float64
    return torch.exp2(precise.double()).float().to(octaves.device)


def hann_transform(offset: Tensor) -> Tensor:
    """Transform of the periodic Hann window of N_FFT samples about its middle, real, at offsets in bins below N_FFT.

    Half a box and two quarters of one, a bin to either side; the window is 0 where the boxes end.
    """
    boxes = [
        torch.sinc(place) * torch.cos(math.pi * place / N_FFT) / torch.sinc(place / N_FFT)
        for place in (offset - 1, offset, offset + 1)
    ]
    return N_FFT * (0.25 * boxes[0] + 0.5 * boxes[1] + 0.25 * boxes[2])


def _in_float32(head: nn.Module, x: Tensor) -> Tensor:
    """A head whose outputs are exponents and phases: bfloat16's steps would be heard there."""
    with torch.autocast(x.device.type, enabled=False):
        return head(x.float())


def _quarter_turns(frames: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosine and sine of 2 pi hop b m / N_FFT, how far bin b's own frequency has turned at frame m: quarter turns."""
    quarters = torch.outer(torch.arange(NUM_BINS, device=device), torch.arange(frames, device=device)) % 4
    table = torch.tensor([1.0, 0.0, -1.0, 0.0], device=device)
    return table[quarters], table[(quarters + 3) % 4]


def _shuffle(x: Tensor, factor: int) -> Tensor:
    """[batch, factor * channels, time] to [batch, channels, factor * time]."""
    batch, _, time = x.shape
    return x.view(batch, -1, factor, time).transpose(2, 3).reshape(batch, -1, factor * time)
