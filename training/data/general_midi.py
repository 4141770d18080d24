"""Instrument notes rendered from General MIDI soundfonts by FluidSynth, under FSDKaggle2018's label names.

Every note of an instrument's range at three velocities; every drum of eight kits at three velocities and five
tunings. Kits and velocities share recordings, so near copies are dropped: there is one cowbell per soundfont.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan.audio import resample
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.data.drum_tables import NO_SUCH_DRUM
from training.data.processes import ordered_map
from training.data.soundfont import DRUM_BANK, RENDER_RATE, Patch, fluidsynth_library, render_notes

TEST_FRACTION, SPLIT_SEED = 0.15, 2018
COPY_CORRELATION = 0.9999
DRUM_KITS = (0, 8, 16, 24, 25, 32, 40, 48)
SOUNDFONTS = (
    ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "fluid-soundfont-gm"),
    ("/usr/share/sounds/sf3/MuseScore_General_Full.sf3", "musescore-general-soundfont"),
)

INSTRUMENTS = {  # label: GM programs (0-based), lowest and highest MIDI pitch
    "Acoustic_guitar": ((24, 25), (40, 76)),
    "Cello": ((42,), (36, 72)),
    "Chime": ((14,), (60, 84)),
    "Clarinet": ((71,), (50, 86)),
    "Double_bass": ((32, 43), (28, 60)),
    "Electric_piano": ((4, 5), (36, 84)),
    "Flute": ((73,), (60, 96)),
    "Glockenspiel": ((9,), (72, 100)),
    "Harmonica": ((22,), (60, 90)),
    "Oboe": ((68,), (58, 88)),
    "Saxophone": ((64, 65, 66, 67), (44, 86)),
    "Trumpet": ((56,), (54, 84)),
    "Violin_or_fiddle": ((40,), (55, 96)),
}
DRUMS = {  # label: keys of the General MIDI percussion map
    "Bass_drum": (35, 36),
    "Cowbell": (56,),
    "Gong": (49, 52, 57),
    "Hi-hat": (42, 44, 46),
    "Snare_drum": (38, 40),
    "Tambourine": (54,),
}
LABELS = tuple(sorted([*INSTRUMENTS, *DRUMS]))


def patches() -> list[Patch]:
    """Everything to render, the same for each soundfont."""
    tonal = [
        Patch(label, 0, program, tuple(range(low, high + 1)))
        for label, (programs, (low, high)) in INSTRUMENTS.items()
        for program in programs
    ]
    drums = [Patch(label, DRUM_BANK, kit, _sounding(kit, keys)) for label, keys in DRUMS.items() for kit in DRUM_KITS]
    return tonal + [patch for patch in drums if patch.keys]


def _sounding(kit: int, keys: tuple[int, ...]) -> tuple[int, ...]:
    """The keys for which a kit follows the percussion map."""
    return tuple(key for key in keys if key not in NO_SUCH_DRUM.get(kit, ()))


def prepare(out, soundfonts: list[str] | None, form: ClipFormat, workers: int | None = None) -> dict[str, int]:
    """Render and write the data set.

    Args:
        soundfonts: SF2 or SF3 files; None takes those of Debian's packages.
        workers: processes; by default one per core.

    Returns:
        Counts: clips written, near duplicates dropped, silent notes skipped.

    Raises:
        ValueError: a soundfont or the FluidSynth library is missing, or `out` exists.
    """
    fonts = existing_soundfonts(soundfonts)
    fluidsynth_library()
    jobs = [(str(font), patch, form) for number, font in enumerate(fonts) for patch in _patches_of_font(number)]
    jobs.sort(key=lambda job: job[1].label)  # so that one label's clips at a time are in memory
    counts = {"clips": 0, "duplicates": 0, "silent": 0}
    with DataSetWriter(out, form, LABELS, f"general-midi: {', '.join(font.name for font in fonts)}") as writer:
        rendered = tqdm(ordered_map(render_job, jobs, workers), total=len(jobs), desc="render", unit="preset")
        by_label = itertools.groupby(zip(jobs, rendered, strict=True), key=lambda pair: pair[0][1].label)
        for _, pairs in by_label:
            clips = [clip for _, of_patch in pairs for clip in of_patch]
            sounding = [clip for clip in clips if clip.pcm is not None]
            different = distinct(sounding)
            for clip in split_by_note(different):
                writer.add(clip)
            counts["clips"] += len(different)
            counts["duplicates"] += len(sounding) - len(different)
            counts["silent"] += len(clips) - len(sounding)
    return counts


def _patches_of_font(number: int) -> list[Patch]:
    """The patches, reversed for every second soundfont: a drum that all kits share is then kept from another kit."""
    return patches()[:: -1 if number % 2 else 1]


def distinct(clips: list[Clip]) -> list[Clip]:
    """Drop near copies of an earlier clip: kits and velocities often share one recording."""
    if not clips:
        return []
    audio = np.stack([clip.pcm for clip in clips]).astype(np.float32)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    alike = np.abs(audio @ audio.T) > COPY_CORRELATION  # [clips, clips]
    kept: list[int] = []
    for number in range(len(clips)):
        if not alike[number, kept].any():
            kept.append(number)
    return [clips[number] for number in kept]


def split_by_note(clips: list[Clip]) -> list[Clip]:
    """Hold out a seeded share of a label's notes for test.

    A note is a program and a pitch, or a kit and a key: its velocities and its recordings from all soundfonts
    stay together.
    """
    notes = sorted({note_of(clip) for clip in clips})
    held_out = max(1, round(TEST_FRACTION * len(notes))) if len(notes) > 1 else 0
    order = np.random.default_rng(SPLIT_SEED).permutation(len(notes))
    test = {notes[number] for number in order[:held_out]}
    return [replace(clip, split="test" if note_of(clip) in test else "train") for clip in clips]


def licence_of(soundfont: str | Path) -> str:
    """MIT for the soundfonts of Debian's packages; empty for any other, whose licence is not known here."""
    return "MIT" if Path(soundfont).name in {Path(path).name for path, _ in SOUNDFONTS} else ""


