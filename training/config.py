"""Every default of a training run, and the presets that override them."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from audiogan.config import ModelConfig
from audiogan.lengths import PEAK

PRESETS = Path(__file__).parent / "presets"
LOSSES = ("bce", "wgan-gp", "lsgan", "hinge", "rpgan")
ZERO_CENTRED = ("lsgan", "hinge", "rpgan")  # losses whose penalty is R1 and R2
COUNTS = ("steps", "batch_size", "critic_steps", "penalty_every", "report_every", "save_every", "preview_every")
LARGEST_BATCH = 65_536
OPTIONAL_COUNTS = ("warmup", "head_start", "feature_steps", "critic_width")  # counts that may be 0
SCHEDULES = ("constant", "linear", "cosine")
CRITICS = ("own", "ensemble")
ENSEMBLE = ("features", "spectral", "harmonic", "temporal")  # critics; for spectrograms all but the last
SHORTFALLS = ("diversity", "aperiodicity", "quiet")  # weights of the generator's losses besides the critics'
PRECISIONS = ("auto", "float32", "bfloat16")
WAVEGANS = ("kernel_size", "phase_shuffle")  # model settings of wavegan alone
OF_THE_DATA = ("num_samples", "sample_rate", "labels", "output_peak")
MODEL_KEYS = tuple(item.name for item in dataclasses.fields(ModelConfig) if item.name not in OF_THE_DATA)


@dataclass(frozen=True)
class TrainConfig:
    """How to train `model`; its labels and the form of its clips come from the data set.

    Args:
        preset: the preset's name.
        model: overrides of `ModelConfig`'s defaults, including the architecture.
        loss: `bce` (the report), `wgan-gp` (Gulrajani et al. 2017), `lsgan`, `hinge`, or `rpgan` (relativistic pairing
            with R1 and R2, Huang et al. 2024).
        critics: `own` for the architecture's discriminator; `ensemble` for the hybrid's critics, one of which judges a
            frozen classifier's features, or their counterparts for log spectrograms; or a comma-separated list of
            those. An ensemble should have clips in pairs.
        critic_width: of an ensemble's layers; 0 for 128, or for a hybrid its own width.
        conditional: use the data set's labels, if it has any; otherwise all clips are drawn equally often.
        start: a checkpoint, by name or folder, whose generator the run begins with (see `training.start`).
        head_start: steps in which only the critics learn, so that untrained ones do not spoil a trained generator.
        steps: generator steps of the whole run.
        batch_size: clips per critic or generator step.
        critic_steps: critic steps per generator step.
        learning_rate, critic_learning_rate: Adam's, for the generator and the critic.
        betas: Adam's decay rates.
        penalty: weight of the gradient penalty: wgan-gp's lambda, or gamma of R1 and R2; unused by bce.
        penalty_every: critic steps between penalties, whose weight is multiplied by as much (Karras et al. 2020).
        augment: probability of each augmentation of what the critic sees (see `training.augment`).
        augment_adaptive: let that probability follow how far the critic has memorised the data.
        schedule: of both learning rates: `constant`, or `linear` or `cosine`, which reach zero at the end of the run.
        warmup: steps in which the learning rates first rise from zero.
        share_batch: train the generator on the batch its critic has just learnt from: a third less work.
        paired: draw clips in pairs of one label, and of one pitch if the generator takes a pitch, for critics that
            compare the two.
        diversity: weight of the generator's loss for pairs more alike than real ones (see `training.diversity`); needs
            `paired`.
        aperiodicity: weight of the generator's loss for notes noisier than real ones (see `training.periodicity`);
            needs `paired`, and a generator that takes a pitch.
        quiet: weight of the generator's loss for pauses and backgrounds that differ from real clips' (see
            `training.quiet`); for waveform generators.
        quiet_floor: level, in dB relative to a clip's own energy, below which that loss treats all as silence.
        even_phases: make the generator's up-convolutions map a constant to a constant, without a line or grid at the
            rate of their strides (see `training.evenness`); for generators that have some.
        as_played: judge a generator's waveforms as they are played: like its training clips, silent at both edges and
            at a common peak (see `audiogan.renderer.finished`).
        feature_steps: batches on which a critic's feature network, if any, learns the labels before the run.
        ema: decay per step of the averaged generator, which is exported.
        precision: of convolutions and matrix products; `auto` takes bfloat16 if the device is fast at it.
            R1 and R2, spectra, logits and weights stay in float32.
        graphs: on one CUDA device, record each kind of step once and replay it (see `training.replay`).
        report_every: steps between printed lines.
        save_every: steps between saved states.
        preview_every: steps between previews, each with a score on held-out audio; a run's end has both as well.
        seed: of weights, batches and latents.

    Raises:
        ValueError: a value is out of range; the message names it and what is accepted.
    """

    preset: str = ""
    model: dict = field(default_factory=dict)
    loss: str = "wgan-gp"
    critics: str = "own"
    critic_width: int = 0
    conditional: bool = True
    start: str = ""
    head_start: int = 0
    steps: int = 200_000
    batch_size: int = 64
    critic_steps: int = 5
    learning_rate: float = 1e-4
    critic_learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.5, 0.9)
    penalty: float = 10.0
    penalty_every: int = 1
    augment: float = 0.0
    augment_adaptive: bool = False
    schedule: str = "constant"
    warmup: int = 0
    share_batch: bool = False
    paired: bool = False
    diversity: float = 0.0
    aperiodicity: float = 0.0
    quiet: float = 0.0
    quiet_floor: float = -60.0
    even_phases: bool = False
    as_played: bool = False
    feature_steps: int = 600
    ema: float = 0.999
    precision: str = "auto"
    graphs: bool = True
    report_every: int = 100
    save_every: int = 500
    preview_every: int = 2000
    seed: int = 0

    def __post_init__(self):
        _check(self, "model", isinstance(self.model, dict), "a table of settings")
        for item in dataclasses.fields(self):
            number = type(value := getattr(self, item.name)) in (int, float)
            _check(self, item.name, number or type(item.default) is not float, "a number")
            _check(self, item.name, type(value) is bool or type(item.default) is not bool, "true or false")
        _check(self, "betas", _are_betas(self.betas), "two numbers in [0, 1)")
        object.__setattr__(self, "betas", tuple(map(float, self.betas)))
        _check(self, "start", isinstance(self.start, str), "a checkpoint's name or folder")
        _check(self, "loss", self.loss in LOSSES, f"one of {', '.join(LOSSES)}")
        spectral = str(self.model.get("architecture")).endswith("specgan")
        members = ENSEMBLE[:-1] if spectral else ENSEMBLE
        named = self.critics in CRITICS or set(str(self.critics).split(",")) <= set(members)
        _check(self, "critics", named, f"{', '.join(CRITICS)}, or some of {', '.join(members)}, comma-separated")
        _check(self, "critic_width", self.has_ensemble or self.critic_width == 0, "0 if critics is own")
        _check(self, "precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")
        _check(self, "schedule", self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}")
        for name, least in (*((name, 1) for name in COUNTS), *((name, 0) for name in OPTIONAL_COUNTS)):
            value = getattr(self, name)
            _check(self, name, type(value) is int and value >= least, f"a whole number of at least {least}")
        _check(self, "head_start", self.head_start < self.steps, f"below steps, which is {self.steps}")
        _check(self, "batch_size", self.batch_size <= LARGEST_BATCH, f"at most {LARGEST_BATCH:,}")
        for name in ("learning_rate", "critic_learning_rate"):
            _check(self, name, 0.0 < getattr(self, name) <= 1.0, "above 0 and at most 1")
        for name in ("penalty", *SHORTFALLS):
            _check(self, name, 0.0 <= getattr(self, name) < float("inf"), "a number of at least 0")
        for name in ("diversity", "aperiodicity"):
            _check(self, name, self.paired or getattr(self, name) == 0, "0 unless paired is true")
        pitched = self.model.get("architecture") == "hybrid"
        _check(self, "aperiodicity", pitched or self.aperiodicity == 0, "0 for a generator that takes no pitch")
        _check(self, "quiet", not spectral or self.quiet == 0, "0 for a generator of spectrograms")
        _check(self, "as_played", not (spectral and self.as_played), "false for a generator of spectrograms")
        upward = self.model.get("architecture") != "hybrid"
        _check(self, "even_phases", upward or not self.even_phases, "false for a hybrid: it has no up-convolutions")
        _check(self, "quiet_floor", -120.0 <= self.quiet_floor <= 0.0, "from -120 to 0")
        _check(self, "augment", 0.0 <= self.augment <= 1.0, "from 0 to 1")
        _check(self, "ema", 0.0 <= self.ema < 1.0, "in [0, 1)")
        _check(self, "seed", type(self.seed) is int and 0 <= self.seed < 2**63, "a whole number of at least 0")
        unknown = sorted(set(self.model) - set(MODEL_KEYS))
        if unknown:
            raise ValueError(f"unknown model setting {unknown[0]!r}; known are {', '.join(MODEL_KEYS)}")
        for key in WAVEGANS if self.model.get("architecture") != "wavegan" else ():
            if key in self.model:
                raise ValueError(f"{key} is a setting of wavegan, not of {self.model.get('architecture')}")

    @property
    def has_ensemble(self) -> bool:
        """Whether the critics are an ensemble, which compares the clips of each pair."""
        return self.critics != "own" or self.model.get("architecture") == "hybrid"

    @property
    def whole_pairs(self) -> bool:
        """Whether no pair of a batch may be split among processes."""
        return self.paired or self.has_ensemble

    def to_dict(self) -> dict:
        """The config as JSON types."""
        return dataclasses.asdict(self) | {"betas": list(self.betas)}

    @classmethod
    def from_dict(cls, values: dict) -> "TrainConfig":
        unknown = sorted(set(values) - {item.name for item in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"unknown training setting {unknown[0]!r}")
        return cls(**values)

    def drawn(self, steps: int) -> int:
        """Clips that the first `steps` of a run draw from the data, for critics and for the generator."""
        own = 0 if self.share_batch else max(0, steps - self.head_start)
        return self.batch_size * (self.critic_steps * steps + own)

    def model_config(self, data) -> ModelConfig:
        """The model this run trains on a `PreparedData`."""
        labels = data.labels if self.conditional else ()
        peak = PEAK if data.meta.get("peak_normalized") else 0.0
        form = {"num_samples": data.num_samples, "sample_rate": data.sample_rate, "output_peak": peak}
        return ModelConfig(labels=labels, **form, **self.model)


def presets() -> list[str]:
    """Names of the presets, sorted."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_preset(name: str, settings: list[str] = ()) -> TrainConfig:
    """A preset with `key=value` settings on top, of the training or of its model.

    Raises:
        ValueError: unknown preset or key, or a bad value.
    """
    if name not in presets():
        raise ValueError(f"preset must be one of {', '.join(presets())}, not {name!r}")
    values = tomllib.loads((PRESETS / f"{name}.toml").read_text())
    for setting in settings:
        key, value = _parse_setting(setting)
        (values["model"] if key in MODEL_KEYS else values)[key] = value
    config = TrainConfig.from_dict({"preset": name, **values})
    ModelConfig(**config.model)
    return config


def _parse_setting(setting: str) -> tuple[str, object]:
    key, equals, text = setting.partition("=")
    known = [item.name for item in dataclasses.fields(TrainConfig) if item.name not in ("preset", "model")]
    if not equals or key not in (*known, *MODEL_KEYS):
        raise ValueError(f"--set takes key=value, the key one of {', '.join((*known, *MODEL_KEYS))}, not {setting!r}")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    default = next((item.default for item in dataclasses.fields(TrainConfig) if item.name == key), None)
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if isinstance(default, str) and not isinstance(value, str):
        value = text  # a checkpoint may be called 5
    if isinstance(default, (bool, float, int)) and type(value) is not type(default):
        raise ValueError(f"{key} must be a {type(default).__name__}, not {text!r}")
    return key, value


def _are_betas(values) -> bool:
    return (
        isinstance(values, (list, tuple))
        and len(values) == 2
        and all(type(value) in (int, float) and 0.0 <= value < 1.0 for value in values)
    )


def _check(config: TrainConfig, name: str, holds: bool, accepted: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {accepted}, not {getattr(config, name)!r}")
