"""The folder of a training run: its config, its metrics, its previews and the state it resumes from."""

import dataclasses
import json
import os
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from audiogan.audio import write_atomically
from audiogan.config import ModelConfig
from training.config import TrainConfig


class RunFolder:
    """RUN/config.json, metrics.jsonl, state.safetensors and previews/.

    Raises:
        ValueError: the folder holds a run with another config, or something that is no run.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self.config_file = self.folder / "config.json"
        self.metrics_file = self.folder / "metrics.jsonl"
        self.state_file = self.folder / "state.safetensors"
        self.previews = self.folder / "previews"

    @property
    def exists(self) -> bool:
        return self.config_file.exists()

    def begin(self, config: TrainConfig, model: ModelConfig, data: dict) -> None:
        """Write the config of a new run, or check that it is the one the folder holds.

        Only `steps` and the reporting intervals may change between one start and the next.
        """
        if self.exists:
            self._check_same(config, model, data)
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise ValueError(f"--out {self.folder} is neither empty nor a training run: name another folder")
        self.previews.mkdir(parents=True, exist_ok=True)
        document = {"training": config.to_dict(), "model": model.to_dict(), "data": data}
        write_atomically(self.config_file, (json.dumps(document, indent=2) + "\n").encode())

    def read(self) -> tuple[TrainConfig, ModelConfig, dict]:
        """The run's training config, model config and the description of its data.

        Raises:
            ValueError: the folder is no run.
        """
        try:
            document = json.loads(self.config_file.read_text())
            training = TrainConfig.from_dict(document["training"])
            return training, ModelConfig.from_dict(document["model"]), document["data"]
        except (OSError, KeyError, TypeError, json.JSONDecodeError):
            raise ValueError(f"{self.folder} is not a training run: its config.json is missing or broken") from None

    def precision(self) -> str | None:
        """The number format that the run was begun with, None before it is."""
        return self.read()[0].precision if self.exists else None

    def _check_same(self, config: TrainConfig, model: ModelConfig, data: dict) -> None:
        free = {"steps", "report_every", "save_every", "preview_every"}
        old_config, old_model, old_data = self.read()
        if old_data["sha256"] != data["sha256"]:
            raise ValueError(f"{self.folder} was trained on other data ({old_data['source']}): name another --out")
        old, new = old_config.to_dict() | dataclasses.asdict(old_model), config.to_dict() | dataclasses.asdict(model)
        changed = [key for key in new if key not in free and old[key] != new[key]]
        if changed:
            key = changed[0]
            raise ValueError(f"{self.folder} holds a run with {key} {old[key]!r}, not {new[key]!r}: name another --out")

    def save_state(self, tensors: dict[str, torch.Tensor], numbers: dict) -> None:
        """Replace the state whole: after a crash the folder holds this one or the one before."""
        contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        write_atomically(self.state_file, safetensors.torch.save(contiguous, {"numbers": json.dumps(numbers)}))

    def load_state(self) -> tuple[dict[str, torch.Tensor], dict] | None:
        """What `save_state` wrote, or None where nothing was saved yet.

        Raises:
            ValueError: the file is damaged.
        """
        if not self.state_file.exists():
            return None
        try:
            with safetensors.safe_open(self.state_file, "pt") as file:
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
                return tensors, json.loads(file.metadata()["numbers"])
        except (safetensors.SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{self.state_file} is damaged ({error}): remove it to start afresh") from None

    def log(self, row: dict) -> None:
        """Append a line to metrics.jsonl."""
        with open(self.metrics_file, "a") as file:
            file.write(json.dumps(row) + "\n")

    def truncate_log(self, step: int) -> None:
        """Forget lines after `step`, which a resumed run will write again."""
        if not self.metrics_file.exists():
            return
        lines = self.metrics_file.read_text().splitlines()
        kept = [line for line in lines if _step_of(line) <= step]
        write_atomically(self.metrics_file, "".join(f"{line}\n" for line in kept).encode())


def _step_of(line: str) -> float:
    """Step of a metrics line; infinite for a line that a crash cut short."""
    try:
        return json.loads(line)["step"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return float("inf")
