"""Drum hits: recordings from Debian's sample packages and the kits of General MIDI soundfonts, at five tunings each.

Near copies of one recording (a hit at other loudnesses and tunings, a sample that several kits share, the toms of a
soundfont's kit) are in one split.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from audiogan.audio import read_audio, resample
from audiogan.folders import refuse_existing
from training.data import general_midi
from training.data.clips import Clip, ClipFormat, DataSetWriter
from training.data.drum_tables import KEYS, KITS, LABELS, NO_SUCH_DRUM, PACKAGES, Kit
from training.data.onsets import cut, find_starts
from training.data.processes import ordered_map
from training.data.recordings import Skipped
from training.data.soundfont import DRUM_BANK, DRUM_TUNINGS, Patch, fluidsynth_library

SHARE = Path("/usr/share")
LICENCES = ("MIT", *sorted({kit.licence for kit in KITS}))  # MIT: Debian's soundfonts
TEST_FRACTION, TEST_CLIPS = 1 / 6, 10  # of a label, whichever is more
ALIKE = 0.9  # correlation above which two hits count as one recording
HITS = 8  # per job
LOUDNESS = re.compile(r"([-_ ]?(softest|soft|med|hard|hardest|normal|\d+))+$", re.IGNORECASE)
AUTHORS = {"FluidR3_GM.sf2": "Frank Wen", "MuseScore_General_Full.sf3": "S. Christian Collins and others"}


@dataclass(frozen=True)
class Hit:
    """A recording of one hit."""

    path: Path
    label: str
    kit: Kit

    @property
    def source(self) -> str:
        return f"{PACKAGES[self.kit.collection]} {self.kit.name}/{self.path.name}"


def prepare(
    out,
    form: ClipFormat,
    soundfonts: list[str] | None = None,
    share: Path = SHARE,
    labels: Sequence[str] = LABELS,
    licences: Sequence[str] = LICENCES,
    workers: int | None = None,
) -> tuple[int, list[Skipped]]:
    """Decode, render and write the data set, with an `attribution.csv`.

    Args:
        soundfonts: SF2 or SF3 files; None takes those of Debian's packages.
        share: the folder that holds the packages' `hydrogen` and `sonic-pi`.
        labels: some of LABELS.
        licences: some of LICENCES; only sounds under these are taken. All of LICENCES also admit soundfonts whose
            licence is not known.
        workers: processes; by default one per core.

    Returns:
        The number of clips written, and the recordings that gave none.

    Raises:
        ValueError: a package, a soundfont or the FluidSynth library is missing, no hit was found, or `out` exists.
    """
    refuse_existing(out)
    kits = [kit for kit in KITS if kit.licence in licences]
    hits = [hit for kit in kits for hit in find(kit, share) if hit.label in labels]
    fonts = _fonts(soundfonts, licences)
    if fonts:
        fluidsynth_library()
    parts = [_jobs(label, hits, fonts, form) for label in labels]
    jobs = list(itertools.chain.from_iterable(parts))
    if not jobs:
        raise ValueError(f"no hit of {', '.join(labels)} under {', '.join(licences)} was found in {share}")
    skipped: list[Skipped] = []
    made = tqdm(ordered_map(_run, jobs, workers), total=len(jobs), desc="hits", unit="job")
    with DataSetWriter(out, form, tuple(sorted(labels)), f"drums: {_sources(kits, fonts)}") as writer, made:
        results = iter(made)
        for part in parts:
            found = list(itertools.chain.from_iterable(itertools.islice(results, len(part))))
            skipped += [each for each in found if isinstance(each, Skipped)]
            clips = [each for each in found if isinstance(each, Clip) and each.pcm is not None]
            for clip in split(general_midi.distinct(clips)):
                writer.add(clip)
        writer.add_table("attribution.csv", ("source", "author", "licence"), _attribution(kits, fonts))
    return writer.count, skipped


def _fonts(soundfonts: list[str] | None, licences: Sequence[str]) -> list[Path]:
    """The soundfonts that these licences allow."""
    accepted = set(licences) | ({""} if set(licences) == set(LICENCES) else set())
    if not accepted & {"MIT", ""}:
        return []
    return [font for font in general_midi.existing_soundfonts(soundfonts) if general_midi.licence_of(font) in accepted]


def find(kit: Kit, share: Path) -> list[Hit]:
    """The recordings of a kit, label by label, in order of their names.

    Raises:
        ValueError: its package is not installed.
    """
    folder = share / kit.collection / kit.name
    if not folder.is_dir():
        raise ValueError(f"drum kit {folder} is missing: apt-get install {PACKAGES[kit.collection]}")
    return [
        Hit(path, label, kit)
        for label, patterns in kit.files.items()
        for path in sorted({path for pattern in patterns.split() for path in folder.glob(pattern)})
    ]


def split(clips: list[Clip]) -> list[Clip]:
    """Hold out about a sixth of a label's clips for test, in whole families, but never the largest family."""
    if not clips:
        return []
    family = families(clips)
    sizes = np.bincount(family)
    order = np.random.default_rng(general_midi.SPLIT_SEED).permutation(len(sizes))
    test, room = set(), max(TEST_FRACTION * len(clips), TEST_CLIPS)
    for number in order[order != sizes.argmax()].tolist():
        if sizes[number] <= room:
            test.add(number)
            room -= sizes[number]
    return [
        replace(clip, split="test" if number in test else "train")
        for clip, number in zip(clips, family.tolist(), strict=True)
    ]


