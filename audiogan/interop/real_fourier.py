"""The complex arithmetic of `audiogan.dsp` in real numbers, for runtimes that have no complex ones."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan import dsp
from audiogan.models.post_filter import PostFilter
from audiogan.phases import steady_phases

BLOCK = 256  # samples filtered at once: makes frames and matrix about equally large


class RealFourier(nn.Module):
    """`dsp.RealPair` as two convolutions with the windowed sines and cosines of the transform.

    Centred frames, periodic Hann window, both edges reflected, overlap-add divided by the summed squared window.
    """

    def __init__(self, n_fft: int, hop_length: int, num_samples: int):
        super().__init__()
        self.n_fft, self.hop_length, self.num_samples = n_fft, hop_length, num_samples
        window = torch.hann_window(n_fft, dtype=torch.float64)
        turns = torch.outer(torch.arange(n_fft // 2 + 1), torch.arange(n_fft)) % n_fft / n_fft  # [bins, n_fft]
        angles = 2 * math.pi * turns.double()
        waves = torch.cat([angles.cos(), -angles.sin()])[:, None] * window  # [2 * bins, 1, n_fft]
        twice = torch.full((n_fft // 2 + 1,), 2.0, dtype=torch.float64)  # a bin stands for its mirror image too
        twice[0] = twice[-1] = 1.0
        squares = F.conv_transpose1d(
            torch.ones(1, 1, 1 + num_samples // hop_length, dtype=torch.float64),
            (window**2)[None, None],
            None,
            hop_length,
        )
        back = waves * twice.repeat(2)[:, None, None] / n_fft
        tensors = {"waves": waves, "back": back, "weight": 1 / self._heard(squares[0]).clamp_min(dsp.TINY)}
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.float(), persistent=False)

    def stft(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, num_samples] to real and imaginary part, [batch, n_fft // 2 + 1, frames] each."""
        padded = F.pad(audio[:, None], (self.n_fft // 2, self.n_fft // 2), mode="reflect")
        return F.conv1d(padded, self.waves, stride=self.hop_length).chunk(2, dim=1)

    def istft(self, real: Tensor, imaginary: Tensor) -> Tensor:
        """Real and imaginary part, [batch, n_fft // 2 + 1, frames] each, to [batch, num_samples]."""
        samples = F.conv_transpose1d(torch.cat([real, imaginary], dim=1), self.back, stride=self.hop_length)
        return self._heard(samples.squeeze(1)) * self.weight

    def _heard(self, samples: Tensor) -> Tensor:
        return samples[:, self.n_fft // 2 :][:, : self.num_samples]


class RealPostFilter(nn.Module):
    """`PostFilter` as a product of each clip's overlapping frames and a matrix of its own label's taps.

    A runtime's convolution has one kernel for all clips, so it would have to run every label's.
    """

    def __init__(self, post: PostFilter):
        super().__init__()
        self.register_buffer("kernels", post.notched().flip(1))  # [labels or 1, taps], reversed for a correlation

    def forward(self, audio: Tensor, label: Tensor | None) -> Tensor:
        """[batch, 1, time] and label indices [batch] or None to [batch, 1, time]."""
        kernels = self.kernels if label is None else self.kernels[label]
        return (self._frames(audio.squeeze(1)) @ self._sliding(kernels).mT).flatten(1)[:, None, : audio.shape[2]]

    def _frames(self, audio: Tensor) -> Tensor:
        """[batch, time] to the input samples behind each `BLOCK` output samples, [batch, blocks, BLOCK + taps - 1]."""
        taps, num_samples = self.kernels.shape[1], audio.shape[1]
        blocks, long = -(-num_samples // BLOCK), BLOCK + taps - 1
        reach = -(-long // BLOCK)  # blocks that a frame spans
        left = taps // 2
        padded = F.pad(audio, (left, (blocks + reach) * BLOCK - num_samples - left)).unflatten(1, (-1, BLOCK))
        return torch.cat([padded[:, at : at + blocks] for at in range(reach)], dim=2)[..., :long]

    def _sliding(self, kernels: Tensor) -> Tensor:
        """Taps, [batch, taps], repeated in rows, each shifted by one more: [batch, BLOCK, BLOCK + taps - 1]."""
        wide = F.pad(kernels, (0, BLOCK))
        rows = wide[:, None].expand(-1, BLOCK, -1).flatten(1)  # rows read back one shorter shift by one each
        return rows[:, : BLOCK * (wide.shape[1] - 1)].unflatten(1, (BLOCK, -1))


class RealGriffinLim(nn.Module):
    """`dsp.griffin_lim` for magnitudes of one shape."""

    def __init__(self, n_fft: int, hop_length: int, num_samples: int):
        super().__init__()
        self.fourier = RealFourier(n_fft, hop_length, num_samples)

    def forward(
        self,
        linear: Tensor,
        n_fft: int,
        hop_length: int,
        num_samples: int,
        iterations: int = 16,
        momentum: float = 0.99,
    ) -> Tensor:
        """A replacement for `dsp.griffin_lim`; the sizes must be those that it was made for."""
        phases, before = steady_phases(linear, n_fft, hop_length), None
        real, imaginary = linear * phases.cos(), linear * phases.sin()
        for _ in range(iterations):
            now = self.fourier.stft(self.fourier.istft(real, imaginary))
            share = momentum / (1 + momentum)
            ahead = now if before is None else tuple(new - share * old for new, old in zip(now, before, strict=True))
            length = (ahead[0].square() + ahead[1].square()).sqrt()
            scale = linear / length.clamp_min(dsp.TINY)  # a bound: ONNX's optimizer would drop an added 1e-32
            (real, imaginary), before = (part * scale for part in ahead), now
        return self.fourier.istft(real, imaginary)
