"""Ensembles of critics, for waveforms and for log spectrograms; one critic judges a frozen classifier's features.

Clips come in pairs of one label, and of one pitch if the generator takes a pitch, and each critic also compares the
two. That catches a generator that always makes the same sound, even if each sound alone would pass (Lin et al. 2018,
PacGAN). The feature network is frozen: `training.features` teaches it the labels before a run begins.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from audiogan.config import ModelConfig
from audiogan.models.base import Discriminator
from audiogan.models.critics import WAVE_CHANNELS, FeatureCritic, SpectralCritic, TemporalCritic, compressed_spectrogram
from audiogan.models.features import CHANNELS, FeatureNetwork

WINDOWS = {"spectral": (256, 64), "harmonic": (2048, 512)}  # n_fft and hop: fine in time, and fine in frequency
WIDTH = 128  # for generators whose own width does not tell how hard they are to judge


class Ensemble(Discriminator):
    """Critics with a view each: native samples [batch, ...] to logits [batch, critics].

    Args:
        config: of the generator.
        names: some of `NAMES`; by default all.
        width: of their layers; 0 for `WIDTH`.

    Raises:
        ValueError: unknown critic.
    """

    NAMES: tuple[str, ...] = ()

    def __init__(self, config: ModelConfig, names: Sequence[str] = (), width: int = 0):
        super().__init__()
        unknown = [name for name in names if name not in self.NAMES]
        if unknown:
            raise ValueError(f"critics must be some of {', '.join(self.NAMES)}, not {unknown[0]!r}")
        names = [name for name in self.NAMES if name in (names or self.NAMES)]
        self.features = FeatureNetwork(config).requires_grad_(False).eval() if "features" in names else None
        labels = len(config.labels)
        self.critics = nn.ModuleDict({name: self.critic(name, width or WIDTH, labels) for name in names})

    def critic(self, name: str, width: int, labels: int) -> nn.Module:
        """The network that judges a view: `critic(view, label)` gives logits [batch]."""
        raise AssertionError(f"{type(self).__name__} must define critic")

    def view(self, name: str, native: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The named critic's view of float32 native samples."""
        raise AssertionError(f"{type(self).__name__} must define view")

    def train(self, mode: bool = True) -> "Ensemble":
        super().train(mode)
        if self.features is not None:
            self.features.eval()
        return self

    def views(self, native: Tensor) -> tuple:
        native = native.float()
        return tuple(self.view(name, native) for name in self.critics)

    def judge(self, views: tuple, label: Tensor | None = None) -> Tensor:
        return torch.stack(self._judged(views, label), dim=1)

    def judge_apart(self, native: Tensor, label: Tensor | None = None) -> list[Tensor]:
        return self._judged(self.views(native), label)

    def judge_both(self, real: tuple, fake: tuple, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Judge both as one batch: of the many small kernels, a GPU then launches only half.

        Judge them apart if a pair would be split, or if views require gradients, which would pass through both halves.
        """
        held = self.penalised(real)
        if len(_first(real)) % 2 or any(view.requires_grad for view in held):
            return super().judge_both(real, fake, label)
        label = None if label is None else torch.cat([label, label])
        return self.judge(_joined(real, fake), label).chunk(2)

    def penalised(self, views: tuple) -> list[Tensor]:
        """All but the frozen features."""
        return [view for name, view in zip(self.critics, views, strict=True) if name != "features"]

    def forward(self, native: Tensor, label: Tensor | None = None) -> Tensor:
        return self.judge(self.views(native), label)

    def _judged(self, views: tuple, label: Tensor | None) -> list[Tensor]:
        return [critic(view, label) for critic, view in zip(self.critics.values(), views, strict=True)]


class WaveformEnsemble(Ensemble):
    """Critics of waveforms [batch, 1, num_samples]: of features, of short and long spectra, and of the waveform.

    Long windows resolve the gaps between a low note's harmonics, and a wavering pitch; windows of 16 ms do not.
    """

    NAMES = ("features", *WINDOWS, "temporal")

    def critic(self, name: str, width: int, labels: int) -> nn.Module:
        if name == "features":
            return FeatureCritics(labels)
        if name == "temporal":
            return TemporalCritic(max(1, width // 4), labels)
        return SpectralCritic(max(1, 3 * width // 32), labels)

    def view(self, name: str, native: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature maps, a compressed spectrogram [batch, 3, bins, frames], or the waveform [batch, 8, time / 8]."""
        audio = native.squeeze(1)
        if name == "features":
            return self.features(native)
        if name == "temporal":
            return audio.unflatten(1, (-1, WAVE_CHANNELS)).transpose(1, 2)
        return compressed_spectrogram(audio, *WINDOWS[name])


class SpectrogramEnsemble(Ensemble):
    """Critics of log spectrograms [batch, 1, bins, frames]: of features, spectrograms, and their audio's long spectra.

    A spectrogram of short windows shows little of the gaps between partials, and nothing of whether phases can be found
    for it: its audio reveals both.

    Args:
        heard: converts native samples to audio [batch, num_samples], with a gradient.
    """

    NAMES = ("features", "spectral", "harmonic")

    def __init__(
        self, config: ModelConfig, heard: Callable[[Tensor], Tensor], names: Sequence[str] = (), width: int = 0
    ):
        super().__init__(config, names, width)
        self.heard = heard

    def critic(self, name: str, width: int, labels: int) -> nn.Module:
        if name == "features":
            return FeatureCritics(labels)
        if name == "harmonic":
            return SpectralCritic(max(1, 3 * width // 32), labels)
        return SpectralCritic(max(1, width // 8), labels, in_channels=1)

    def view(self, name: str, native: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Feature maps, the samples, or a compressed spectrogram [batch, 3, bins, frames]."""
        if name == "features":
            return self.features(native)
        return native if name == "spectral" else compressed_spectrogram(self.heard(native), *WINDOWS[name])


class FeatureCritics(nn.Module):
    """One small critic per level of the feature network; returns the sum of their logits, [batch]."""

    def __init__(self, labels: int):
        super().__init__()
        self.levels = nn.ModuleList([FeatureCritic(channels, labels) for channels in CHANNELS])

    def forward(self, maps: tuple[Tensor, ...], label: Tensor | None) -> Tensor:
        return sum(critic(x, label) for critic, x in zip(self.levels, maps, strict=True))


def _joined(real: tuple, fake: tuple) -> tuple:
    """Concatenate the batches of two sets of views, which may be nested."""
    return tuple(
        _joined(one, other) if isinstance(one, tuple) else torch.cat([one, other])
        for one, other in zip(real, fake, strict=True)
    )


def _first(views: tuple) -> Tensor:
    return _first(views[0]) if isinstance(views, tuple) else views
