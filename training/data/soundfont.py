"""Notes of soundfonts, rendered by FluidSynth without effects.

Rendered at 48 kHz, to be resampled: FluidSynth's interpolation does not band-limit, so at 16 kHz a cymbal would alias.
"""

import ctypes
import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

RENDER_RATE, RENDER_BLOCK = 48000, 64  # Hz; samples: FluidSynth starts notes only between blocks
HELD_FRACTION = 0.75  # of the clip; the rest is the instrument's release
VELOCITIES = (50, 85, 120)
TUNINGS, DRUM_TUNINGS = (0,), (0, -2, -1, 1, 2)  # semitones
BEND_PER_SEMITONE = 4096  # of a pitch wheel that spans two semitones either way
DRUM_BANK = 128


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


@dataclass(frozen=True)
class Note:
    """How one sound is played; tuning in semitones."""

    key: int
    velocity: int
    tuning: int


def fluidsynth_library():
    """The binding to libfluidsynth.

    Raises:
        ValueError: it is not installed; the message says how to install it.
    """
    try:
        import fluidsynth
    except ImportError:
        raise ValueError(
            "soundfonts need the FluidSynth library: apt-get install libfluidsynth3, or brew install fluid-synth"
        ) from None
    return fluidsynth


def render_notes(soundfont: str, patch: Patch, seconds: float) -> Iterator[tuple[Note, np.ndarray]]:
    """Every note of a patch as mono float32 at 48 kHz; nothing if the soundfont lacks the preset.

    Each patch gets a new synthesiser: a voice starts at the gain that its last note left, and a note must not depend
    on which patch a process happened to render before.
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
    _samples(synth, 1)  # a block in which the previous note ends
    synth.pitch_bend(channel, min(8191, note.tuning * BEND_PER_SEMITONE))
    synth.noteon(channel, note.key, note.velocity)
    held = _samples(synth, int(HELD_FRACTION * seconds * RENDER_RATE))
    synth.noteoff(channel, note.key)
    rest = _samples(synth, int((1 - HELD_FRACTION) * seconds * RENDER_RATE) + RENDER_RATE // 50)
    return np.concatenate([held, rest])


def _synth(soundfont: str):
    """A synthesiser with one soundfont and no effects, and the soundfont's id."""
    synth = fluidsynth_library().Synth(gain=0.5, samplerate=RENDER_RATE)
    for effect in ("synth.reverb.active", "synth.chorus.active"):
        synth.setting(effect, 0)
    if soundfont.lower().endswith(".sf3"):  # compressed: all of it takes ten seconds; of an SF2, some drums differ then
        synth.setting("synth.dynamic-sample-loading", 1)
    font = synth.sfload(soundfont)
    if font < 0:
        raise ValueError(f"soundfont {soundfont} cannot be read")
    return synth, font


@functools.cache
def _keep_loaded(soundfont: str):
    """A synthesiser kept alive so that FluidSynth shares the samples that it has loaded."""
    return _synth(soundfont)


def _samples(synth, count: int) -> np.ndarray:
    """At least `count` samples in whole blocks, both channels mixed; by the float call: the 16-bit one adds dither."""
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
