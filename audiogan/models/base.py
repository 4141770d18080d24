"""The interface of every generator: `native = generator(z, label, pitch)`, `audio = generator.to_audio(native)`."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.spectra import HOP_LENGTH, MEASURED, LogSpectrogram


class Generator(nn.Module):
    """A generator with its config. Discriminators judge its native output.

    `forward(z, label=None, pitch=None)` takes z [batch, latent_dim], label indices [batch] where the config has
    labels, and MIDI pitches [batch], NaN for unpitched sounds.

    Attributes:
        takes_pitch: whether the architecture uses the pitch.
    """

    takes_pitch = False

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config

    def to_audio(self, native: Tensor) -> Tensor:
        """Native output to [batch, num_samples] in [-1, 1]."""
        raise AssertionError(f"{type(self).__name__} must define to_audio")

    def from_audio(self, audio: Tensor) -> Tensor:
        """Real audio [batch, num_samples] to the native form that the discriminator judges."""
        raise AssertionError(f"{type(self).__name__} must define from_audio")

    def first_features(self, z: Tensor, label: Tensor | None = None, pitch: Tensor | None = None) -> Tensor:
        """The first layer's output for the arguments of `forward`, [batch, ...]; latent directions are found in it."""
        return self.dense(self.latent(z, label))

    def fit(self, batches, statistics: Mapping[str, np.ndarray] | None = None) -> None:
        """Fit the architecture's statistics to the training audio.

        Args:
            batches: of audio [batch, num_samples]; not consumed if `statistics` suffice.
            statistics: those stored with a data set, `PreparedData.statistics`.
        """

    def fit_conditions(self, label: Tensor, pitch: Tensor) -> None:
        """Fit to the training clips' label indices and MIDI pitches, [clips] each; NaN for no pitch."""

    def draw_pitches(self, indices: Sequence[int], seed: int, label: Sequence[int]) -> list[float]:
        """A MIDI pitch for each clip of a seed, drawn as often as its label had it in training; NaN for none.

        Args:
            label: label indices, 0 for a model without labels.
        """
        return [math.nan] * len(label)

    def pitch_range(self, label: int) -> tuple[float, float] | None:
        """The lowest and the highest MIDI pitch of a label in training; None if it has no pitches."""
        return None

    @property
    def noise_dim(self) -> int:
        """Random numbers per clip besides z; if there are any, `forward` takes them as `noise` [batch, noise_dim]."""
        return 0


