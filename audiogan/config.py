"""The one description of a model: everything needed to build it, and nothing about how it was trained."""

import dataclasses
import re
import unicodedata
from dataclasses import dataclass

NUM_SAMPLES = (8192, 16384, 32768, 65536)
LATENT_DISTRIBUTIONS = ("uniform", "normal")
FILTERED = ("wavegan", "hybrid")  # architectures that a post filter may follow
SHORTEST_FILTER = 33
_LABEL = re.compile(r"\w[\w .&'()+-]*")  # combining marks removed, such as the vowel signs of Indic and Thai scripts
_LONGEST_LABEL = 64
_SWITCHES = {"envelope": "wavegan", "partial_ratios": "hybrid"}  # each with the architecture that has it
_BOUNDS = {
    "dim": (1, 256),
    "sample_rate": (8_000, 96_000),
    "latent_dim": (1, 1024),
    "kernel_size": (4, 64),
    "phase_shuffle": (0, 16),
    "post_filter": (0, 4097),
    "griffin_lim_iterations": (0, 256),
}


@dataclass(frozen=True)
class ModelConfig:
    """A generator and its discriminator. Building from an untrusted file is safe: every size is bounded.

    Args:
        architecture: a name in `audiogan.models.ARCHITECTURES`.
        dim: width of the narrowest layer; the published networks have 64.
        num_samples: length of a clip in samples.
        sample_rate: Hz.
        latent_dim: size of z.
        latent_distribution: `uniform` on [-1, 1] (Donahue et al. 2018) or standard `normal`.
        labels: class names in the order of their indices; empty for an unconditional model.
        kernel_size: taps of each layer of WaveGAN's generator: 25 as published, 28 where a layer stands for nearest
            upsampling and a convolution (`audiogan.interop.wavegan_pytorch`).
        phase_shuffle: largest shift in samples of WaveGAN's critic (section 3.3 of the paper); 0 turns it off.
        post_filter: taps, an odd number, of each label's learnt filter after a WaveGAN or hybrid generator; 0 for none.
        envelope: whether WaveGAN's generator ends in a learnt envelope, before that filter, so that it can be silent.
        partial_ratios: whether a hybrid stores the ratios of each label's partials to the pitch, for inharmonic sounds.
        griffin_lim_iterations: for architectures that draw spectrograms.
        output_peak: the peak to scale each clip to, as its training clips were; 0 leaves levels alone.

    Raises:
        ValueError: a value is out of range; names it and what is accepted.
    """

    architecture: str
    dim: int = 64
    num_samples: int = 16384
    sample_rate: int = 16000
    latent_dim: int = 100
    latent_distribution: str = "uniform"
    labels: tuple[str, ...] = ()
    kernel_size: int = 25
    phase_shuffle: int = 2
    post_filter: int = 0
    envelope: bool = False
    partial_ratios: bool = False
    griffin_lim_iterations: int = 16
    output_peak: float = 0.0

    def __post_init__(self):
        object.__setattr__(self, "labels", _checked_labels(self.labels))
        if not isinstance(self.architecture, str):
            raise ValueError(f"architecture must be a name, not {self.architecture!r}")
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        if self.post_filter and (self.post_filter < SHORTEST_FILTER or self.post_filter % 2 == 0):
            raise ValueError(
                f"post_filter must be 0, or odd and at least {SHORTEST_FILTER}, since it blocks the mean, "
                f"not {self.post_filter!r}"
            )
        for name in _SWITCHES:
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if self.post_filter and self.architecture not in FILTERED:
            raise ValueError(f"post_filter is for {_listed(FILTERED)}, not for {self.architecture}")
        for name, architecture in _SWITCHES.items():
            if getattr(self, name) and self.architecture != architecture:
                raise ValueError(f"{name} is a {architecture}'s, not a {self.architecture}'s")
        if type(self.output_peak) not in (int, float) or not 0.0 <= self.output_peak <= 1.0:
            raise ValueError(f"output_peak must be a number from 0 to 1, not {self.output_peak!r}")
        if type(self.num_samples) is not int or self.num_samples not in NUM_SAMPLES:
            raise ValueError(f"num_samples must be one of {_listed(NUM_SAMPLES)}, not {self.num_samples!r}")
        if self.latent_distribution not in LATENT_DISTRIBUTIONS:
            raise ValueError(
                f"latent_distribution must be one of {_listed(LATENT_DISTRIBUTIONS)}, not {self.latent_distribution!r}"
            )

    def to_dict(self) -> dict:
        """The config as JSON types; `from_dict` gives an equal config back."""
        return dataclasses.asdict(self) | {"labels": list(self.labels)}

    @classmethod
    def from_dict(cls, values: dict) -> "ModelConfig":
        """Build from JSON types.

        Raises:
            ValueError: not a mapping, a missing architecture, an unknown name or a value out of range.
        """
        if not isinstance(values, dict) or "architecture" not in values:
            raise ValueError("a model config must be a JSON object with an architecture")
        unknown = sorted(set(values) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown model config name {unknown[0]!r}")
        return cls(**values)

    def label_index(self, label: str) -> int:
        """Index of a label.

        Raises:
            ValueError: the label is not one of this model's.
        """
        if isinstance(label, str) and label in self.labels:
            return self.labels.index(label)
        if not self.labels:
            raise ValueError(f"this model is unconditional: it takes no label, such as {label!r}")
        raise ValueError(f"label must be one of {_listed(self.labels)}, not {label!r}")


def _checked_labels(labels) -> tuple[str, ...]:
    if isinstance(labels, str) or not isinstance(labels, (list, tuple)):
        raise ValueError(f"labels must be a list of names, not {labels!r}")
    if len(labels) > 1000 or len(set(map(str, labels))) != len(labels):
        raise ValueError("labels must be at most 1000 different names")
    for label in labels:
        if not isinstance(label, str) or not _is_label(label):
            raise ValueError(f"a label must be letters, digits, spaces and _ . & ' ( ) + - only, not {label!r}")
    return tuple(labels)


def _is_label(text: str) -> bool:
    bare = "".join(letter for letter in text if not unicodedata.category(letter).startswith("M"))
    return len(text) <= _LONGEST_LABEL and text[:1] == bare[:1] and bool(_LABEL.fullmatch(bare))


def _listed(values) -> str:
    return ", ".join(map(str, values))
