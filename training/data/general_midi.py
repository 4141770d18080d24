"""Instrument notes rendered from General MIDI soundfonts by FluidSynth, under FSDKaggle2018's label names.

Every note of an instrument's range at three velocities, every drum of eight kits at three velocities and five
tunings. Kits and velocities share recordings, so near copies are dropped: there is one cowbell a soundfont. Notes
are rendered at 48 kHz and resampled: FluidSynth's interpolation does not band-limit, and at 16 kHz a cymbal
would fold over.
"""

import ctypes
import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan.audio import resample
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.data.recordings import ordered_map

RENDER_RATE, RENDER_BLOCK = 48000, 64  # Hz; samples, within which FluidSynth starts no note
HELD_FRACTION = 0.75  # of the clip; the rest is the instrument's release
TEST_FRACTION, SPLIT_SEED = 0.15, 2018
COPY_CORRELATION = 0.9999
VELOCITIES = (50, 85, 120)
TUNINGS, DRUM_TUNINGS = (0,), (0, -2, -1, 1, 2)  # semitones
BEND_PER_SEMITONE = 4096  # of a pitch wheel that spans two semitones either way
DRUM_BANK, DRUM_KITS = 128, (0, 8, 16, 24, 25, 32, 40, 48)
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


@dataclass(frozen=True)
class Patch:
    """The keys of one label that one preset of a soundfont plays."""

    label: str
    bank: int
    program: int
    keys: tuple[int, ...]

    @property
    def pitched(self) -> bool:
        return self.bank != DRUM_BANK

    @property
    def tunings(self) -> tuple[int, ...]:
        return TUNINGS if self.pitched else DRUM_TUNINGS


def patches() -> list[Patch]:
    """Everything to render, the same for each soundfont."""
    tonal = [
        Patch(label, 0, program, tuple(range(low, high + 1)))
        for label, (programs, (low, high)) in INSTRUMENTS.items()
        for program in programs
    ]
    drums = [Patch(label, DRUM_BANK, kit, keys) for label, keys in DRUMS.items() for kit in DRUM_KITS]
    return tonal + drums


def prepare(out, soundfonts: list[str] | None, form: ClipFormat, workers: int | None = None) -> dict[str, int]:
    """Render and write the data set.

    Args:
        soundfonts: SF2 or SF3 files; None takes those of Debian's packages.
        workers: processes; by default one a core.

    Returns:
        Counts: clips written, near duplicates dropped, silent notes skipped.

    Raises:
        ValueError: a soundfont or the FluidSynth library is missing, or `out` exists.
    """
    fonts = _existing(soundfonts or [path for path, _ in SOUNDFONTS])
    fluidsynth_library()
    jobs = [(str(font), patch, form) for number, font in enumerate(fonts) for patch in _patches_of_font(number)]
    counts = {"clips": 0, "duplicates": 0, "silent": 0}
    with DataSetWriter(out, form, LABELS, f"general-midi: {', '.join(font.name for font in fonts)}") as writer:
        notes = {label: [] for label in LABELS}
        for rendered in tqdm(ordered_map(_render_job, jobs, workers), total=len(jobs), desc="render", unit="preset"):
            for clip in rendered:
                notes[clip.label].append(clip)
        for clips in notes.values():
            sounding = [clip for clip in clips if clip.pcm is not None]
            different = distinct(sounding)
            for clip in split_by_note(different):
                writer.add(clip)
            counts["clips"] += len(different)
            counts["duplicates"] += len(sounding) - len(different)
            counts["silent"] += len(clips) - len(sounding)
    return counts


def _patches_of_font(number: int) -> list[Patch]:
    """Every second soundfont backwards: a drum that all kits share is then held by another kit in each."""
    return patches()[:: -1 if number % 2 else 1]


def distinct(clips: list[Clip]) -> list[Clip]:
    """The clips without near copies of an earlier one: kits and velocities often share one recording."""
    audio = np.stack([clip.pcm for clip in clips]).astype(np.float32)
    audio /= np.linalg.norm(audio, axis=1, keepdims=True)
    alike = np.abs(audio @ audio.T) > COPY_CORRELATION  # [clips, clips]
    kept: list[int] = []
    for number in range(len(clips)):
        if not alike[number, kept].any():
            kept.append(number)
    return [clips[number] for number in kept]


def split_by_note(clips: list[Clip]) -> list[Clip]:
    """The clips of a label with a seeded share of its notes held out for test.

    A note is a program and a pitch, or a kit and a key: its velocities and its recordings from all soundfonts
    stay together.
    """
    notes = sorted({_note(clip) for clip in clips})
    held_out = max(1, round(TEST_FRACTION * len(notes))) if len(notes) > 1 else 0
    order = np.random.default_rng(SPLIT_SEED).permutation(len(notes))
    test = {notes[number] for number in order[:held_out]}
    return [replace(clip, split="test" if _note(clip) in test else "train") for clip in clips]


