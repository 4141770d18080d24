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
    return classes(config)[0](config)


def build_discriminator(
    config: ModelConfig, critics: str = "own", width: int = 0, generator: Generator | None = None
) -> Discriminator:
    """The config's discriminator: `discriminator(native, label) -> logits`, [batch] or [batch, critics].

    Args:
        critics: `own`, the architecture's; `ensemble`, the hybrid's or their like for log spectrograms; or some of an
            ensemble's by name, with commas between.
        width: of an ensemble's layers; 0 for its usual one, a hybrid's own.
        generator: whose native samples it judges; needed by an ensemble for log spectrograms, which hears their sound.

    Raises:
        ValueError: no such architecture, no such critic.
    """
    kind, own = classes(config)
    if critics == "own" and not issubclass(own, ensembles.Ensemble):
        return own(config)
    if issubclass(own, ensembles.Ensemble):
        width = width or config.dim
    names = () if critics in ("own", "ensemble") else critics.split(",")
    if issubclass(kind, SpectralGenerator):
        return ensembles.SpectrogramEnsemble(config, generator.heard, names, width)
    return ensembles.WaveformEnsemble(config, names, width)


def takes_pitch(config: ModelConfig) -> bool:
    """Whether the config's generator plays at a given pitch."""
    return classes(config)[0].takes_pitch


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def classes(config: ModelConfig) -> tuple[type[Generator], type[Discriminator]]:
    """What the config's generator and its own discriminator are built from.

    Raises:
        ValueError: no such architecture.
    """
    if config.architecture not in ARCHITECTURES:
        accepted = ", ".join(ARCHITECTURES)
        raise ValueError(f"architecture must be one of {accepted}, not {config.architecture!r}")
    return ARCHITECTURES[config.architecture]
