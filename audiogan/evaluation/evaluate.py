"""From checkpoints and a prepared data set to a folder: metrics.json, report.html, pictures and real/."""

import importlib.metadata
import json
import platform
import sys
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan import __version__
from audiogan.audio import from_pcm16, write_wav
from audiogan.dataset import PreparedData
from audiogan.evaluation import candidates, classifier, embedding, history, neighbours, ratings, replay, report, words
from audiogan.evaluation.checks import check, check_data, not_held_out
from audiogan.evaluation.clips import KEPT, Clips, RealClips
from audiogan.evaluation.features import Extractor
from audiogan.evaluation.paper import PaperFigure
from audiogan.evaluation.reference import Reference
from audiogan.evaluation.scores import add, score, split_size
from audiogan.evaluation.systems import FEWEST_CLIPS, Files, Network, System
from audiogan.files import write_atomically
from audiogan.folders import refuse_existing, staged
from audiogan.sounds_folder import SoundsFolder
from audiogan.synthesis import Synthesizer
from audiogan.text import few, file_stem

SCHEMA = 1
MAX_CLIPS = 5_000
MAX_HELD_OUT, MAX_TRAIN = 4_000, 8_000  # real clips to compare with: more cost memory and gain little
REAL_A_LABEL = 2
EXAMPLES = 8  # for data with one label
UNLABELLED = "sound"  # label of clips without labels
LIBRARIES = ("torch", "torchaudio", "numpy", "scipy", "scikit-learn", "librosa")  # whose versions may affect scores


@dataclass(frozen=True)
class Settings:
    """Options of an evaluation.

    Attributes:
        num: clips of each model and baseline, `FEWEST_CLIPS` to `MAX_CLIPS`; the most taken from a folder of sounds.
        seed: of everything random.
        classifier: its folder; unused for data with fewer than two labels.
        embedding: `vggish`, in addition to the usual ones, or None.
        ratings: a file of `python -m audiogan ratings export`, or None.
        runs: training runs by model name, whose history is plotted.
        figure: Figure 1 for a paper, or None.
    """

    num: int = 2000
    seed: int = 0
    classifier: Path = classifier.DEFAULT_FOLDER
    embedding: str | None = None
    ratings: Path | None = None
    runs: dict[str, Path] = field(default_factory=dict)
    figure: PaperFigure | None = None

    def __post_init__(self):
        if not FEWEST_CLIPS <= self.num <= MAX_CLIPS:
            raise ValueError(f"--num must be a whole number from {FEWEST_CLIPS} to {MAX_CLIPS}, not {self.num}")
        if self.seed < 0:
            raise ValueError(f"--seed must be a whole number of at least 0, not {self.seed}")


def evaluate(
    synthesizers: Sequence[Synthesizer],
    data: PreparedData,
    out: Path,
    settings: Settings,
    sounds: Sequence[SoundsFolder] = (),
) -> dict:
    """Score models, folders of sounds and baselines, and write the folder whole or not at all.

    Returns:
        The document of metrics.json.

    Raises:
        ValueError: `out` exists, a model, the classifier and the data do not fit each other, a folder has too few
            sounds, or the paper's figure cannot be drawn.
    """
    refuse_existing(out)
    check_data(data)
    network, training = classifier.load(settings.classifier) if len(data.labels) > 1 else (None, None)
    check(synthesizers, sounds, network and network.config, data)
    if unscored := not_held_out(data):
        tqdm.write(f"nothing is held out of {few(unscored)}: no score covers such sounds", file=sys.stderr)
    data = copy(data)  # leaves the caller's labels alone
    data.labels = data.labels or (UNLABELLED,)
    if settings.figure:
        settings.figure.check(report.columns(data.labels, EXAMPLES), len(synthesizers) + len(sounds), out)
    studies = ratings.read(settings.ratings) if settings.ratings else []
    curves = {name: history.read(run) for name, run in settings.runs.items()}
    vggish = embedding.load_vggish() if settings.embedding == "vggish" else None
    extractor = Extractor(network, data.labels, data.sample_rate, vggish)
    with staged(out) as stage:
        evaluation = Evaluation(data, extractor, settings, synthesizers, sounds)
        document = {"schema": SCHEMA, "audiogan": __version__, "versions": _versions()}
        document |= _describe(evaluation, settings, training)
        document["scores"] = words.describe(extractor.embedding_names)
        document["baselines"] = evaluation.baselines()
        document["models"] = {}
        for system in evaluation.systems:
            rated = _rated(studies, system.name, system.sha256)
            entry = evaluation.model(system) | {"ratings": rated, "history": curves.get(system.name)}
            document["models"][system.name] = entry
        document["baselines"]["real_test"]["ratings"] = _rated_real(studies, document["models"])
        evaluation.bar.close()
        write_atomically(stage / "metrics.json", (json.dumps(document, indent=1) + "\n").encode())
        write_real(stage / "real", evaluation.real, evaluation.held_out_rows)
        report.write(stage, document, evaluation.examples, evaluation.neighbours, evaluation.failures, data.sample_rate)
    if settings.figure:
        settings.figure.write(*report.figure1(document, evaluation.examples), data.sample_rate)
    return document