class Discriminator(nn.Module):
    """Judges a generator's native samples with one critic or several.

    `discriminator(native, label)` is `judge(views(native), label)`. Views are the critics' inputs. They depend on no
    trained weight, so a gradient penalty can be taken with respect to them. A single critic's view is the native
    samples themselves.
    """

    def views(self, native: Tensor) -> tuple[Tensor | tuple[Tensor, ...], ...]:
        """Each critic's view of native samples [batch, ...]."""
        return (native,)

    def judge(self, views: tuple, label: Tensor | None = None) -> Tensor:
        """Logits [batch], or [batch, critics] of several critics."""
        return self(*views, label)

    def judge_both(self, real: tuple, fake: tuple, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits of real and of fake samples with the same labels."""
        return self.judge(real, label), self.judge(fake, label)

    def judge_apart(self, native: Tensor, label: Tensor | None = None) -> list[Tensor]:
        """The logits [batch] of each critic, whose gradients pass through no other critic."""
        return [self(native, label)]

    def penalised(self, views: tuple) -> list[Tensor]:
        """The views with respect to which R1 and R2 penalise gradients."""
        return list(views)


class WaveGenerator(Generator):
    """A generator whose native output is the waveform, [batch, 1, num_samples].

    Attributes:
        post: the post filter, or None.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.post = None

    def to_audio(self, native: Tensor) -> Tensor:
        audio = native.squeeze(1)
        return audio if self.post is None else dsp.limit_peak(audio)  # without a filter, tanh limits it

    def from_audio(self, audio: Tensor) -> Tensor:
        return audio.unsqueeze(1)


class SpectralGenerator(Generator):
    """A generator whose native output is a normalised log spectrogram, [batch, 1, num_bins, num_samples / 128]."""

    def __init__(self, config: ModelConfig, spectrogram: LogSpectrogram):
        super().__init__(config)
        self.spectrogram = spectrogram
        self.spectrum = SpectralNormalizer(spectrogram.num_bins)
        self.find_phases = dsp.griffin_lim

    def magnitudes(self, native: Tensor) -> Tensor:
        """Native output to the magnitudes of `dsp.stft`, [batch, n_fft // 2 + 1, 1 + num_samples / 128]."""
        raise AssertionError(f"{type(self).__name__} must define magnitudes")

    def to_audio(self, native: Tensor) -> Tensor:
        linear, iterations = self.magnitudes(native), self.config.griffin_lim_iterations
        audio = self.find_phases(linear, self.spectrogram.n_fft, HOP_LENGTH, self.config.num_samples, iterations)
        return dsp.limit_peak(audio)

    def heard(self, native: Tensor) -> Tensor:
        """Native samples as audio for a critic, [batch, num_samples]: differentiable, without a peak limit."""
        n_fft, iterations = self.spectrogram.n_fft, self.config.griffin_lim_iterations
        return dsp.held_griffin_lim(self.magnitudes(native), n_fft, HOP_LENGTH, self.config.num_samples, iterations)

    def analyse(self, audio: Tensor) -> Tensor:
        """Audio [batch, num_samples] to its log spectrogram [batch, num_bins, num_samples / 128]."""
        raise AssertionError(f"{type(self).__name__} must define analyse")

    def from_audio(self, audio: Tensor) -> Tensor:
        return self.spectrum.normalize(self.analyse(audio)).unsqueeze(1)

    def fit(self, batches, statistics: Mapping[str, np.ndarray] | None = None) -> None:
        kept = (statistics or {}).get(self.spectrogram.name(self.config.sample_rate))
        if kept is None:
            self.spectrum.fit(self.analyse(audio) for audio in batches)
        else:
            self.spectrum.set(torch.from_numpy(kept))


class SpectralNormalizer(nn.Module):
    """Per-bin standardisation of log magnitudes, divided by 3 and clipped to [-1, 1] (Donahue et al. 2018, 3.4).

    The statistics are buffers: they travel with the weights.
    """

    SPREAD = 3.0
    LOWEST_STD = 1e-4

    def __init__(self, num_bins: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_bins, 1))
        self.register_buffer("std", torch.ones(num_bins, 1))

    def set(self, statistics: Tensor) -> None:
        """Set each bin's mean and standard deviation, from [2, num_bins]."""
        self.mean.copy_(statistics[0, :, None])
        self.std.copy_(statistics[1, :, None].clamp_min(self.LOWEST_STD))

    @torch.no_grad()
    def fit(self, batches) -> None:
        """Set each bin's mean and standard deviation from every eighth frame of batches [batch, num_bins, frames]."""
        count, total, squares = 0, 0.0, 0.0
        for logs in batches:
            logs = logs[..., MEASURED].cpu().double().transpose(0, 1).flatten(1)  # [num_bins, batch * frames / 8]
            count += logs.shape[1]
            total = total + logs.sum(1, keepdim=True)
            squares = squares + logs.square().sum(1, keepdim=True)
        mean = total / count
        std = (squares / count - mean.square()).clamp_min(0.0).sqrt()
        self.set(torch.cat([mean, std], dim=1).T)

    def normalize(self, logs: Tensor) -> Tensor:
        return ((logs - self.mean) / (self.SPREAD * self.std)).clamp(-1.0, 1.0)

    def denormalize(self, native: Tensor) -> Tensor:
        return native * (self.SPREAD * self.std) + self.mean
