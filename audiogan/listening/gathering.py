"""Gather the sounds of a study: real held-out clips, references made from them, and the models' inventions."""

import math
from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import numpy as np

from audiogan.audio import from_pcm16
from audiogan.dataset import PreparedData
from audiogan.listening import references
from audiogan.listening.design import Design
from audiogan.listening.sources import SEEDS, Draft, Heard, Judge, Source
from audiogan.listening.store import schema
from audiogan.listening.study import NOISE, REFERENCES
from audiogan.sounds_folder import SoundsFolder
from audiogan.synthesis import Synthesizer

GOLD_CHOICES = 2  # gold stimuli in the pool per gold trial of a session


def common_labels(wanted: Sequence[str], data: PreparedData, sources: Sequence[Source]) -> tuple[str, ...]:
    """The labels of a study: those wanted, or all that the data share with every system that takes labels.

    Raises:
        ValueError: no label is shared, or a label, which it names, is missing somewhere or too long for the votes.
    """
    asked = [source.labels for source in sources if source.labels is not None]
    known = [label for label in data.labels if all(label in labels for labels in asked)]
    for label in wanted:
        if label not in known:
            raise ValueError(f"label must be one that the data and every model know ({', '.join(known)}), not {label}")
    if not known:
        raise ValueError("the data and the models have no label in common, and a study asks for instruments by name")
    return tuple(schema.check("a label", label, schema.votes.c.label) for label in dict.fromkeys(wanted or known))


def check_systems(synthesizers: Sequence[Synthesizer], sounds: Sequence[SoundsFolder], data: PreparedData) -> None:
    """Raise a ValueError that names a model not fitting the data, or a system named like a reference or another."""
    for model in synthesizers:
        if (model.sample_rate, model.num_samples) != (data.sample_rate, data.num_samples):
            mine, theirs = (f"{it.num_samples} samples at {it.sample_rate} Hz" for it in (model, data))
            raise ValueError(f"model {model.name} makes {mine}, and the data have {theirs}")
    names = [system.name for system in (*synthesizers, *sounds)]
    if not names:
        raise ValueError("a study needs a system: name checkpoints by --models, or a folder by --sounds")
    for name in names:
        if name in (*REFERENCES, NOISE):
            raise ValueError(f"a model in a study cannot be called {name}")
        if names.count(name) > 1:
            raise ValueError(f"two systems in a study cannot both be called {name}")


class Gathering:
    """Draws the drafts of a study.

    Args:
        sources: systems that invent sounds.
        labels: from `common_labels`.
        per_label: test stimuli of each system and label.
        stream: decides which clips; the same stream gives the same drafts.
        judge: labels the clips of sources without labels.
    """

    def __init__(
        self,
        data: PreparedData,
        sources: Sequence[Source],
        labels: Sequence[str],
        per_label: int,
        stream: np.random.Generator,
        judge: Judge | None = None,
    ):
        self.data, self.labels, self.per_label, self.stream = data, labels, per_label, stream
        self.sources, self.judge = sources, judge

    def drafts(self, design: Design) -> list[Draft]:
        """Every stimulus: test clips of all systems, one exemplar per label, training and gold clips.

        Raises:
            ValueError: a label has too few held-out clips, or too few from a system.
        """
        practice = design.trials.training
        spare = self._spare(practice)
        heard = self.per_label + spare
        self.sources = [
            source if source.labels is not None else Heard(source, self.judge, self.labels, heard, self.stream)
            for source in self.sources
        ]
        spare = self._afforded(spare)
        if practice and self._spare(2 * len(self.sources)) <= spare:
            practice = max(practice, 2 * len(self.sources))  # a sitting hears only some of them
        self._check_counts(self.per_label + 1 + spare, self.per_label + spare)
        tests, exemplars, spares = [], [], []
        for label in self.labels:
            real = self._real(label, self.per_label + 1 + spare)
            invented = self._invented(label, self.per_label + spare)
            tests += [it for draft in real[: self.per_label] for it in self._references(draft)]
            tests += [draft for drafts in invented for draft in drafts[: self.per_label]]
            exemplars.append(_as(real[self.per_label], "exemplar"))
            left = zip(*(drafts[self.per_label :] for drafts in invented), strict=True)  # one of each source in turn
            spares.append((real[self.per_label + 1 :], [draft for turn in left for draft in turn]))
        training = islice(_alternating(spares), practice)
        gold = islice(self._gold(exemplars, design), GOLD_CHOICES * design.trials.gold)
        return [*tests, *exemplars, *(_as(draft, "training") for draft in training), *gold]

    def _spare(self, practice: int) -> int:
        """Clips of each label that `practice` trials need."""
        return math.ceil(practice / len(self.labels))

    def _afforded(self, spare: int) -> int:
        """Clips of each label for practice: `spare`, or fewer if short of them, down to one.

        With fewer, `feasibility.shortfalls` reports the missing practice trials.
        """
        left = [len(self._held_out(label)) - self.per_label - 1 for label in self.labels]
        for source in self.sources:
            left += [source.available(label, self.per_label + spare) - self.per_label for label in self.labels]
        return min(spare, max(1, min(left)))

    def _check_counts(self, count: int, invented: int) -> None:
        """Raise one ValueError that names every label with too few clips."""
        few = [f"{label} has {len(rows)}" for label in self.labels if len(rows := self._held_out(label)) < count]
        short = []
        for source in self.sources:
            counts = {label: source.available(label, invented) for label in self.labels}
            if fewer := [f"{there} of {label}" for label, there in counts.items() if there < invented]:
                short.append(f"{source.name} has {', '.join(fewer)}")
        if few or short:
            wanted = f"{count} held-out clips of each label" + (f" and {invented} from each system" if short else "")
            advice = (
                "leave out these labels (--labels), ask for fewer (--per-label), prepare more files, or hold more "
                "of them out (prepare folder --held-out)"
            )
            raise ValueError(f"the study needs {wanted}, and {', '.join(few + short)}: {advice}")

    def _held_out(self, label: str) -> np.ndarray:
        """Rows of a label's held-out clips."""
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
        """Different clips from each source; from models, the first ones of one seed."""
        seed = int(self.stream.integers(SEEDS))
        return [source.take(label, count, seed, self.stream) for source in self.sources]

    def _gold(self, exemplars: list[Draft], design: Design) -> Iterator[Draft]:
        """Alternately a clip that sounds bad to anyone and a clip that is its own exemplar, label after label."""
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
    """Alternately real and invented clips, each from the next label; only real ones if nothing is invented."""
    for number in range(sum(len(real) for real, _ in spares)):
        real, invented = spares[number % len(spares)]
        if number % 2 and invented:
            yield invented[number // 2 % len(invented)]
        else:
            yield real[number // len(spares)]
