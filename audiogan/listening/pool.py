"""Freeze a study: give its sounds one loudness and names that say nothing, and write them all or none."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from pathlib import Path

import numpy as np

import audiogan
from audiogan import checkpoint, sounds_folder, synthesis
from audiogan.audio import momentary_lufs, write_wav
from audiogan.checks import check_seed
from audiogan.dataset import PreparedData
from audiogan.evaluation.classifier import DEFAULT_FOLDER as DEFAULT_CLASSIFIER
from audiogan.files import write_atomically
from audiogan.folders import refuse_existing, staged
from audiogan.listening import feasibility
from audiogan.listening.design import read_design
from audiogan.listening.gathering import Gathering, check_systems, common_labels
from audiogan.listening.sources import Draft, Folder, Judge, Model, Source
from audiogan.listening.study import FORMAT, Study, canonical_hash, is_study
from audiogan.listening.votes import clip_hash

TEMPLATE = Path(__file__).parent / "default.yaml"
TARGET_LUFS = -23.0
CEILING_DB = -1.0  # dBFS, of the highest sample
SILENT_LUFS = -60.0
BATCH = 10


@dataclass(frozen=True)
class Recipe:
    """What goes into a pool. The same recipe gives the same bytes on one machine.

    Attributes:
        data: a prepared data set; its held-out clips are the real ones.
        models: names of checkpoints in `checkpoints`, or their folders.
        labels: which instruments; empty for all that the data and every model know.
        per_label: test stimuli of each system and label.
        seed: of every choice that is made.
        design: the text of the study's YAML.
        sounds: other systems, whose clips are files: `[NAME=]DIR`.
        classifier: the folder of the one that hears what systems without labels play.

    Raises:
        ValueError: a number out of range, or a model named twice.
    """

    data: Path
    models: tuple[str, ...]
    checkpoints: Path = checkpoint.FOLDER
    labels: tuple[str, ...] = ()
    per_label: int = 2
    seed: int = 0
    design: str = field(default_factory=TEMPLATE.read_text)
    sounds: tuple[str, ...] = ()
    classifier: Path = DEFAULT_CLASSIFIER

    def __post_init__(self):
        check_seed(self.seed)
        if not 1 <= self.per_label <= 100:
            raise ValueError(f"per_label must be a whole number from 1 to 100, not {self.per_label!r}")
        if len(set(self.models)) < len(self.models):
            raise ValueError(f"models must be different ones, not {', '.join(self.models)}")


def build(recipe: Recipe, folder: str | os.PathLike, replace: bool = False) -> Study:
    """Freeze a pool; the folder appears whole or not at all.

    Args:
        replace: a study that is there gives way once the new one is whole.

    Raises:
        ValueError: the folder exists, or is to be replaced and is no study; data, models, labels and design do not fit
            each other, or the design's rules would exclude everybody.
    """
    folder = Path(folder)
    if not replace:
        refuse_existing(folder)
    elif os.path.lexists(folder) and not is_study(folder):
        raise ValueError(f"--replace replaces a study, and {folder} is none: remove it or name another folder")
    stream = np.random.Generator(np.random.PCG64(recipe.seed))
    manifest, sounds = _freeze(recipe, stream)
    with staged(folder, replace) as partial:
        _write(partial, manifest, sounds, recipe.design)
        feasibility.check(Study.load(partial))
    return Study.load(folder)


def _freeze(recipe: Recipe, stream: np.random.Generator) -> tuple[dict, list[np.ndarray]]:
    """The manifest, and the sounds in its order."""
    design, data = read_design(recipe.design), PreparedData(recipe.data)
    gathering = _gathering(recipe, data, stream)
    drafts = gathering.drafts(design)
    drafts = [drafts[place] for place in stream.permutation(len(drafts))]
    rows, loudness = _levelled(drafts, data.sample_rate)
    rows = [{"id": _opaque(stream)} | row for row in rows]
    manifest = {
        "format": FORMAT,
        "audiogan": audiogan.__version__,
        "sample_rate": data.sample_rate,
        "num_samples": data.num_samples,
        "loudness_lufs": loudness,
        "ceiling_dbfs": CEILING_DB,
        "seed": recipe.seed,
        "data": {name: data.meta[name] for name in ("source", "sha256")},
        "models": {source.name: source.describe() for source in gathering.sources},
        "design_sha256": canonical_hash(dict(design.document)),
        "stimuli": rows,
        "batches": _batches(rows, stream),
    }
    return manifest, [draft.audio for draft in drafts]


def _gathering(recipe: Recipe, data: PreparedData, stream: np.random.Generator) -> Gathering:
    """The systems of a study and what they are asked for."""
    sounds = [sounds_folder.load(given, data, recipe.checkpoints) for given in recipe.sounds]
    models = [synthesis.load(name, "cpu", recipe.checkpoints) for name in recipe.models]
    check_systems(models, sounds, data)
    sources: list[Source] = [*map(Model, models), *map(Folder, sounds)]
    labels = common_labels(recipe.labels, data, sources)
    unlabelled = any(source.labels is None for source in sources)
    judge = Judge(recipe.classifier, data) if unlabelled else None
    return Gathering(data, sources, labels, recipe.per_label, stream, judge)


def _levelled(drafts: Sequence[Draft], sample_rate: int) -> tuple[list[dict], float]:
    """Scale each sound, in place, by one gain to a common loudness; where a peak would rise too far, all go lower.

    Returns:
        the manifest's rows without their ids, and the loudness in LUFS.
    """
    heard = [momentary_lufs(draft.audio, sample_rate) for draft in drafts]
    for draft, lufs in zip(drafts, heard, strict=True):
        if lufs < SILENT_LUFS:
            clip = f"clip {draft.source}" if draft.seed is None else f"clip {draft.index} of seed {draft.seed}"
            where = f"file {draft.file}" if draft.file else f"{clip}, {draft.label}"
            raise ValueError(f"{draft.system} is silent ({where}): choose another --seed or leave it out")
    peaks = [20 * np.log10(np.abs(draft.audio).max()) for draft in drafts]
    rooms = [lufs + CEILING_DB - peak for lufs, peak in zip(heard, peaks, strict=True)]
    target = float(min(TARGET_LUFS, *rooms))
    rows = []
    for draft, lufs in zip(drafts, heard, strict=True):
        draft.audio = draft.audio * np.float32(10 ** ((target - lufs) / 20))
        measured = {"gain_db": round(target - lufs, 4), "lufs": round(target, 4), "sha256": clip_hash(draft.audio)}
        rows.append(draft.describe() | measured)
    return rows, round(target, 4)


def _batches(rows: Sequence[dict], stream: np.random.Generator) -> list[dict]:
    """One batch of ten test stimuli for each system that has as many, of the same labels as far as all have them."""
    tests: dict[str, dict[str, list[str]]] = {}
    for row in (row for row in rows if row["role"] == "test"):
        tests.setdefault(row["system"], {}).setdefault(row["label"], []).append(row["id"])
    tests = {system: tests[system] for system in sorted(tests) if sum(map(len, tests[system].values())) >= BATCH}
    shared = _shared_labels(list(tests.values()), stream)
    return [
        {"id": _opaque(stream), "system": system, "stimuli": _batch(by_label, shared, stream)}
        for system, by_label in tests.items()
    ]


def _shared_labels(systems: Sequence[dict[str, list[str]]], stream: np.random.Generator) -> Counter:
    """Ten labels, or fewer, as many times as every system has clips of them: each once before any comes again."""
    counts = [Counter({label: len(ids) for label, ids in by_label.items()}) for by_label in systems]
    common = reduce(and_, counts) if counts else Counter()
    turns = [(turn, stream.random(), label) for label in sorted(common) for turn in range(common[label])]
    return Counter(label for _, _, label in sorted(turns)[:BATCH])


def _batch(by_label: dict[str, list[str]], shared: Counter, stream: np.random.Generator) -> list[str]:
    """Ten clips of a system: of the shared labels, filled up with others at random."""
    drawn = {label: stream.permutation(ids).tolist() for label, ids in sorted(by_label.items())}
    chosen = [name for label, ids in drawn.items() for name in ids[: shared[label]]]
    others = [name for label, ids in drawn.items() for name in ids[shared[label] :]]
    return chosen + stream.permutation(others)[: BATCH - len(chosen)].tolist()


def _write(folder: Path, manifest: dict, sounds: Sequence[np.ndarray], design: str) -> None:
    (folder / "clips").mkdir()
    for row, audio in zip(manifest["stimuli"], sounds, strict=True):
        write_wav(folder / "clips" / f"{row['id']}.wav", audio, manifest["sample_rate"])
    write_atomically(folder / "study.yaml", design.encode())
    write_atomically(folder / "manifest.json", (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
    stamp = (folder / "manifest.json").stat().st_mtime
    for path in (folder / "clips").iterdir():
        os.utime(path, (stamp, stamp))  # servers tell the time of a file


def _opaque(stream: np.random.Generator) -> str:
    """32 hexadecimal digits."""
    return stream.bytes(16).hex()
