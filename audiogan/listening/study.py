"""A frozen pool of stimuli: `manifest.json`, `study.yaml` and `clips/ID.wav`, checked byte by byte when it is read."""

import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from audiogan.audio import wav_bytes
from audiogan.listening.design import Design, read_design
from audiogan.listening.store import schema
from audiogan.text import read_object, read_text

FORMAT = 1
ROLES = ("test", "gold", "training", "exemplar")
REFERENCES = ("real", "anchor", "griffin-lim")  # systems that are not models
NOISE = "noise"  # gold trials alone: a real clip under white noise
DEFAULT_FOLDER = Path(__file__).parent / "default_study"
VARIABLE = "AUDIOGAN_STUDY"
MAX_MANIFEST_BYTES = 20_000_000
_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stimulus:
    """One sound of the pool.

    Attributes:
        id: 32 hexadecimal digits that say nothing; its file is `clips/ID.wav`.
        sha256: of its PCM alone, as `votes.clip_hash` has it: a vote's `clip_sha256`.
        label: the instrument that it is, or was asked of the model.
        system: `real`, `anchor` (3.5 kHz low-pass of real), `griffin-lim` (real, resynthesised), or the name of a model
            or a folder of sounds; `noise` in gold trials.
        role: `test`, `gold`, `training`, or `exemplar`: a real one shown as the named reference, never rated.
        checkpoint_sha256: of a model's weights, or of a whole folder of sounds; empty for others.
        seed, index: of a model's clip; None for others.
        source: number of the real clip in the prepared data that it is or was made from; None for an invented one.
        pitch: MIDI number, None where there is none.
        gain_db, lufs: the gain it was given, and its loudness after that (maximum momentary).
        expected: of a gold stimulus, the answers that pass: question to a list of values.
        file, file_sha256: name in its folder of sounds and SHA-256 of the whole file; empty for others.
    """

    id: str
    sha256: str
    label: str
    system: str
    role: str
    checkpoint_sha256: str
    seed: int | None
    index: int | None
    source: int | None
    pitch: float | None
    gain_db: float
    lufs: float
    expected: MappingProxyType
    file: str = ""
    file_sha256: str = ""

    @property
    def exemplar(self) -> bool:
        return self.role == "exemplar"

    @property
    def model(self) -> bool:
        """A model made it, or another system whose sounds came as files."""
        return bool(self.checkpoint_sha256)


@dataclass(frozen=True)
class Batch:
    """Ten test stimuli of one system, for diversity trials, of the same labels as other systems' if all have them."""

    id: str
    system: str
    stimuli: tuple[str, ...]


