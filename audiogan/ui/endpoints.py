"""What programs may call: `/list_models`, `/generate`, `/morph`."""

import gradio as gr
import numpy as np

from audiogan.audio import wav_bytes
from audiogan.synthesis import file_name
from audiogan.ui.cards import served_file
from audiogan.ui.explore import morph_name
from audiogan.ui.inference import INFERENCE
from audiogan.ui.library import Library
from audiogan.ui.toasts import toasts

MAX_CLIPS, MAX_STEPS = 64, 64
SHARED = {name: INFERENCE[name] for name in ("concurrency_id", "concurrency_limit")}


def build(library: Library, files: gr.HTML) -> None:
    """Register the endpoints; `files` is the component in whose cache they put sounds."""

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
    ) -> list[str]:
        """Clips 0 to num - 1 of a seed, at most 64, as PCM16 WAV files."""
        synthesizer = library.get(model).synthesizer
        _check_most("num", num, MAX_CLIPS)
        audio = synthesizer.generate(num, seed, label, pitch, truncation)
        labels = synthesizer.clip_labels(range(len(audio)), int(seed), label)
        names = [file_name(synthesizer.name, name, int(seed), index) for index, name in enumerate(labels)]
        return [
            served_file(files, wav_bytes(clip, synthesizer.sample_rate), name)
            for clip, name in zip(audio, names, strict=True)
        ]

    def morph(model: str, from_seed: int, to_seed: int, steps: int = 9, label: str | None = None) -> str:
        """Sounds on the way from one seed to another, at most 64, one after the other in a PCM16 WAV file."""
        synthesizer = library.get(model).synthesizer
        _check_most("steps", steps, MAX_STEPS)
        audio = np.concatenate(synthesizer.morph(from_seed, to_seed, steps, label))
        name = morph_name(synthesizer.name, label, int(from_seed), int(to_seed))
        return served_file(files, wav_bytes(audio, synthesizer.sample_rate), name)

    gr.api(list_models, api_name="list_models")
    gr.api(toasts(generate), api_name="generate", **SHARED)
    gr.api(toasts(morph), api_name="morph", **SHARED)


def _check_most(name: str, value, most: int) -> None:
    if isinstance(value, (int, float)) and value > most:
        raise ValueError(f"{name} must be a whole number up to {most} here, not {value!r}")
