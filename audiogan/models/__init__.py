"""The registry: one generator and one discriminator an architecture."""

from torch import nn

from audiogan.config import ModelConfig
from audiogan.models import critics, hybrid, report, specgan, wavegan
from audiogan.models.base import Discriminator, Generator

ARCHITECTURES = {
    "wavegan": (wavegan.WaveGANGenerator, wavegan.WaveGANDiscriminator),
    "specgan": (specgan.SpecGANGenerator, specgan.SpecGANDiscriminator),
    "report-wavegan": (report.ReportWaveGANGenerator, report.ReportWaveGANDiscriminator),
    "report-specgan": (report.ReportSpecGANGenerator, report.ReportSpecGANDiscriminator),
    "hybrid": (hybrid.HybridGenerator, critics.HybridDiscriminator),
}


def build_generator(config: ModelConfig) -> Generator:
    """The config's generator, freshly initialised.

    Raises:
        ValueError: no such architecture.
    """
    return _architecture(config)[0](config)


def build_discriminator(config: ModelConfig) -> Discriminator:
    """The config's discriminator: `discriminator(native, label) -> logits`, [batch] or [batch, critics].

    Raises:
        ValueError: no such architecture.
    """
    return _architecture(config)[1](config)


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _architecture(config: ModelConfig):
    if config.architecture not in ARCHITECTURES:
        accepted = ", ".join(ARCHITECTURES)
        raise ValueError(f"architecture must be one of {accepted}, not {config.architecture!r}")
    return ARCHITECTURES[config.architecture]