def families(clips: list[Clip]) -> np.ndarray:
    """The number of each clip's family, int [clips]: clips of one take or alike are in one family, transitively."""
    audio = np.stack([clip.pcm for clip in clips]).astype(np.float32)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    _, take = np.unique([take_of(clip) for clip in clips], return_inverse=True)
    return connected_components((take[:, None] == take) | (np.abs(audio @ audio.T) > ALIKE))[1]


def take_of(clip: Clip) -> str:
    """The take a clip is a version of: a soundfont kit, whose toms are one tom retuned, or a file at any loudness."""
    if " bank " in clip.source:
        return general_midi.note_of(clip).partition(" key ")[0]
    return LOUDNESS.sub("", clip.source.rpartition(".")[0])


def _jobs(label: str, hits: list[Hit], fonts: list[Path], form: ClipFormat) -> list[partial]:
    """Calls that make the clips of a label, each of which takes about the same time."""
    mine = [hit for hit in hits if hit.label == label]
    jobs = [partial(_decode, mine[first : first + HITS], form) for first in range(0, len(mine), HITS)]
    for number, font in enumerate(fonts):
        kits = general_midi.DRUM_KITS[:: -1 if number % 2 else 1]
        patches = [Patch(label, DRUM_BANK, kit, tuple(set(KEYS[label]) - NO_SUCH_DRUM.get(kit, set()))) for kit in kits]
        jobs += [partial(general_midi.render_job, (str(font), patch, form)) for patch in patches if patch.keys]
    return jobs


def _run(job: partial) -> list[Clip | Skipped]:
    return job()


def _decode(hits: list[Hit], form: ClipFormat) -> list[Clip | Skipped]:
    return [made for hit in hits for made in _tunings(hit, form)]


def _tunings(hit: Hit, form: ClipFormat) -> list[Clip | Skipped]:
    """The first sound of a recording, at each tuning (played faster or slower)."""
    try:
        audio, rate = read_audio(hit.path, hit.source)
    except ValueError as error:
        return [Skipped(hit.source, str(error))]
    clips = []
    for tuning in DRUM_TUNINGS:
        tuned = resample(audio, rate * 2 ** (tuning / 12), form.sample_rate)
        starts = find_starts([tuned], form.sample_rate, form)[0][:1]
        for pcm, onset_s in cut([tuned[start:] for start in starts], starts, form):
            source = f"{hit.source} tuning {tuning}"
            clips.append(Clip(pcm, hit.label, source, licence=hit.kit.licence, onset_s=onset_s))
    return clips or [Skipped(hit.source, "is silent")]


def _sources(kits: list[Kit], fonts: list[Path]) -> str:
    return ", ".join([*dict.fromkeys(PACKAGES[kit.collection] for kit in kits), *(font.name for font in fonts)])


def _attribution(kits: list[Kit], fonts: list[Path]) -> list[tuple[str, str, str]]:
    rows = [(f"{PACKAGES[kit.collection]} {kit.name}", kit.author, kit.licence) for kit in kits]
    return rows + [(font.name, AUTHORS.get(font.name, ""), general_midi.licence_of(font)) for font in fonts]
