"""The models that the page offers, loaded once a process."""

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
        """What the page's own scripts need to know of it, whichever tab they are of."""
        pitched = {label: list(known) for label, known in self.synthesizer.pitch_ranges.items()}
        return {"name": self.synthesizer.name, "labels": list(self.synthesizer.labels), "pitched": pitched}

    def describe(self) -> dict:
        """The row that `/list_models` answers with: `Checkpoint.describe`."""
        return self.synthesizer.checkpoint.describe()


class Library:
    """Models by name. Names that a request brings are only ever looked up here, never used as paths.

    Args:
        folder: every checkpoint in it is loaded, and those of the Hub that AUDIOGAN_HUB_CHECKPOINTS names.
        device: `auto`, `cuda`, `mps` or `cpu`.

    Attributes:
        problems: a sentence for each model of the Hub that is missing.

    Raises:
        ValueError: no folder, no checkpoint in it nor from the Hub, a damaged one, or a device that is not here.
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
        """On a ZeroGPU Space, load the models once more, onto the GPU that its calls will have; elsewhere do nothing.

        To be called between building the page, whose first sounds the CPU makes, and serving it: from then on every
        renderer computes through one decorated function, a request in one call.
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
        """Make no more sounds: of those that are being made, a tile is finished."""
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
            ValueError: there is none; names those there are.
        """
        if isinstance(name, str) and name in self._entries:
            return self._entries[name]
        raise ValueError(f"model must be one of {', '.join(self._entries)}, not {name!r}")
