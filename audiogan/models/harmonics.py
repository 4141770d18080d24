"""The hybrid's bank of partials, written straight into the frames of an STFT: no samples are computed.

Each partial lies near its multiple of the pitch. Frames set its loudness, the pitch bend and the depth of a vibrato.
The style sets the vibrato's rate, how far a partial strays from its multiple (strings are stretched) and its phase
relative to the others. Partials near no multiple, such as a bell's, have measured places.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N_FFT, HOP_LENGTH = 512, 128
NUM_BINS = N_FFT // 2 + 1
HARMONICS = 48
HIGHEST = 0.4875  # of the sample rate: 7.8 kHz at 16 kHz
LOUDEST, QUIET = 1.0, -4.0  # log amplitudes: where they saturate, and where they start
REACH = 6  # bins computed on either side of a line: beyond, a Hann window's transform is 60 dB below its peak
MOST_BEND = 0.5  # semitones, for the curve and for the vibrato each
MOST_STRAY = 0.5, 0.05  # in fundamentals: for a partial at its multiple, and for one placed elsewhere
SMOOTHING = 5  # frames, 40 ms: a pitch that bends faster is noise
VIBRATO, VIBRATO_OCTAVES = 5.5, 0.25  # Hz, and octaves above and below it that a player may go
START_DEPTH = 0.05  # semitones: critics must hear a vibrato to say how deep it should be
NOISE = HARMONICS + 2  # random numbers per clip: each partial's phase, and the initial phases of note and vibrato


class Harmonics(nn.Module):
    """Partials near the multiples of a MIDI pitch, or at ratios of their own; silent if the pitch is NaN.

    Args:
        width: channels of the frames.
        style: features of the style.
        sample_rate: Hz.
    """

    def __init__(self, width: int, style: int, sample_rate: int):
        super().__init__()
        self.sample_rate = sample_rate
        self.level, self.bend = nn.Conv1d(width, HARMONICS, 1), nn.Conv1d(width, 2, 1)  # curve and depth of vibrato
        self.partials = nn.Linear(style, 3 * HARMONICS - 1)  # stray of all but the first, cosine, sine
        self.vibrato = nn.Linear(style, 1)  # rate
        for layer in (self.bend, self.partials, self.vibrato):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.bend.bias[1:], START_DEPTH / MOST_BEND)
        if not self.level.weight.is_meta:  # on the meta device this would import torch._dynamo
            nn.init.normal_(self.level.weight, std=0.03)
        nn.init.constant_(self.level.bias, QUIET)

    def forward(
        self, x: Tensor, style: Tensor, pitch: Tensor, noise: Tensor, ratios: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Real and imaginary part as `dsp.stft` would give them, [batch, NUM_BINS, frames] each.

        Args:
            x: float32 frames [batch, width, frames].
            style: float32 [batch, style].
            pitch: [batch].
            noise: standard normal [batch, NOISE].
            ratios: of each partial to the fundamental, 0 for a silent one, [batch, HARMONICS]; by default 1, 2, 3, ...
        """
        amplitude = self.level(x).clamp(max=LOUDEST).exp().transpose(1, 2)  # [batch, frames, HARMONICS]
        circle = 0.5 + 0.5 * torch.erf(noise / math.sqrt(2))  # uniform in [0, 1)
        bend = self._bend(x, style, circle[:, -1:])  # [batch, frames]
        stray, cosine, sine = self.partials(style)[:, None].split([HARMONICS - 1, HARMONICS, HARMONICS], dim=2)
        ratios = torch.arange(1.0, HARMONICS + 1, device=x.device)[None] if ratios is None else ratios
        order, aside = self._places(F.pad(stray.tanh(), (1, 0)), ratios)
        frequency, turns = self._course(pitch, bend, order, aside)
        alone, begin = 2 * math.pi * circle[:, None, :HARMONICS], circle[:, None, HARMONICS : HARMONICS + 1]
        cosine, sine = cosine + alone.cos(), sine + alone.sin()  # a strong learnt phase outweighs the random one
        scale = amplitude * torch.rsqrt(cosine.square() + sine.square() + 1e-4)
        sounding = (frequency < HIGHEST) & ~pitch.isnan()[:, None, None] & (ratios > 0)[:, None]
        scale = scale * sounding
        angle = 2 * math.pi * ((turns + order * begin) % 1)
        real = scale * (cosine * angle.cos() - sine * angle.sin())
        imaginary = scale * (cosine * angle.sin() + sine * angle.cos())
        return lines(frequency.clamp(0.0, HIGHEST), real, imaginary)

    def _bend(self, x: Tensor, style: Tensor, begin: Tensor) -> Tensor:
        """Pitch bend in semitones [batch, frames]: a curve, and a vibrato from phase `begin` [batch, 1], in turns."""
        curve, depth = smoothed(self.bend(x)).tanh().unbind(1)
        rate = VIBRATO * torch.exp2(VIBRATO_OCTAVES * self.vibrato(style).tanh())  # [batch, 1]
        seconds = torch.arange(x.shape[2], device=x.device) * (HOP_LENGTH / self.sample_rate)
        return MOST_BEND * (curve + depth * torch.sin(2 * math.pi * (rate * seconds + begin)))

    def _places(self, stray: Tensor, ratios: Tensor) -> tuple[Tensor, Tensor]:
        """The multiple that each partial bends with, and its distance from that multiple, in fundamentals.

        Args:
            stray: from -1 to 1, [batch, 1, HARMONICS].
            ratios: [batch or 1, HARMONICS].

        Returns:
            [batch or 1, 1, HARMONICS] and [batch, 1, HARMONICS].
        """
        whole = torch.arange(1, HARMONICS + 1, device=stray.device)
        reach = torch.where(ratios == whole, *MOST_STRAY)[:, None]
        order = ratios.round().clamp(min=1)[:, None]
        return order, ratios[:, None] - order + reach * stray

    def _course(self, pitch: Tensor, bend: Tensor, order: Tensor, aside: Tensor) -> tuple[Tensor, Tensor]:
        """Each partial's frequency in cycles per sample and phase in turns, [batch, frames, HARMONICS] each.

        Args:
            bend: semitones [batch, frames].
            order, aside: of `_places`.
        """
        octaves = (pitch.nan_to_num()[:, None] - 69) / 12
        nominal, _ = course(octaves, self.sample_rate)
        fundamental, turned = (part[..., None] for part in course(octaves + bend / 12, self.sample_rate))
        frames = torch.arange(bend.shape[1], device=bend.device)[:, None]
        aside = nominal[..., None] * aside  # [batch, 1, HARMONICS]
        return order * fundamental + aside, order * turned + (HOP_LENGTH * aside % 1) * frames


