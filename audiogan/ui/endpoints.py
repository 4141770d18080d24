"""What programs may call: `/list_models`, `/generate`, `/morph`."""

import math

import gradio as gr
import numpy as np

from audiogan.audio import wav_bytes
from audiogan.synthesis import TILE, file_name
from audiogan.ui.explore import morph_name
from audiogan.ui.files import served_file
from audiogan.ui.gate import Gate, Visitor
from audiogan.ui.inference import INFERENCE
from audiogan.ui.library import Library
from audiogan.ui.recent import Recent
from audiogan.ui.toasts import toasts
from audiogan.ui.visitors import address

MAX_CLIPS, MAX_STEPS = 64, 64
SHARED = {name: INFERENCE[name] for name in ("concurrency_id", "concurrency_limit")}


def build(library: Library, files: gr.HTML, gate: Gate) -> None:
    """Register the endpoints; `files` is the component in whose cache they put sounds.

    Args:
        gate: counts what is asked for; the line itself is Gradio's queue.
    """
    recent = Recent(size_of=lambda made: sum(len(data) for data, _ in made))

    def served(make, http: gr.Request, clips: int, *wanted) -> list[dict]:
        """The files of `make(*wanted)`, [(bytes, name)]; from memory where they were made before."""
        if refused := gate.check(Visitor(address=address(http)), math.ceil(clips / TILE)):
            raise ValueError(refused["error"])
        key = make.__name__, *map(repr, wanted)
        made = recent.get(key) or make(*wanted)
        recent.put(key, made)
        return [served_file(files, data, name) for data, name in made]

    def clips_of(model: str, num: int, seed: int, label, pitch, truncation) -> list[tuple[bytes, str]]:
        synthesizer = library.get(model).synthesizer
        audio = synthesizer.generate(num, seed, label, pitch, truncation)
        labels = synthesizer.clip_labels(range(len(audio)), int(seed), label)
        names = [file_name(synthesizer.name, name, int(seed), index) for index, name in enumerate(labels)]
        return [(wav_bytes(clip, synthesizer.sample_rate), name) for clip, name in zip(audio, names, strict=True)]

    def morph_of(model: str, from_seed: int, to_seed: int, steps: int, label) -> list[tuple[bytes, str]]:
        synthesizer = library.get(model).synthesizer
        audio = np.concatenate(synthesizer.morph(from_seed, to_seed, steps, label))
        name = morph_name(synthesizer.name, label, int(from_seed), int(to_seed))
        return [(wav_bytes(audio, synthesizer.sample_rate), name)]

    def list_models() -> list[dict]:
        """Every model: name, architecture, labels, sample_rate, num_samples, parameters, data, steps."""
        return [entry.describe() for entry in library]

    def generate(
        model: str,
        num: int = 4,
        seed: int = 0,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
        http: gr.Request = None,
    ) -> list[str]:
        """Clips 0 to num - 1 of a seed, at most 64, as PCM16 WAV files."""
        count = _at_most("num", num, MAX_CLIPS)
        return served(clips_of, http, count, model, num, seed, label, pitch, truncation)

    def morph(
        model: str, from_seed: int, to_seed: int, steps: int = 9, label: str | None = None, http: gr.Request = None
    ) -> str:
        """Sounds on the way from one seed to another, at most 64, one after the other in a PCM16 WAV file."""
        count = _at_most("steps", steps, MAX_STEPS)
        return served(morph_of, http, count, model, from_seed, to_seed, steps, label)[0]

    gr.api(list_models, api_name="list_models")
    gr.api(toasts(generate), api_name="generate", **SHARED)
    gr.api(toasts(morph), api_name="morph", **SHARED)


def _at_most(name: str, value, most: int) -> int:
    """How many clips a request asks for; 1 where it is no number, which the synthesizer refuses in words."""
    if not isinstance(value, (int, float)):
        return 1
    if value > most:
        raise ValueError(f"{name} must be a whole number up to {most} here, not {value!r}")
    return max(1, int(value)) if value == value else 1
