"""What programs may call: `/list_models`, `/generate`, `/morph`."""

import asyncio
import functools
import math

import gradio as gr
import numpy as np
from starlette.exceptions import HTTPException

from audiogan.audio import wav_bytes
from audiogan.checks import check_whole
from audiogan.synthesis import file_name, morph_name
from audiogan.tiles import TILE
from audiogan.ui.gate import Gate, Visitor, guarded
from audiogan.ui.library import Library
from audiogan.ui.served_files import ServedFiles
from audiogan.ui.toasts import toasts
from audiogan.ui.visitors import address

MAX_CLIPS, MAX_STEPS = 64, 64


class Files:
    """Answers requests with `{"files": [(bytes, name), ...]}`, or `{"error": one sentence}`.

    Args:
        library: the models on offer.
    """

    def __init__(self, library: Library):
        self._library = library

    @guarded
    def clips(self, request: dict) -> dict:
        """A file for each clip of a seed: what `Synthesizer.generate` makes of `model`."""
        model, seed, label = (request[name] for name in ("model", "seed", "label"))
        synthesizer = self._library.get(model).synthesizer
        audio = synthesizer.generate(request["num"], seed, label, request["pitch"], request["truncation"])
        labels = synthesizer.clip_labels(range(len(audio)), int(seed), label)
        names = [file_name(synthesizer.name, name, int(seed), index) for index, name in enumerate(labels)]
        files = [(wav_bytes(clip, synthesizer.sample_rate), name) for clip, name in zip(audio, names, strict=True)]
        return {"files": files}

    @guarded
    def morph(self, request: dict) -> dict:
        """One file of all steps: `Synthesizer.morph`."""
        ends, label = (request["from_seed"], request["to_seed"]), request["label"]
        synthesizer = self._library.get(request["model"]).synthesizer
        audio = np.concatenate(synthesizer.morph(*ends, request["steps"], label))
        name = morph_name(synthesizer.name, label, *map(int, ends))
        return {"files": [(wav_bytes(audio, synthesizer.sample_rate), name)]}


def build(library: Library, page: gr.Blocks, gate: Gate) -> ServedFiles:
    """Register the page's endpoints; the files that they answer with."""
    files, served_files = Files(library), ServedFiles(page)
    rows = functools.cache(lambda: [entry.describe() for entry in library])  # 0.1 s and more

    async def served(answer, http: gr.Request, clips: int, **request) -> list[dict]:
        """The files of an answer, in the same line as the page's requests."""
        visitor = Visitor(address=address(http))
        try:
            told = await gate.serve(answer, request, visitor, shares=True, cost=math.ceil(clips / TILE))
        except HTTPException as closing:
            raise ValueError(closing.detail) from None
        if "error" in told:
            raise ValueError(told["error"])
        return await asyncio.to_thread(lambda: [served_files.add(*file) for file in told["files"]])

    def list_models() -> list[dict]:
        """Every model: name, architecture, labels, sample_rate, num_samples, parameters, data, steps."""
        return rows()

    async def generate(
        model: str,
        num: int = 4,
        seed: int = 0,
        label: str | None = None,
        pitch: float | None = None,
        truncation: float = 1.0,
        http: gr.Request = None,
    ) -> list[str]:
        """Clips 0 to num - 1 of a seed, at most 64, as PCM16 WAV files."""
        count = check_whole("num", num, 1, MAX_CLIPS)
        given = {"model": model, "num": num, "seed": seed, "label": label, "pitch": pitch, "truncation": truncation}
        return await served(files.clips, http, count, **given)

    async def morph(
        model: str, from_seed: int, to_seed: int, steps: int = 9, label: str | None = None, http: gr.Request = None
    ) -> str:
        """Sounds on the way from one seed to another, at most 64, one after the other in a PCM16 WAV file."""
        count = check_whole("steps", steps, 2, MAX_STEPS)
        given = {"model": model, "from_seed": from_seed, "to_seed": to_seed, "steps": steps, "label": label}
        return (await served(files.morph, http, count, **given))[0]

    gr.api(list_models, api_name="list_models")
    gr.api(toasts(generate), api_name="generate", concurrency_limit=None)  # the gate's line is the only one
    gr.api(toasts(morph), api_name="morph", concurrency_limit=None)
    return served_files