class Evaluation:
    """Scores candidates one after the other, and keeps the sounds that the report plays.

    Attributes:
        systems: models and folders of sounds, in the order of the report.
        split: clips in a split of every Inception Score; None for no such score.
        examples: by candidate, one clip per label, or several of the only label: int16 [time] by number; `real` has
            held-out ones.
        neighbours: by model, its clips nearest to training clips.
        failures: by model, its clips farthest from held-out ones.
    """

    def __init__(
        self,
        data: PreparedData,
        extractor: Extractor,
        settings: Settings,
        synthesizers: Sequence[Synthesizer],
        sounds: Sequence[SoundsFolder],
    ):
        random = np.random.default_rng((settings.seed, 4))
        self.data, self.settings = data, settings
        self.held_out_rows = random.permutation(data.rows("test"))[:MAX_HELD_OUT]
        train = random.permutation(data.rows("train"))[:MAX_TRAIN]
        wanted = candidates.draw_rows(self.held_out_rows, settings.num, settings.seed)
        chosen = [Files.draw(folder, data, wanted, settings.seed) for folder in sounds]
        self.systems: list[System] = [*map(Network, synthesizers), *chosen]
        alike = candidates.alike(data, train, wanted, settings.seed)
        real = len(self.held_out_rows) + len(train)
        sizes = [system.size(settings.num) for system in self.systems]
        total = real + len(alike) + settings.num + sum(sizes) + len(set(data.label[wanted])) + 1
        self.bar = tqdm(total=total, desc="real clips", unit="clip", mininterval=0.5, smoothing=0.05)
        self.real = RealClips(data, np.concatenate([self.held_out_rows, train]), extractor, self.bar.update)
        self.plan = candidates.Plan(data, extractor, settings.num, settings.seed, wanted, self.bar.update)
        self.alike, self.train = alike, train
        held_out = self.real.take(self.held_out_rows)
        fewest = min(len(alike), candidates.half_sizes(real, len(held_out), settings.num)[1], *sizes)
        form = data.labels, data.sample_rate, settings.seed, fewest
        self.reference = Reference(held_out, self.real.take(train), *form)
        self.split = split_size(self.reference)
        self.examples, self.neighbours, self.failures = {"real": self._examples(held_out)}, {}, {}

    def baselines(self) -> dict[str, dict]:
        """Scores of `candidates.BASELINES`, in their order."""
        plan, reference = self.plan, self.reference
        level = candidates.median_level(reference.held_out)
        makers = {
            "real_test": lambda: (reference.held_out, reference),
            "real_train": lambda: (self.real.take(self.alike), reference),
            "real_halves": lambda: candidates.halves(plan, self.real, reference),
            "griffin_lim": lambda: (candidates.griffin_lim(plan, self.real, self.alike), reference),
            "class_mean": lambda: (candidates.class_mean(plan), reference),
            "noise": lambda: (candidates.noise(plan, level), reference),
            "silence": lambda: (candidates.silence(plan), reference),
        }
        entries, plainer = {}, {} if len(self.data.labels) > 1 else candidates.OF_ONE_KIND
        for name, meaning in (candidates.BASELINES | plainer).items():
            self.bar.set_description(name)
            clips, against = makers[name]()
            entries[name] = {"words": meaning} | score(clips, against, self.split, distances=name != "real_test")
            if name == "real_test":
                add(entries[name], *replay.shares(clips, self.data, self.train), self.data.labels)
            if name in ("griffin_lim", "class_mean", "noise", "silence"):
                self.examples[name] = self._examples(clips)
        return entries

    def _examples(self, clips: Clips) -> dict[int, np.ndarray]:
        return clips.examples if len(self.data.labels) > 1 else dict(enumerate(clips.audio[:EXAMPLES]))

    def model(self, system: System) -> dict:
        """A system's scores and description."""
        name = system.name
        self.bar.set_description(name)
        clips = system.clips(self.plan)
        entry = system.describe() | score(clips, self.reference, self.split, system.conditional)
        add(entry, *replay.shares(clips, self.data, self.train), self.data.labels)
        system.add(entry, self.plan, self.reference)
        self.examples[name] = self._examples(clips)
        rivals = self.reference.train, self.train, self.data
        self.neighbours[name] = neighbours.closest(clips, *rivals, files=system.files)
        rivals = self.reference.held_out, self.held_out_rows, self.data
        self.failures[name] = neighbours.farthest(clips, *rivals, files=system.files)
        entry["neighbours"] = [item.describe() for item in self.neighbours[name]]
        entry["failures"] = [item.describe() for item in self.failures[name]]
        return entry


