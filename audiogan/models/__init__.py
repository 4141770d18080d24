"""The registry: one generator and one discriminator per architecture."""

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
        ValueError: unknown architecture.
    """
    return classes(config)[0](config)


def build_discriminator(
    config: ModelConfig, critics: str = "own", width: int = 0, generator: Generator | None = None
) -> Discriminator:
    """The config's discriminator: `discriminator(native, label) -> logits`, [batch] or [batch, critics].

    Args:
        critics: `own` for the architecture's; `ensemble` for the hybrid's critics, or their counterparts for log
            spectrograms; or a comma-separated list of an ensemble's critics.
        width: of an ensemble's layers; 0 for `ensembles.WIDTH`, or for a hybrid its own width.
        generator: the one whose native samples are judged; an ensemble for log spectrograms needs it for their audio.

    Raises:
        ValueError: unknown architecture or critic.
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
    """Whether the config's generator takes a pitch."""
    return classes(config)[0].takes_pitch


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def classes(config: ModelConfig) -> tuple[type[Generator], type[Discriminator]]:
    """The classes of the config's generator and of its own discriminator.

    Raises:
        ValueError: not a `ModelConfig`, or one of an unknown architecture.
    """
    if not isinstance(config, ModelConfig):
        raise ValueError(f"config must be a ModelConfig, not {config!r}")
    if config.architecture not in ARCHITECTURES:
        accepted = ", ".join(ARCHITECTURES)
        raise ValueError(f"architecture must be one of {accepted}, not {config.architecture!r}")
    return ARCHITECTURES[config.architecture]