def fluidsynth_library():
    """The binding to libfluidsynth.

    Raises:
        ValueError: it is not installed; says how to get it.
    """
    try:
        import fluidsynth
    except ImportError:
        raise ValueError(
            "general-midi needs the FluidSynth library: apt-get install libfluidsynth3, or brew install fluid-synth"
        ) from None
    return fluidsynth


@dataclass(frozen=True)
class Note:
    """How one sound is played; tuning in semitones."""

    key: int
    velocity: int
    tuning: int


def render_notes(soundfont: str, patch: Patch, seconds: float) -> Iterator[tuple[Note, np.ndarray]]:
    """Every note of a patch as mono float32 at 48 kHz; nothing where the soundfont lacks the preset.

    The synthesiser is new for each patch: its voices start where their last note left their gain, and a note must
    not depend on which patch a process happened to render before.
    """
    _keep_loaded(soundfont)
    synth, font = _synth(soundfont)
    channel = 0 if patch.pitched else 9
    try:
        if synth.program_select(channel, font, patch.bank, patch.program) == 0:
            for note in itertools.starmap(Note, itertools.product(patch.keys, VELOCITIES, patch.tunings)):
                yield note, _play(synth, channel, note, seconds)
    finally:
        synth.delete()


def _play(synth, channel: int, note: Note, seconds: float) -> np.ndarray:
    """One note and its release, mono float32 at 48 kHz, a little longer than asked."""
    synth.all_sounds_off(channel)
    _samples(synth, 1)  # a block that still ends the note before
    synth.pitch_bend(channel, min(8191, note.tuning * BEND_PER_SEMITONE))
    synth.noteon(channel, note.key, note.velocity)
    held = _samples(synth, int(HELD_FRACTION * seconds * RENDER_RATE))
    synth.noteoff(channel, note.key)
    rest = _samples(synth, int((1 - HELD_FRACTION) * seconds * RENDER_RATE) + RENDER_RATE // 50)
    return np.concatenate([held, rest])


def _synth(soundfont: str):
    """A synthesiser with one soundfont and no effects, and the soundfont's number in it."""
    synth = fluidsynth_library().Synth(gain=0.5, samplerate=RENDER_RATE)
    for effect in ("synth.reverb.active", "synth.chorus.active"):
        synth.setting(effect, 0)
    font = synth.sfload(soundfont)
    if font < 0:
        raise ValueError(f"soundfont {soundfont} cannot be read")
    return synth, font


@functools.cache
def _keep_loaded(soundfont: str):
    """A synthesiser that is only held: while it lives FluidSynth shares its samples, which take seconds to decode."""
    return _synth(soundfont)


def _samples(synth, count: int) -> np.ndarray:
    """At least `count` samples in whole blocks, both channels mixed; the float call, for the 16-bit one adds dither."""
    count = math.ceil(count / RENDER_BLOCK) * RENDER_BLOCK
    stereo = np.zeros((2, count), dtype=np.float32)
    left, right = (row.ctypes.data_as(ctypes.c_void_p) for row in stereo)
    arguments = [("synth", ctypes.c_void_p, 1), ("length", ctypes.c_int, 1)]
    for side in ("left", "right"):
        arguments += [
            (side, ctypes.c_void_p, 1),
            (f"{side}_offset", ctypes.c_int, 1),
            (f"{side}_step", ctypes.c_int, 1),
        ]
    write_float = fluidsynth_library().cfunc("fluid_synth_write_float", ctypes.c_int, *arguments)
    write_float(synth.synth, count, left, 0, 1, right, 0, 1)
    return stereo.mean(axis=0)


def _render_job(job: tuple[str, Patch, ClipFormat]) -> list[Clip]:
    soundfont, patch, form = job
    name = Path(soundfont).name
    licence = "MIT" if name in {Path(path).name for path, _ in SOUNDFONTS} else ""
    return [
        Clip(
            pcm=fit(resample(audio, RENDER_RATE, form.sample_rate), form),
            label=patch.label,
            pitch=float(note.key) if patch.pitched else None,
            source=f"{name} bank {patch.bank} program {patch.program} key {note.key} "
            f"velocity {note.velocity} tuning {note.tuning}",
            licence=licence,
        )
        for note, audio in render_notes(soundfont, patch, form.num_samples / form.sample_rate)
    ]


def _note(clip: Clip) -> str:
    """`bank B program P key K` of a clip, without its soundfont, velocity and tuning."""
    return clip.source.partition(" bank ")[2].partition(" velocity ")[0]


def _existing(soundfonts: list[str]) -> list[Path]:
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
