"""Several critics at once, for waveforms and for log spectrograms; one of them hears what a frozen classifier hears.

Clips come in pairs of one label, and of one pitch where the generator takes one, and each critic also compares the
two: a generator that always makes the same sound is caught even where each sound alone would pass (Lin et al. 2018,
PacGAN). The feature network is frozen: `training.features` teaches it the labels before a run begins.
"""

import torch
from torch import Tensor, nn

from audiogan.config import ModelConfig
from audiogan.models.base import Discriminator
from audiogan.models.critics import (
    WAVE_CHANNELS,
    FeatureCritic,
    SpectralCritic,
    TemporalCritic,
    compressed_spectrogram,
)
from audiogan.models.features import CHANNELS, FeatureNetwork

WINDOWS = {"spectral": (256, 64), "harmonic": (2048, 512)}  # n_fft and hop: when things happen, and between which lines
WIDTH = 128  # for generators whose width says nothing of how hard they are to judge


class Ensemble(Discriminator):
    """Critics of the feature network's maps, and others of other views.

    Args:
        config: of the generator.
        others: critics of the views after the first, in their order.
    """

    def __init__(self, config: ModelConfig, **others: nn.Module):
        super().__init__()
        self.features = FeatureNetwork(config).requires_grad_(False).eval()
        self.projected = nn.ModuleList([FeatureCritic(channels, len(config.labels)) for channels in CHANNELS])
        self.others = nn.ModuleDict(others)

    def train(self, mode: bool = True) -> "Ensemble":
        super().train(mode)
        self.features.eval()
        return self

    def judge(self, views: tuple, label: Tensor | None = None) -> Tensor:
        maps, *rest = views
        projected = sum(critic(x, label) for critic, x in zip(self.projected, maps, strict=True))
        others = (critic(x, label) for critic, x in zip(self.others.values(), rest, strict=True))
        return torch.stack([projected, *others], dim=1)

    def penalised(self, views: tuple) -> list[Tensor]:
        """All but the frozen features."""
        return list(views[1:])

    def forward(self, native: Tensor, label: Tensor | None = None) -> Tensor:
        return self.judge(self.views(native), label)


class WaveformEnsemble(Ensemble):
    """Native [batch, 1, num_samples] to logits [batch, 4]: features, short and long spectra, the waveform.

    Long windows show what lies between the harmonics of a low note, and a pitch that wavers; windows of 16 ms do not.
    """

    def __init__(self, config: ModelConfig, width: int = 0):
        width, labels = width or config.dim, len(config.labels)
        spectral = {name: SpectralCritic(max(1, 3 * width // 32), labels) for name in WINDOWS}
        super().__init__(config, **spectral, temporal=TemporalCritic(max(1, width // 4), labels))

    def views(self, native: Tensor) -> tuple:
        """Feature maps, two compressed spectrograms [batch, 3, bins, frames], the waveform [batch, 8, time / 8]."""
        audio = native.squeeze(1).float()
        return (
            self.features(native.float()),
            *(compressed_spectrogram(audio, *window) for window in WINDOWS.values()),
            audio.unflatten(1, (-1, WAVE_CHANNELS)).transpose(1, 2),
        )


class SpectrogramEnsemble(Ensemble):
    """Native [batch, 1, bins, frames] to logits [batch, 2]: features of the log spectrogram, and itself."""

    def __init__(self, config: ModelConfig, width: int = 0):
        channels = max(1, (width or config.dim) // 8)
        super().__init__(config, spectral=SpectralCritic(channels, len(config.labels), in_channels=1))

    def views(self, native: Tensor) -> tuple:
        """Feature maps, and the spectrogram."""
        native = native.float()
        return self.features(native), native
