"""Sources of a study's invented sounds: checkpoints and folders of sounds, labelled by a classifier if need be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from audiogan.checkpoint import weights_hash
from audiogan.dataset import PreparedData
from audiogan.evaluation import classifier
from audiogan.evaluation.checks import check_form
from audiogan.sounds_folder import SoundFile, SoundsFolder
from audiogan.synthesis import Synthesizer
from audiogan.tiles import TILE

SEEDS = 1_000_000  # seeds of models' clips are below this: short enough to read out
MOST_HEARD = 2_000  # clips of an unlabelled model that the classifier hears before a label counts as missing


@dataclass
class Draft:
    """A stimulus before levelling and naming; attributes as in `Stimulus`."""

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
    file: str = ""
    file_sha256: str = ""

    def describe(self) -> dict:
        """All fields except the audio and, if it came from no file, the file's."""
        files = () if self.file else ("file", "file_sha256")
        return {name: value for name, value in vars(self).items() if name not in ("audio", *files)}


class Source(Protocol):
    """A system that invents sounds.

    Attributes:
        name: of the system.
        labels: those it can be asked for; None if it takes none and a classifier has to label its clips.
    """

    name: str
    labels: Sequence[str] | None

    def describe(self) -> dict:
        """The system's entry in the manifest."""

    def available(self, label: str, count: int) -> int:
        """How many clips of a label there are, at most `count`."""

    def take(self, label: str, count: int, seed: int, stream: np.random.Generator) -> list[Draft]:
        """Different clips of a label: those of a seed, or drawn with `stream` by a source without seeds."""

    def all(self, seed: int, stream: np.random.Generator) -> Iterator[list[Draft]]:
        """Different clips of any kind, tile after tile, with empty labels."""


class Model:
    """A checkpoint; its clips are the first ones of a seed."""

    def __init__(self, synthesizer: Synthesizer):
        self.synthesizer, self.name, self.labels = synthesizer, synthesizer.name, synthesizer.labels or None
        self.sha256 = weights_hash(synthesizer.checkpoint.folder)

    def describe(self) -> dict:
        architecture, steps = self.synthesizer.config.architecture, self.synthesizer.checkpoint.steps
        return {"checkpoint_sha256": self.sha256, "architecture": architecture, "steps": steps}

    def available(self, label: str, count: int) -> int:
        return count

    def take(self, label: str, count: int, seed: int, stream: np.random.Generator) -> list[Draft]:
        return self._drafts(self.synthesizer.generate(count, seed, label), 0, seed, label)

    def all(self, seed: int, stream: np.random.Generator) -> Iterator[list[Draft]]:
        for number, audio in enumerate(self.synthesizer.stream(MOST_HEARD, seed, at_once=TILE)):
            yield self._drafts(audio, number * TILE, seed, None)

    def _drafts(self, audio: np.ndarray, first: int, seed: int, label: str | None) -> list[Draft]:
        indices = range(first, first + len(audio))
        pitches = self.synthesizer.clip_pitches(indices, seed, [label] * len(audio))
        what = {"label": label or "", "system": self.name, "checkpoint_sha256": self.sha256, "seed": seed}
        clips = zip(audio, indices, pitches, strict=True)
        return [Draft(sound, index=index, pitch=pitch, **what) for sound, index, pitch in clips]


class Folder:
    """A folder of sounds; its clips are drawn without replacement."""

    def __init__(self, folder: SoundsFolder):
        self.folder, self.name, self.labels = folder, folder.name, folder.labels or None

    def describe(self) -> dict:
        return {"checkpoint_sha256": self.folder.sha256, "files": len(self.folder.files)}

    def available(self, label: str, count: int) -> int:
        return min(count, len(self.folder.of(label)))

    def take(self, label: str, count: int, seed: int, stream: np.random.Generator) -> list[Draft]:
        files = self.folder.of(label)
        return [self._draft(files[place]) for place in stream.choice(len(files), count, replace=False)]

    def all(self, seed: int, stream: np.random.Generator) -> Iterator[list[Draft]]:
        order = stream.permutation(len(self.folder.files))
        for first in range(0, len(order), TILE):
            yield [self._draft(self.folder.files[place]) for place in order[first : first + TILE]]

    def _draft(self, file: SoundFile) -> Draft:
        what = {"checkpoint_sha256": self.folder.sha256, "file": file.name, "file_sha256": file.sha256}
        return Draft(self.folder.read(file.name), file.label, self.name, **what)


class Heard:
    """A source without labels, labelled by a classifier: each clip gets the most probable label.

    Clips are taken in order, and skipped if their label has enough: the classifier's confidence does not count.

    Args:
        source: takes no labels.
        judge: labels the clips.
        labels: the study's; `count` clips of each are wanted.
        stream: decides which clips.
    """

    def __init__(self, source: Source, judge: "Judge", labels: Sequence[str], count: int, stream: np.random.Generator):
        self.source, self.judge, self.name, self.labels = source, judge, source.name, tuple(labels)
        self.clips: dict[str, list[Draft]] = {label: [] for label in labels}
        for drafts in source.all(int(stream.integers(SEEDS)), stream):
            for draft, label in zip(drafts, judge.hear([draft.audio for draft in drafts]), strict=True):
                if label in self.clips and len(self.clips[label]) < count:
                    draft.label = label
                    self.clips[label].append(draft)
            if all(len(clips) == count for clips in self.clips.values()):
                break

    def describe(self) -> dict:
        heard = {"label_by": "classifier", "classifier_sha256": self.judge.sha256}
        return self.source.describe() | heard

    def available(self, label: str, count: int) -> int:
        return min(count, len(self.clips[label]))

    def take(self, label: str, count: int, seed: int, stream: np.random.Generator) -> list[Draft]:
        return self.clips[label][:count]


class Judge:
    """The evaluation's classifier, used to label clips.

    Raises:
        ValueError: it is damaged, or its rate, length or labels differ from the data's.
    """

    def __init__(self, folder: Path, data: PreparedData):
        self.network, _ = classifier.load(folder)
        self.config, self.sha256 = self.network.config, weights_hash(folder)
        hint = (
            "; it must label the clips of a system without labels: name one trained on these data with --classifier "
            "(python -m training classifier)"
        )
        check_form(f"classifier {folder}", self.config, data, hint)

    @torch.inference_mode()
    def hear(self, clips: Sequence[np.ndarray]) -> list[str]:
        """The most probable label of each clip, float32 [time]."""
        best = self.network(torch.from_numpy(np.stack(clips))).argmax(1)
        return [self.config.labels[number] for number in best.tolist()]