def write_real(folder: Path, real: RealClips, rows: np.ndarray) -> None:
    """Write `LABEL-N.wav`: two held-out clips per label, of different notes if possible."""
    folder.mkdir()
    for number, label in enumerate(real.data.labels):
        own = rows[real.data.label[rows] == number]
        _, first = np.unique(real.notes[own], return_index=True)
        order = [*sorted(first), *(place for place in range(len(own)) if place not in first)]
        for count, place in enumerate(order[:REAL_A_LABEL]):
            audio = from_pcm16(real.data.clips[own[place]])
            write_wav(folder / f"{file_stem(label)}-{count}.wav", audio, real.data.sample_rate)


def _rated(studies: list[dict[str, dict]], name: str, weights: str) -> dict | None:
    """Listeners' ratings of a system; None, and a warning, if they only heard other weights or files of that name."""
    rated = ratings.of_weights(studies, name, weights)
    if rated is None and any(name in study for study in studies):
        sentence = f"{name}: listeners heard other weights or files than these; their ratings are left out"
        tqdm.write(sentence, file=sys.stderr)
    return rated


def _rated_real(studies: list[dict[str, dict]], models: dict[str, dict]) -> dict | None:
    """Ratings of real recordings by the first study that rates one of the models beside them."""
    used = {entry["ratings"]["study_hash"] for entry in models.values() if entry["ratings"]}
    reals = [study["real"] for study in studies if "real" in study]
    return next((real for real in reals if real["study_hash"] in used), None)


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in LIBRARIES}


def _describe(evaluation: Evaluation, settings: Settings, training: dict | None) -> dict:
    keys = ("weights_sha256", "data_sha256", "test_accuracy", "test_clips")
    judge = (
        {"name": settings.classifier.resolve().name} | {key: training.get(key) for key in keys} if training else None
    )
    data, embeddings = evaluation.data, evaluation.plan.extractor.embedding_names
    used = {"num": settings.num, "seed": settings.seed, "embeddings": list(embeddings), "audio_clips": KEPT}
    return {
        "settings": used | {"inception_split": evaluation.split},
        "data": {
            "source": data.meta["source"],
            "sha256": data.meta["sha256"],
            "sample_rate": data.sample_rate,
            "num_samples": data.num_samples,
            "labels": list(data.labels),
            "train_clips": len(evaluation.train),
            "test_clips": len(evaluation.held_out_rows),
            "not_held_out": not_held_out(data),
        },
        "classifier": judge,
    }
