"""Gather the sounds of a study: real held-out clips, what is made of them, and what the models invent."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np

from audiogan.audio import from_pcm16
from audiogan.checkpoint import weights_hash
from audiogan.dataset import PreparedData
from audiogan.listening import references
from audiogan.listening.design import Design
from audiogan.listening.store import schema
from audiogan.listening.study import NOISE, REFERENCES
from audiogan.synthesis import Synthesizer

GOLD_CHOICES = 2  # golden stimuli in the pool for each that a session hears
SEEDS = 1_000_000  # of models' clips: short enough to read out


@dataclass
class Draft:
    """A stimulus before it has its loudness and its name; attributes as in `Stimulus`."""

    audio: np.ndarray
    label: str
    system: str
    role: str = "test"
    source: int | None = None
    checkpoint_sha256: str = ""
    seed: int | None = None
    index: int | None = None
    pitch: float | None = None
    expected: dict = field(default_factory=dict)

    def describe(self) -> dict:
        """Everything but the sound."""
        return {name: value for name, value in vars(self).items() if name != "audio"}


def common_labels(wanted: Sequence[str], data: PreparedData, models: Sequence[Synthesizer]) -> tuple[str, ...]:
    """The labels of a study: those wanted, or all that the data and every model know.

    Raises:
        ValueError: a model that does not fit the data, has a reference's name or lacks a label, or a label that is too
            long for the votes; names it.
    """
    for model in models:
        if (model.sample_rate, model.num_samples) != (data.sample_rate, data.num_samples):
            mine, theirs = (f"{it.num_samples} samples at {it.sample_rate} Hz" for it in (model, data))
            raise ValueError(f"model {model.name} makes {mine}, and the data have {theirs}")
        if model.name in (*REFERENCES, NOISE):
            raise ValueError(f"a model in a study cannot be called {model.name}")
    known = [label for label in data.labels if all(label in model.labels for model in models)]
    for label in wanted:
        if label not in known:
            raise ValueError(f"label must be one that the data and every model know ({', '.join(known)}), not {label}")
    if not known:
        raise ValueError("the data and the models have no label in common, and a study asks for instruments by name")
    return tuple(schema.check("a label", label, schema.votes.c.label) for label in dict.fromkeys(wanted or known))


class Gathering:
    """The drafts of a study.

    Args:
        labels: of `common_labels`.
        per_label: test stimuli of each system and label.
        stream: decides which clips; the same stream gives the same drafts.
    """

    def __init__(self, data: PreparedData, models, labels: Sequence[str], per_label: int, stream: np.random.Generator):
        self.data, self.models, self.labels, self.per_label, self.stream = data, models, labels, per_label, stream

    def drafts(self, design: Design) -> list[Draft]:
        """Every stimulus; tests of all systems, an exemplar a label, training and gold ones.

        Raises:
            ValueError: a label with too few held-out clips.
        """
        spare = math.ceil(design.trials.training / len(self.labels))
        self._check_held_out(self.per_label + 1 + spare)
        tests, exemplars, spares = [], [], []
        for label in self.labels:
            real = self._real(label, self.per_label + 1 + spare)
            invented = self._invented(label, self.per_label + spare)
            tests += [it for draft in real[: self.per_label] for it in self._references(draft)]
            tests += [draft for drafts in invented for draft in drafts[: self.per_label]]
            exemplars.append(_as(real[self.per_label], "exemplar"))
            spares.append((real[self.per_label + 1 :], [draft for drafts in invented for draft in drafts[-spare:]]))
        training = islice(_alternating(spares), design.trials.training)
        gold = islice(self._gold(exemplars, design), GOLD_CHOICES * design.trials.gold)
        return [*tests, *exemplars, *(_as(draft, "training") for draft in training), *gold]

    def _check_held_out(self, count: int) -> None:
        """Name every label that has too few, so that nobody finds them one by one."""
        few = {label: len(rows) for label in self.labels if len(rows := self._held_out(label)) < count}
        if few:
            named = ", ".join(f"{label} has {number}" for label, number in few.items())
            advice = "leave out what has fewer (--labels), ask for less (--per-label) or prepare more files"
            raise ValueError(f"the study needs {count} held-out clips of each label, and {named}: {advice}")

    def _held_out(self, label: str) -> np.ndarray:
        """Rows of the held-out clips of a label."""
        held_out = self.data.rows("test")
        return held_out[self.data.label[held_out] == self.data.labels.index(label)]

    def _real(self, label: str, count: int) -> list[Draft]:
        chosen = self.stream.choice(self._held_out(label), count, replace=False)
        return [self._draft(int(row), label) for row in chosen]

    def _draft(self, row: int, label: str) -> Draft:
        pitch = float(self.data.pitch[row])
        pitch = None if math.isnan(pitch) else round(pitch, 2)
        return Draft(from_pcm16(self.data.clips[row]), label, "real", source=row, pitch=pitch)

    def _references(self, real: Draft) -> list[Draft]:
        anchor = references.anchor(real.audio, self.data.sample_rate)
        resynthesised = references.resynthesised(real.audio)
        return [real, _as(real, system="anchor", audio=anchor), _as(real, system="griffin-lim", audio=resynthesised)]

    def _invented(self, label: str, count: int) -> list[list[Draft]]:
        """Clips 0 to count - 1 of one seed from each model."""
        seed = int(self.stream.integers(SEEDS))
        return [
            [
                Draft(audio, label, model.name, checkpoint_sha256=_hash(model), seed=seed, index=index, pitch=pitch)
                for index, (audio, pitch) in enumerate(zip(*_generate(model, count, seed, label), strict=True))
            ]
            for model in self.models
        ]

    def _gold(self, exemplars: list[Draft], design: Design) -> Iterator[Draft]:
        """By turns a clip that sounds bad to anyone and a clip that is its own exemplar, label after label."""
        scales = {question.name for question in design.questions if question.kind == "scale"}
        kinds = [("quality", [1, 2]), ("resemblance", [3, 4, 5])]
        kinds = cycle([(name, values) for name, values in kinds if name in scales])
        order = self.stream.permutation(len(exemplars)) if exemplars else []
        for draft, (name, values) in zip(cycle(exemplars[place] for place in order), kinds, strict=False):
            noisy = name == "quality"
            audio = references.buried(draft.audio, self.stream) if noisy else draft.audio
            yield _as(draft, "gold", system=NOISE if noisy else "real", audio=audio, expected={name: values})


def _as(draft: Draft, role: str = "test", **values) -> Draft:
    return Draft(**(vars(draft) | {"role": role} | values))


def _alternating(spares: list[tuple[list[Draft], list[Draft]]]) -> Iterator[Draft]:
    """Real and invented by turns, each from another label; real ones alone where there is no model."""
    for number in range(sum(len(real) for real, _ in spares)):
        real, invented = spares[number % len(spares)]
        if number % 2 and invented:
            yield invented[number // 2 % len(invented)]
        else:
            yield real[number // len(spares)]


def _generate(model: Synthesizer, count: int, seed: int, label: str) -> tuple[np.ndarray, list[float | None]]:
    """Clips 0 to count - 1 of a seed, and the pitch that each of them plays."""
    return model.generate(count, seed, label), model.clip_pitches(range(count), seed, [label] * count)


def _hash(model: Synthesizer) -> str:
    return weights_hash(model.checkpoint.folder)
