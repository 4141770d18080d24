"""The models that the page offers, loaded once per process."""

import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from audiogan import checkpoint, hub
from audiogan.device import choose_device
from audiogan.renderer import Renderer
from audiogan.synthesis import Synthesizer
from audiogan.ui import zero_gpu


@dataclass(frozen=True)
class Entry:
    """A model and what identifies it.

    Attributes:
        synthesizer: the loaded model.
        weights_sha256: `checkpoint.weights_hash`.
    """

    synthesizer: Synthesizer
    weights_sha256: str

    def facts(self) -> dict:
        """What the page's scripts need to know about it, in every tab."""
        pitched = {label: list(known) for label, known in self.synthesizer.pitch_ranges.items()}
        return {"name": self.synthesizer.name, "labels": list(self.synthesizer.labels), "pitched": pitched}

    def describe(self) -> dict:
        """Its row in the answer of `/list_models`: `Checkpoint.describe`."""
        return self.synthesizer.checkpoint.describe()


class Library:
    """Models by name. Names in requests are only looked up here, never used as paths.

    Args:
        folder: its checkpoints are loaded, and those on the Hub that AUDIOGAN_HUB_CHECKPOINTS names.
        device: `auto`, `cuda`, `mps` or `cpu`.

    Attributes:
        problems: a sentence for each model on the Hub that is missing.

    Raises:
        ValueError: no checkpoint in the folder or from the Hub, a damaged one, or a device that is not available.
    """

    def __init__(self, folder: str | os.PathLike = checkpoint.FOLDER, device: str = "auto"):
        self.folder = Path(folder)
        self._device = device
        where, there = choose_device("cpu" if zero_gpu.active() else device), hub.available(folder)
        self.problems = there.problems
        for problem in self.problems:
            print(problem, file=sys.stderr, flush=True)
        if not there.checkpoints:
            raise ValueError(f"checkpoint folder {os.fspath(folder)} holds no checkpoint: train or pull one first")
        self._entries = {
            item.name: Entry(
                Synthesizer(*checkpoint.load(item.folder, item.name), where), checkpoint.weights_hash(item.folder)
            )
            for item in there.checkpoints
        }
        self._placed: dict[str, Renderer] = {}
        self._on_gpu = zero_gpu.on_gpu(self._run)

    def move_to_zero_gpu(self) -> None:
        """On a ZeroGPU Space, load the models again, onto the GPU of its calls; elsewhere do nothing.

        Call it after building the page, whose first sounds the CPU makes, and before serving it: from then on every
        renderer computes through one decorated function, with one call per request.
        """
        if not zero_gpu.active():
            return
        where = choose_device(self._device)
        for entry in self:
            here = entry.synthesizer
            _, generator = checkpoint.load(here.checkpoint.folder, here.name)
            self._placed[here.name] = Renderer(generator, where)
            here.renderer.elsewhere = functools.partial(self._elsewhere, here.name)

    def close(self) -> None:
        """Stop making sounds; a tile under way is finished."""
        for entry in self:
            entry.synthesizer.renderer.close()

    def _elsewhere(self, name: str, method: str, *arguments):
        try:
            return self._on_gpu(name, method, *arguments)
        except gr.Error as error:  # no quota left, or the GPU was taken away
            raise ValueError(str(error.message)) from None

    def _run(self, name: str, method: str, *arguments):
        return getattr(self._placed[name], method)(*arguments)

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def __iter__(self):
        return iter(self._entries.values())

    def get(self, name: str) -> Entry:
        """The model of that name.

        Raises:
            ValueError: there is none; lists the names.
        """
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        raise ValueError(f"model must be one of {', '.join(self._entries)}, not {name!r}")