class Study:
    """A frozen pool and its design. `Study.load(folder)` is the way to get one.

    Attributes:
        folder: where it lies.
        design: what `study.yaml` says.
        stimuli: all of them, in the manifest's random order.
        batches: for the diversity module.
        sample_rate, num_samples: of every clip, Hz and samples.
        hash: SHA-256, in hexadecimal, of manifest and design in canonical form: votes carry it.
    """

    def __init__(self, folder: Path, manifest: dict, design: Design):
        self.folder, self.design, self.manifest = folder, design, MappingProxyType(manifest)
        self.sample_rate, self.num_samples = manifest["sample_rate"], manifest["num_samples"]
        self.stimuli = tuple(map(_stimulus, manifest["stimuli"]))
        self._by_id = {stimulus.id: stimulus for stimulus in self.stimuli}
        self.batches = tuple(map(_batch, manifest["batches"]))
        self.hash = canonical_hash({"manifest": manifest, "design": dict(design.document)})

    @classmethod
    def load(cls, folder: str | os.PathLike = DEFAULT_FOLDER) -> "Study":
        """Read a study and check every file in it.

        Raises:
            ValueError: a file that is missing, unknown or changed, or a manifest or design that is not one: a sentence.
        """
        folder = Path(folder)
        try:
            study = cls(folder, _read_manifest(folder), read_design(read_text(folder / "study.yaml")))
            study._check()
        except OSError as error:
            missing = Path(error.filename or folder).name
            raise ValueError(f"study {folder.name} cannot be read: {missing}: {error.strerror}") from None
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"study {folder.name} has a damaged manifest.json: {error!r}") from None
        except ValueError as error:
            raise ValueError(f"study {folder.name} cannot be used: {error}") from None
        return study

    def __getitem__(self, stimulus: str) -> Stimulus:
        return self._by_id[stimulus]

    def path(self, stimulus: str) -> Path:
        """The WAV file of a stimulus, by its id.

        Raises:
            KeyError: there is no such stimulus.
        """
        return self.folder / "clips" / f"{self._by_id[stimulus].id}.wav"

    def of_role(self, role: str) -> list[Stimulus]:
        """The stimuli of a role, in the manifest's order."""
        return [stimulus for stimulus in self.stimuli if stimulus.role == role]

    def exemplar(self, label: str) -> Stimulus:
        """The real recording that stands for a label."""
        return next(stimulus for stimulus in self.stimuli if stimulus.exemplar and stimulus.label == label)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the test stimuli, by name."""
        return tuple(sorted({stimulus.label for stimulus in self.of_role("test")}))

    @property
    def systems(self) -> tuple[str, ...]:
        """Systems under test: `REFERENCES` that are there, then the models by name."""
        return tuple(ordered(stimulus.system for stimulus in self.of_role("test")))

    def gold_passes(self, stimulus: str, question: str, value) -> bool | None:
        """Whether an answer to a gold trial is an expected one; None where nothing was expected."""
        expected = self._by_id[stimulus].expected.get(question)
        return None if expected is None else value in expected

    def _check(self) -> None:
        if self.manifest["design_sha256"] != canonical_hash(dict(self.design.document)):
            raise ValueError("study.yaml is not the one that the pool was frozen with")
        self._check_roles()
        found = {path.name for path in (self.folder / "clips").iterdir()}
        for name in sorted(found ^ {f"{stimulus.id}.wav" for stimulus in self.stimuli}):
            raise ValueError(f"clips/{name} is {'unknown' if name in found else 'missing'}")
        header = wav_bytes(np.zeros(self.num_samples), self.sample_rate)[: -2 * self.num_samples]
        for stimulus in self.stimuli:
            data = self.path(stimulus.id).read_bytes()
            if data[: len(header)] != header or len(data) != len(header) + 2 * self.num_samples:
                raise ValueError(f"clips/{stimulus.id}.wav is not a plain PCM16 WAV of the study's rate and length")
            if hashlib.sha256(data[len(header) :]).hexdigest() != stimulus.sha256:
                raise ValueError(f"clips/{stimulus.id}.wav is not the clip that was frozen: its SHA-256 differs")

    def _check_roles(self) -> None:
        if len(self._by_id) < len(self.stimuli):
            raise ValueError("two stimuli have the same id")
        tests = {stimulus.id for stimulus in self.of_role("test")}
        if not tests:
            raise ValueError("it has no test stimuli")
        exemplars = Counter(stimulus.label for stimulus in self.stimuli if stimulus.exemplar)
        if any(question.exemplar for question in self.design.questions) and set(self.labels) - set(exemplars):
            raise ValueError("a label has no exemplar, and a question needs one")
        if any(set(batch.stimuli) - tests for batch in self.batches):
            raise ValueError("a batch holds what is no test stimulus")


def ordered(systems: Iterable[str]) -> list[str]:
    """Each once: `REFERENCES` first, then the others by name; an empty name is none."""
    found = set(systems) - {""}
    return [name for name in REFERENCES if name in found] + sorted(found - set(REFERENCES))


def chosen_folder() -> Path:
    """The study that the app runs: the folder that AUDIOGAN_STUDY names, else the one that comes with the app."""
    return Path(os.environ.get(VARIABLE) or DEFAULT_FOLDER)


def is_study(folder: Path) -> bool:
    """Whether a folder has the parts of a study of this format, whatever became of its clips."""
    try:
        return bool(_read_manifest(folder)) and (folder / "study.yaml").is_file() and (folder / "clips").is_dir()
    except (OSError, KeyError, ValueError):
        return False


def canonical_hash(document) -> str:
    """SHA-256 of JSON types, whatever the spelling of the file they came from: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_manifest(folder: Path) -> dict:
    try:
        manifest = read_object(folder / "manifest.json", MAX_MANIFEST_BYTES, format=FORMAT)
    except ValueError as error:
        raise ValueError(f"manifest.json: {error}") from None
    for name in ("sample_rate", "num_samples"):
        if type(manifest[name]) is not int or not 0 < manifest[name] <= 10_000_000:
            raise ValueError(f"manifest.json's {name} is not a sensible whole number")
    return manifest


def _stimulus(row: dict) -> Stimulus:
    expected = MappingProxyType({key: tuple(values) for key, values in row["expected"].items()})
    stimulus = Stimulus(**(row | {"expected": expected}))
    if not _ID.fullmatch(stimulus.id) or not _SHA256.fullmatch(stimulus.sha256):
        raise ValueError(f"stimulus {stimulus.id!r:.80} has an id or SHA-256 that is not one")
    if stimulus.role not in ROLES:
        raise ValueError(f"stimulus {stimulus.id}'s role must be one of {', '.join(ROLES)}, not {stimulus.role!r}")
    if stimulus.exemplar and stimulus.system != "real":
        raise ValueError(f"stimulus {stimulus.id} is an exemplar that is not real")
    if not all(isinstance(text, str) and text for text in (stimulus.label, stimulus.system)):
        raise ValueError(f"stimulus {stimulus.id} lacks a label or a system")
    if not isinstance(stimulus.file, str) or (stimulus.file and not _SHA256.fullmatch(stimulus.file_sha256)):
        raise ValueError(f"stimulus {stimulus.id} has a file without a name or a SHA-256")
    if not (math.isfinite(stimulus.gain_db) and math.isfinite(stimulus.lufs)):
        raise ValueError(f"stimulus {stimulus.id} has a gain or loudness that is not finite")
    for name in ("label", "system", "checkpoint_sha256", "seed", "index", "pitch"):
        schema.check(f"stimulus {stimulus.id}'s {name}", getattr(stimulus, name), schema.votes.c[name])
    return stimulus


def _batch(row: dict) -> Batch:
    batch = Batch(row["id"], row["system"], tuple(row["stimuli"]))
    if not _ID.fullmatch(batch.id):
        raise ValueError(f"batch {batch.id!r:.80} has an id that is not one")
    schema.check(f"batch {batch.id}'s system", batch.system, schema.votes.c.system)
    return batch
