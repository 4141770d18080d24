"""Sounds that the page asks for, sent straight into its memory; everything in a request is checked here."""

import base64
import math
from dataclasses import dataclass

import numpy as np

from audiogan import latent
from audiogan.audio import to_pcm16
from audiogan.checks import check_pitch, check_seed
from audiogan.synthesis import Synthesizer
from audiogan.ui.fields import parse_seed
from audiogan.ui.gate import guarded
from audiogan.ui.library import Library

MAX_CLIPS = 32
MAX_INDEX = 1_000_000
MAX_LATENT = 16.0  # far beyond any drawn z, small enough to keep every activation finite
SILENCE = 1e-3  # of full scale, -60 dB
TAIL_SECONDS = 0.02


@dataclass(frozen=True)
class Sound:
    """A clip: its latent and the generator's other inputs, and where the latent came from.

    Attributes:
        z: [latent_dim] float32.
        seed, index, truncation: of a clip drawn from a seed; None, None and 1 for an exact latent.
    """

    model: str
    label: str | None
    pitch: float | None
    z: np.ndarray
    seed: int | None = None
    index: int | None = None
    truncation: float = 1.0


class Sounds:
    """Answers the page's requests.

    Args:
        library: the models on offer.
    """

    def __init__(self, library: Library):
        self._library = library

    @guarded
    def answer(self, request: dict) -> dict:
        """`{"sounds": [...]}` for `{"sounds": [...]}`, or `{"error": one sentence}`.

        Each sound asked for is a clip of a seed (model, label, seed, index, pitch, truncation) or an exact latent
        (model, label, z, pitch); `vary` (amount, seed) moves its latent. At most `MAX_CLIPS`, all of one model.
        """
        return {"sounds": [describe(*pair) for pair in self.make(request)]}

    def make(self, request: dict) -> list[tuple[Sound, np.ndarray, int]]:
        """Sounds with their audio [time] and sample rate.

        Raises:
            ValueError: the request is not as `answer` describes.
        """
        wanted = request.get("sounds") if isinstance(request, dict) else None
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= MAX_CLIPS:
            raise ValueError(f"sounds must be a list of 1 to {MAX_CLIPS} requests")
        if not all(isinstance(one, dict) for one in wanted):
            raise ValueError("each sound must be an object with a model")
        synthesizer = self._library.get(wanted[0].get("model")).synthesizer
        if any(one.get("model") != synthesizer.name for one in wanted):
            raise ValueError("sounds must all be of one model")
        sounds = [read(synthesizer, one) for one in wanted]
        audio = synthesizer.render(
            np.stack([sound.z for sound in sounds]),
            [sound.label for sound in sounds],
            [sound.pitch for sound in sounds],
        )
        return [
            (sound, trim(clip, synthesizer.sample_rate), synthesizer.sample_rate)
            for sound, clip in zip(sounds, audio, strict=True)
        ]


def read(synthesizer: Synthesizer, request: dict) -> Sound:
    """A request as a sound.

    Raises:
        ValueError: a value is out of range; names it and what is accepted.
    """
    exact = request.get("z") is not None
    sound = _exact(synthesizer, request) if exact else _of_seed(synthesizer, request)
    vary = request.get("vary")
    return sound if vary is None else _varied(synthesizer, sound, vary)


def _of_seed(synthesizer: Synthesizer, request: dict) -> Sound:
    seed, index = _seed(request.get("seed")), request.get("index", 0)
    if type(index) is not int or not 0 <= index <= MAX_INDEX:
        raise ValueError(f"index must be a whole number from 0 to {MAX_INDEX}, not {index!r}")
    truncation = request.get("truncation", 1.0)
    z = latent.truncate(synthesizer.latents([index], seed), truncation)[0]
    label = synthesizer.clip_labels([index], seed, request.get("label") or None)[0]
    pitch = synthesizer.clip_pitches([index], seed, [label], check_pitch(request.get("pitch")))[0]
    return Sound(synthesizer.name, label, pitch, z, seed, index, float(truncation))


def _exact(synthesizer: Synthesizer, request: dict) -> Sound:
    z, count = request["z"], synthesizer.config.latent_dim
    if not isinstance(z, list) or len(z) != count or not all(map(_is_coordinate, z)):
        raise ValueError(f"z must be {count} numbers from {-MAX_LATENT:g} to {MAX_LATENT:g}")
    label = request.get("label") or None
    if label is None and synthesizer.labels:
        raise ValueError("label must be given with an exact latent")
    heard = synthesizer.heard_pitch(label, request.get("pitch"))
    return _named(synthesizer, Sound(synthesizer.name, label, heard, np.array(z, np.float32)), request)


def _named(synthesizer: Synthesizer, sound: Sound, request: dict) -> Sound:
    """The sound with the seed and index that its request claims, if these alone give the same sound."""
    if request.get("seed") is None:
        return sound
    claimed = _of_seed(synthesizer, request | {"pitch": None})
    same = claimed.pitch == sound.pitch and claimed.truncation == 1 and np.array_equal(claimed.z, sound.z)
    return claimed if same else sound


def _varied(synthesizer: Synthesizer, sound: Sound, vary: dict) -> Sound:
    """A neighbour: another draw replaces a part of the latent's energy, so that its length stays typical."""
    amount = vary.get("amount") if isinstance(vary, dict) else None
    if not isinstance(amount, (int, float)) or not 0 < amount <= 1:
        raise ValueError(f"vary must have an amount above 0 and at most 1, not {amount!r}")
    other = synthesizer.latents([0], _seed(vary.get("seed")))[0]
    z = math.sqrt(1 - amount**2) * sound.z + amount * other
    if synthesizer.config.latent_distribution == "uniform":
        z = np.clip(z, -1.0, 1.0)
    return Sound(sound.model, sound.label, sound.pitch, z.astype(np.float32))


def describe(sound: Sound, audio: np.ndarray, sample_rate: int) -> dict:
    """A sound as JSON types: PCM16 and latent as base64, the seed as text (numbers in a page are exact to 2**53)."""
    return {
        "model": sound.model,
        "label": sound.label,
        "seed": None if sound.seed is None else str(sound.seed),
        "index": sound.index,
        "pitch": sound.pitch,
        "truncation": sound.truncation,
        "z": base64.b64encode(sound.z.astype("<f4").tobytes()).decode(),
        "pcm": pcm_text(audio),
        "sample_rate": sample_rate,
    }


def pcm_text(audio: np.ndarray) -> str:
    """Audio [time] for a page: PCM16 as base64."""
    return base64.b64encode(to_pcm16(audio).astype("<i2").tobytes()).decode()


def trim(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Cut the silence at the end: most drums end long before their clip does."""
    loud = np.flatnonzero(np.abs(audio) > SILENCE)
    end = (loud[-1] if len(loud) else 0) + int(TAIL_SECONDS * sample_rate)
    return audio[: max(end, 1)]


def _seed(value) -> int:
    return parse_seed(value) if isinstance(value, str) else check_seed(value)


def _is_coordinate(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_LATENT
