"""The registry: one generator and one discriminator an architecture."""

from torch import nn

from audiogan.config import ModelConfig
from audiogan.models import ensembles, hybrid, report, specgan, wavegan
from audiogan.models.base import Discriminator, Generator, SpectralGenerator

ARCHITECTURES = {
    "wavegan": (wavegan.WaveGANGenerator, wavegan.WaveGANDiscriminator),
    "specgan": (specgan.SpecGANGenerator, specgan.SpecGANDiscriminator),
    "report-wavegan": (report.ReportWaveGANGenerator, report.ReportWaveGANDiscriminator),
    "report-specgan": (report.ReportSpecGANGenerator, report.ReportSpecGANDiscriminator),
    "hybrid": (hybrid.HybridGenerator, ensembles.WaveformEnsemble),
}


def build_generator(config: ModelConfig) -> Generator:
    """The config's generator, freshly initialised.

    Raises:
        ValueError: no such architecture.
    """
    return _architecture(config)[0](config)


def build_discriminator(config: ModelConfig, ensemble: bool = False) -> Discriminator:
    """The config's discriminator: `discriminator(native, label) -> logits`, [batch] or [batch, critics].

    Args:
        ensemble: the hybrid's critics, or their like for log spectrograms, instead of the architecture's own one.

    Raises:
        ValueError: no such architecture.
    """
    generator, own = _architecture(config)
    if not ensemble or own is ensembles.WaveformEnsemble:
        return own(config)
    spectral = issubclass(generator, SpectralGenerator)
    return (ensembles.SpectrogramEnsemble if spectral else ensembles.WaveformEnsemble)(config, ensembles.WIDTH)


def takes_pitch(config: ModelConfig) -> bool:
    """Whether the config's generator plays at a given pitch."""
    return _architecture(config)[0].takes_pitch


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _architecture(config: ModelConfig):
    if config.architecture not in ARCHITECTURES:
        accepted = ", ".join(ARCHITECTURES)
        raise ValueError(f"architecture must be one of {accepted}, not {config.architecture!r}")
    return ARCHITECTURES[config.architecture]