def render_job(job: tuple[str, Patch, ClipFormat]) -> list[Clip]:
    """Render every note of a soundfont's patch; silent ones have no samples."""
    soundfont, patch, form = job
    name = Path(soundfont).name
    licence, clips = licence_of(soundfont), []
    for note, audio in render_notes(soundfont, patch, form.num_samples / form.sample_rate):
        pcm = fit(resample(audio, RENDER_RATE, form.sample_rate), form)
        source = f"{name} bank {patch.bank} program {patch.program} key {note.key} "
        source += f"velocity {note.velocity} tuning {note.tuning}"
        pitch = float(note.key) if patch.pitched else None
        clips.append(Clip(pcm, patch.label, source, licence=licence, pitch=pitch))
    return clips


def note_of(clip: Clip) -> str:
    """`bank B program P key K` of a clip, without its soundfont, velocity and tuning."""
    return clip.source.partition(" bank ")[2].partition(" velocity ")[0]


def existing_soundfonts(soundfonts: list[str] | None) -> list[Path]:
    """These files, or those of Debian's packages; ValueError if one is missing or not a soundfont."""
    soundfonts = soundfonts or [path for path, _ in SOUNDFONTS]
    packages = dict(SOUNDFONTS)
    for path in soundfonts:
        if not Path(path).is_file():
            hint = f": apt-get install {packages[path]}" if path in packages else ""
            raise ValueError(f"soundfont {path} is missing{hint}")
        with open(path, "rb") as file:
            header = file.read(12)
        if header[:4] != b"RIFF" or header[8:] != b"sfbk":
            raise ValueError(f"soundfont {path} is not an SF2 or SF3 file")
    return [Path(path) for path in soundfonts]