def smoothed(x: Tensor) -> Tensor:
    """The mean of SMOOTHING frames around each: [batch, channels, frames], the shape kept."""
    edge = SMOOTHING // 2
    return F.avg_pool1d(F.pad(x, (edge, edge), mode="replicate"), SMOOTHING, 1)


def lines(frequency: Tensor, real: Tensor, imaginary: Tensor) -> tuple[Tensor, Tensor]:
    """Spectra of sines that change slowly compared with a window, in the frames of `dsp.stft`.

    A line a cos(w t + p) gives bin b of frame m the value (-1)^b a / 2 exp(i (p + w hop m)) R(w_b - w): the frame is
    centred at hop m, so the Hann window's transform R is real. At x bins from the line, R is
    N / 2 sinc(x) / (1 - x^2). Its sine changes sign from bin to bin as (-1)^b does, so the signs cancel. Bins below 0
    fold back as conjugates: they belong to the line at -w.

    Args:
        frequency: cycles per sample, up to `HIGHEST`, [batch, frames, lines].
        real, imaginary: a cos and a sin of the angle at each frame's middle, shaped alike.

    Returns:
        Real and imaginary part, [batch, NUM_BINS, frames].
    """
    place = N_FFT * frequency
    nearest = place.detach().round()
    beside = place - nearest  # [-0.5, 0.5]
    gain = N_FFT / 4 * torch.sinc(beside) * (1 - 2 * (nearest % 2))
    shape = _skirts(beside)
    index = nearest.nan_to_num().long()[..., None] + torch.arange(2 * REACH + 1, device=frequency.device)
    parts = ((part * gain)[..., None] * shape for part in (real, imaginary))
    real, imaginary = (_summed(index, part).transpose(1, 2) for part in parts)
    edges = (0, 0, 0, NUM_BINS - REACH - 1)
    real, below = real[:, REACH:], F.pad(real[:, : REACH + 1].flip(1), edges)
    imaginary, image = imaginary[:, REACH:], F.pad(imaginary[:, : REACH + 1].flip(1), edges)
    return real + below, imaginary - image


def _summed(index: Tensor, parts: Tensor) -> Tensor:
    """Sum the parts [batch, frames, lines, 2 REACH + 1] into the bins that `index` names.

    A GPU adds the parts of a bin in any order, yet a sound must have the same bytes whenever it is played: in
    inference mode a GPU therefore adds one line at a time.

    Returns:
        [batch, frames, REACH + NUM_BINS], of which the first REACH lie below bin 0.
    """
    sums = parts.new_zeros(*parts.shape[:2], REACH + NUM_BINS)
    if in_any_order(parts) and torch.is_inference_mode_enabled():
        for line_index, line in zip(index.unbind(2), parts.unbind(2), strict=True):
            sums.scatter_add_(2, line_index, line)
        return sums
    return sums.scatter_add(2, index.flatten(2), parts.flatten(2))


def in_any_order(x: Tensor) -> bool:
    """Whether this device adds scattered numbers in varying order, so that sums differ between runs."""
    return x.device.type != "cpu"


def _skirts(beside: Tensor) -> Tensor:
    """-d / ((d - j - 1) (d - j) (d - j + 1)) at offset d from a bin, for each |j| up to REACH: [..., 2 REACH + 1].

    In partial fractions, u_j - u_(j - 1) / 2 - u_(j + 1) / 2 with u_j = d / (d - j), where u_0 is 1.
    """
    away = torch.arange(1, REACH + 2, device=beside.device)
    beside = beside[..., None]
    shares = [beside / (beside + away.flip(0)), torch.ones_like(beside), beside / (beside - away)]
    shares = torch.cat(shares, dim=-1)
    return shares[..., 1:-1] - 0.5 * (shares[..., :-2] + shares[..., 2:])


def course(octaves: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Cycles per sample at octaves above A4, and their phase in turns, modulo 1: [batch, frames] each.

    In float64, rounded once: a clip holds thousands of periods, and an error in the last bit of each adds up. Powers in
    float32 differ in that bit between machines and batch sizes.
    """
    precise = octaves.cpu() if octaves.device.type == "mps" else octaves  # MPS has no float64
    cycles = 440 * torch.exp2(precise.double()) / sample_rate  # whole numbers: ONNX keeps constants in float32
    turned = F.pad((HOP_LENGTH / 2 * (cycles[:, 1:] + cycles[:, :-1])).cumsum(1), (1, 0)) % 1
    return cycles.float().to(octaves.device), turned.float().to(octaves.device)
