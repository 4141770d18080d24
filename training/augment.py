"""Differentiable augmentation of real and fake samples alike, for data sets too small for their critic.

Each change is drawn per clip and applied with a fixed probability, or, with `augment_adaptive`, one that adapts to how
far the critic has memorised its data (Karras et al. 2020, adaptive discriminator augmentation).
"""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan.models.base import Generator, SpectralNormalizer
from training.distributed import Workers

TARGET = 0.6  # for the share of pairs the critic ranks correctly, scaled to [-1, 1]
ADAPTATION_CLIPS = 100_000  # clips in which the probability can go from 0 to 1
MAX_SHIFT_SECONDS = 0.025
GAIN_DB = (-6.0, 3.0)
TILT = 0.4
NOISE = 0.003
LOG_PER_DB = math.log(10) / 20


class Augmentation:
    """Changes native samples; its state is one probability, kept on the device.

    Args:
        generator: the one whose native samples are augmented.
        rng: source of random numbers.
        probability: initial probability of each change.
        adaptive: let the probability follow the critic; otherwise it stays fixed.
        workers: the processes that share each batch: each draws for the whole batch.
    """

    def __init__(
        self,
        generator: Generator,
        rng: torch.Generator,
        probability: float,
        adaptive: bool,
        workers: Workers | None = None,
    ):
        self.workers = workers or Workers()
        self.rng, self.adaptive, self.active = rng, adaptive, adaptive or probability > 0
        self.spectrum = getattr(generator, "spectrum", None)
        self.max_shift = MAX_SHIFT_SECONDS * generator.config.sample_rate  # samples
        self.num_samples = generator.config.num_samples
        self.probability = torch.tensor(probability, device=rng.device)

    def __call__(self, native: Tensor) -> Tensor:
        """Augment samples [batch, 1, time] or [batch, 1, bins, frames]; the shape is kept."""
        if not self.active:
            return native
        return self._waveform(native) if self.spectrum is None else self._spectrogram(native, self.spectrum)

    def adapt(self, real: Tensor, fake: Tensor) -> None:
        """Move the probability according to the critic's logits [batch, ...], without waiting for the device."""
        if self.adaptive:
            ahead = self.workers.mean(torch.sign(real - fake).mean().detach())
            step = torch.sign(ahead - TARGET) * len(real) * self.workers.count / ADAPTATION_CLIPS
            self.probability.add_(step).clamp_(0.0, 1.0)

    def state_dict(self) -> dict[str, Tensor]:
        return {"probability": self.probability}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.probability.copy_(state["probability"])

    def _waveform(self, x: Tensor) -> Tensor:
        batch = len(x)
        x = x * (1 - 2 * self._chosen(batch) * self._uniform(batch, 0, 1).round())[:, None, None]  # polarity
        x = x * torch.exp(LOG_PER_DB * self._drawn(batch, *GAIN_DB))[:, None, None]
        difference = F.pad(x, (1, 0))[..., :-1] - x
        x = x + self._drawn(batch, -TILT, TILT)[:, None, None] * difference
        x = shift(x, self._drawn(batch, -self.max_shift, self.max_shift))
        level = (NOISE * self._chosen(batch))[:, None, None]
        return x + level * self._whole_batch(torch.randn, x.shape)

    def _spectrogram(self, x: Tensor, spectrum: SpectralNormalizer) -> Tensor:
        batch, _, bins, frames = x.shape
        height = torch.linspace(-1, 1, bins, device=x.device)[None, :]
        change = self._drawn(batch, *GAIN_DB)[:, None] + 10 * self._drawn(batch, -TILT, TILT)[:, None] * height  # dB
        x = x + (LOG_PER_DB * change[:, :, None] / (spectrum.SPREAD * spectrum.std))[:, None]  # [batch, 1, bins, 1]
        most = self.max_shift * frames / self.num_samples
        return shift(x, self._drawn(batch, -most, most), hold_edges=True).clamp(-1.0, 1.0)

    def _drawn(self, batch: int, low: float, high: float) -> Tensor:
        """A number in [low, high) for each chosen clip, and 0 (no change) for the others: [batch]."""
        return self._uniform(batch, low, high) * self._chosen(batch)

    def _chosen(self, batch: int) -> Tensor:
        return (self._uniform(batch, 0, 1) < self.probability).float()

    def _uniform(self, batch: int, low: float, high: float) -> Tensor:
        return self._whole_batch(torch.rand, (batch,)) * (high - low) + low

    def _whole_batch(self, draw: Callable, shape: Sequence[int]) -> Tensor:
        """Draw for the whole batch and return this process's part, of the given shape."""
        size = shape[0] * self.workers.count
        return draw(size, *shape[1:], generator=self.rng, device=self.rng.device)[self.workers.part(size)]


def shift(x: Tensor, steps: Tensor, hold_edges: bool = False) -> Tensor:
    """Move each clip along the last axis by its own number of steps, rounded; later is positive.

    Args:
        x: [batch, ..., time].
        steps: [batch].
        hold_edges: fill the gap with the edge value; otherwise with zeros.
    """
    last = x.shape[-1] - 1
    source = torch.arange(last + 1, device=x.device) - steps.round().long()[:, None]  # [batch, time]
    shape = [len(x)] + [1] * (x.dim() - 2) + [last + 1]
    inside = ((source >= 0) & (source <= last)).view(shape)
    moved = x.gather(-1, source.clamp(0, last).view(shape).expand(x.shape))
    return moved if hold_edges else moved * inside
