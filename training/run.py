"""The folder of a training run: its config, its metrics, its previews and the state it resumes from."""

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from audiogan.config import ModelConfig
from audiogan.files import append, write_atomically
from audiogan.folders import alone_in
from training.config import SHORTFALLS, TrainConfig
from training.start import origin

KEPT_STATES = 2


class RunFolder:
    """RUN/config.json, metrics.jsonl, states/, best.safetensors, previews/ and tensorboard/."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.config_file = self.folder / "config.json"
        self.metrics_file = self.folder / "metrics.jsonl"
        self.states = self.folder / "states"
        self.best_file = self.folder / "best.safetensors"
        self.previews = self.folder / "previews"

    @property
    def exists(self) -> bool:
        return self.config_file.exists()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other trainings out of the folder meanwhile; remove it afterwards if it is empty.

        Raises:
            ValueError: another process is training in it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with alone_in(self.folder):
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    self.folder.rmdir()

    def begin(self, config: TrainConfig, model: ModelConfig, data: dict) -> None:
        """Write the config of a new run, or check that it is the one the folder holds.

        Until a step or a best generator is saved, everything may change between one start and the next; then only
        `steps`, the intervals, `graphs` and the weights of the generator's losses besides the critics'.

        Raises:
            ValueError: the folder holds a run with another config or with more steps, or something that is no run;
                or there is no checkpoint to begin with, or not one of this model. Nothing is written then.
        """
        if self.exists:
            changed = self._changed(config, model, data)  # raises before anything is written if this is no run
            step = max(map(_step_in_name, self._state_files()), default=0)
            if changed and (step or self.best_file.exists()):
                raise ValueError(f"{changed}: name another folder")
            if step > config.steps:
                raise ValueError(f"{self.folder} is at step {step:,} already: the run cannot end at {config.steps:,}")
            if not step:
                self._forget(everything=bool(changed))
        elif self.folder.exists() and set(self.folder.iterdir()) - set(self._half_written()):
            raise ValueError(f"--out {self.folder} is neither empty nor a training run: name another folder")
        for left in self._half_written():
            left.unlink(missing_ok=True)
        begun = self.origin() if self._state_files() else origin(config.start, model) if config.start else {}
        document = {"training": config.to_dict(), "model": model.to_dict(), "data": data, "origin": begun}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.config_file, (json.dumps(document, indent=2) + "\n").encode())
        for folder in (self.previews, self.states):
            folder.mkdir(exist_ok=True)

    def read(self) -> tuple[TrainConfig, ModelConfig, dict]:
        """The run's training config, model config and the description of its data.

        Raises:
            ValueError: the folder is no run, or one whose settings this version does not know.
        """
        try:
            document = json.loads(self.config_file.read_text())
            training = TrainConfig.from_dict(document["training"])
            return training, ModelConfig.from_dict(document["model"]), document["data"]
        except (OSError, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError):
            raise ValueError(f"{self.folder} is not a training run: its config.json is missing or broken") from None
        except ValueError as error:
            raise ValueError(f"{self.folder} holds a run that this version cannot read: {error}") from None

    def origin(self) -> dict:
        """`start.origin` of the run's beginning; empty for random weights, and for runs from before it was kept."""
        return json.loads(self.config_file.read_text()).get("origin", {})

    def precision(self) -> str | None:
        """The number format that the run began with; None before it begins."""
        return self.read()[0].precision if self.exists else None

    def _changed(self, config: TrainConfig, model: ModelConfig, data: dict) -> str:
        """The first setting that differs from the folder's run and may not, as a sentence; empty if there is none."""
        # `model` is compared as the model's own config, setting by setting.
        free = {"model", "steps", "report_every", "save_every", "preview_every", *SHORTFALLS, "graphs"}
        old_config, old_model, old_data = self.read()
        if old_data["sha256"] != data["sha256"]:
            return f"{self.folder} was trained on other data ({old_data['source']})"
        if old_data.get("index_sha256", data["index_sha256"]) != data["index_sha256"]:  # older runs have none
            return f"{self.folder} was trained on the same clips with other labels, pitches or splits"
        old, new = old_config.to_dict() | dataclasses.asdict(old_model), config.to_dict() | dataclasses.asdict(model)
        keys = (key for key in new if key not in free and old[key] != new[key])
        return next((f"{self.folder} holds a run with {key} {old[key]!r}, not {new[key]!r}" for key in keys), "")

    def _half_written(self) -> list[Path]:
        """Temporary files that a killed process left."""
        written = [self.states / "step-*", self.previews / "step-*"]
        whole = [*written, self.best_file, self.metrics_file, self.config_file]
        return [left for file in whole for left in file.parent.glob(f".{file.name}.*")]

    def _forget(self, everything: bool) -> None:
        """Delete the scores of a run that ended before it saved a step, and with `everything` its initial state.

        Raises:
            ValueError: there are scores, but not even an initial state: it was removed.
        """
        if self.best_file.exists() and not self._state_files():
            raise ValueError(
                f"{self.folder} holds the best generator of a run, but no state to resume from: name another folder, "
                "or remove this one to start again"
            )
        for file in (self.metrics_file, self.best_file, *(self._state_files() if everything else ())):
            file.unlink(missing_ok=True)

    def save_state(self, tensors: dict[str, torch.Tensor], numbers: dict) -> None:
        """Write the state of `numbers["step"]` atomically, then delete all but the last `KEPT_STATES`."""
        write_atomically(self._state_file(numbers["step"]), _packed(tensors, numbers))
        for old in self._state_files()[:-KEPT_STATES]:
            old.unlink()

    def load_state(self, step: int | None = None) -> tuple[dict[str, torch.Tensor], dict] | None:
        """The newest undamaged state, or that of a step; None if nothing was saved yet.

        Raises:
            ValueError: all states are damaged, or the step's is damaged or not kept.
        """
        files = self._state_files()
        if step is not None:
            file = self._state_file(step)
            if file not in files:
                kept = ", ".join(str(_step_in_name(one)) for one in files) or "none yet"
                raise ValueError(f"{self.folder} keeps no state of step {step}; kept: {kept}")
            return _unpacked(file)
        for file in reversed(files):
            with contextlib.suppress(ValueError):
                return _unpacked(file)
        if files:
            raise ValueError(f"every state in {self.states} is damaged: name another folder")
        return None

    def save_best(self, tensors: dict[str, torch.Tensor], numbers: dict) -> None:
        """Replace the best averaged generator so far."""
        write_atomically(self.best_file, _packed(tensors, numbers))

    def load_best(self) -> tuple[dict[str, torch.Tensor], dict] | None:
        """What `save_best` wrote last; None if it never did.

        Raises:
            ValueError: the file is damaged.
        """
        try:
            return _unpacked(self.best_file) if self.best_file.exists() else None
        except ValueError as error:
            raise ValueError(f"{error}: remove it, and the run resumes and keeps another") from None

    def _state_file(self, step: int) -> Path:
        return self.states / f"step-{step:08d}.safetensors"

    def _state_files(self) -> list[Path]:
        return sorted(self.states.glob("step-*.safetensors"))

    def log(self, row: dict) -> None:
        """Append a line to metrics.jsonl, whole or not at all."""
        append(self.metrics_file, (json.dumps(row) + "\n").encode())

    def truncate_log(self, step: int) -> None:
        """Delete lines after `step`, which a resumed run will write again."""
        if self.metrics_file.exists():
            kept = [line for line in self._log() if _step_of(line) <= step]
            write_atomically(self.metrics_file, "".join(f"{line}\n" for line in kept).encode())

    def scored(self, step: int) -> bool:
        """Whether metrics.jsonl has the scores of a step."""
        return any(_step_of(line) == step and "score" in json.loads(line) for line in self._log())

    def _log(self) -> list[str]:
        """The lines of metrics.jsonl, as far as it is there."""
        if not self.metrics_file.exists():
            return []
        return self.metrics_file.read_text(encoding="utf-8", errors="replace").splitlines()


def _packed(tensors: dict[str, torch.Tensor], numbers: dict) -> bytes:
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return safetensors.torch.save(contiguous, {"numbers": json.dumps(numbers)})


def _unpacked(file: Path) -> tuple[dict[str, torch.Tensor], dict]:
    try:
        with safetensors.safe_open(file, "pt") as opened:
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
            return tensors, json.loads(opened.metadata()["numbers"])
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is damaged ({error})") from None


def _step_in_name(state: Path) -> int:
    return int(state.stem.removeprefix("step-"))


def _step_of(line: str) -> float:
    """Step of a metrics line; infinite for a line that a crash cut short."""
    try:
        return json.loads(line)["step"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return float("inf")
