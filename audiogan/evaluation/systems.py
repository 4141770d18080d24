"""The systems in an evaluation: checkpoints, and folders of sounds that other programs made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.evaluation import candidates
from audiogan.evaluation.candidates import TILE, Plan
from audiogan.evaluation.clips import Clips, gather
from audiogan.evaluation.reference import Reference
from audiogan.evaluation.scores import add_labelled
from audiogan.sounds_folder import SoundFile, SoundsFolder
from audiogan.synthesis import Synthesizer

FEWEST_CLIPS = 50  # of each system


class System(Protocol):
    """Something that makes clips and is scored.

    Attributes:
        name: in the report.
        sha256: of its weights or files, in hexadecimal.
        conditional: whether its clips have labels that it was asked for or its files were given.
        files: the names of its clips' files, in the order of `clips`; empty if it has none.
    """

    name: str
    sha256: str
    conditional: bool
    files: Sequence[str]

    def size(self, num: int) -> int:
        """How many clips it gives when `num` are wanted."""

    def clips(self, plan: Plan) -> Clips:
        """Its clips to score."""

    def describe(self) -> dict:
        """Its description for metrics.json."""

    def add(self, entry: dict, plan: Plan, reference: Reference) -> None:
        """Add scores that need more than its clips to its entry in metrics.json."""


@dataclass(frozen=True)
class Network:
    """A checkpoint."""

    synthesizer: Synthesizer
    files: ClassVar[Sequence[str]] = ()

    @property
    def name(self) -> str:
        return self.synthesizer.name

    @property
    def sha256(self) -> str:
        return checkpoint.weights_hash(self.synthesizer.checkpoint.folder)

    @property
    def conditional(self) -> bool:
        return bool(self.synthesizer.labels)

    def size(self, num: int) -> int:
        return num

    def clips(self, plan: Plan) -> Clips:
        return candidates.model(plan, self.synthesizer)

    def describe(self) -> dict:
        described, training = self.synthesizer.checkpoint.describe(), self.synthesizer.checkpoint.training
        return {
            "architecture": self.synthesizer.config.architecture,
            "parameters": described["parameters"],
            "steps": described["steps"],
            "steps_before": training.get("steps_before", 0),
            "start": training.get("start") or "",
            "data": described["data"],
            "checkpoint_sha256": self.sha256,
            "conditional": self.conditional,
            "pitched_labels": list(self.synthesizer.pitched_labels),
        }

    def add(self, entry: dict, plan: Plan, reference: Reference) -> None:
        """Add variety from z alone, if it takes a pitch."""
        if self.synthesizer.pitched_labels:
            add_labelled(entry, candidates.one_pitch(plan, self.synthesizer, reference), reference.labels)


@dataclass(frozen=True)
class Files:
    """A folder of sounds: those chosen, in random order, each scored once at most."""

    folder: SoundsFolder
    chosen: tuple[SoundFile, ...]

    @classmethod
    def draw(cls, folder: SoundsFolder, data: PreparedData, wanted: np.ndarray, seed: int) -> "Files":
        """Choose as many of each label as `wanted` has, or as many in all if unlabelled; fewer if there are fewer.

        Args:
            wanted: clips of the data whose labels are asked for, [num].

        Raises:
            ValueError: fewer than `FEWEST_CLIPS` remain.
        """
        random, asked = np.random.default_rng((seed, 5)), data.label[wanted]
        own = np.array([data.labels.index(file.label) if folder.labels else 0 for file in folder.files])
        places = candidates.as_many(own, asked if folder.labels else np.zeros(len(asked), int), random)
        if len(places) < FEWEST_CLIPS:
            share = ", labels in the shares of the held-out recordings" if folder.labels else ""
            raise ValueError(
                f"--sounds {folder.folder} has {len(places)} clips to score of {len(folder.files)} files{share}: at "
                f"least {FEWEST_CLIPS} are needed"
            )
        return cls(folder, tuple(folder.files[place] for place in places))

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def sha256(self) -> str:
        return self.folder.sha256

    @property
    def conditional(self) -> bool:
        return bool(self.folder.labels)

    @property
    def files(self) -> Sequence[str]:
        return [file.name for file in self.chosen]

    def size(self, num: int) -> int:
        return len(self.chosen)

    def clips(self, plan: Plan) -> Clips:
        label = np.array([plan.data.labels.index(file.label) for file in self.chosen]) if self.conditional else None
        nothing = np.full(len(self.chosen), np.nan)
        return gather(self._batches(), plan.extractor, label, nothing, plan.advance)

    def describe(self) -> dict:
        files, labels = len(self.folder.files), list(self.folder.labels)
        return {
            "sounds": {"files": files, "labels": labels, "sha256": self.sha256},
            "conditional": self.conditional,
            "pitched_labels": [],
        }

    def add(self, entry: dict, plan: Plan, reference: Reference) -> None:
        """Nothing: files have no z and take no pitch."""

    def _batches(self) -> Iterator[np.ndarray]:
        for first in range(0, len(self.chosen), TILE):
            yield np.stack([self.folder.read(file.name) for file in self.chosen[first : first + TILE]])
