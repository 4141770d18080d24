"""The checkpoint folder: `model.safetensors`, `config.json` and `README.md`, its card. No pickle, no flags."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from audiogan import weights
from audiogan.config import ModelConfig
from audiogan.files import write_atomically
from audiogan.folders import staged, sweep
from audiogan.models import build_generator, classes, count_parameters
from audiogan.models.base import Generator
from audiogan.text import read_object

FORMAT = 1
FOLDER = Path(__file__).resolve().parent.parent / "checkpoints"
EVALUATION = "evaluation"  # a folder beside the checkpoints
MAX_CONFIG_BYTES, MAX_STEPS = 1_000_000, 2**53  # bytes; the largest step count that JavaScript holds exactly
INDEX, MAX_INDEX_BYTES = "nearest.safetensors", 64_000_000  # written by `resemblance`, which imports this module
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")  # what a terminal and JSON can show


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's description, read from its config.json without its weights.

    Attributes:
        name: the folder's name.
        folder: its path.
        config: the model.
        training: what it was trained on and for how long: data, steps, preset and more. If its run started from a
            checkpoint, `steps_before` are that checkpoint's steps and `start_sha256` is the hash of its weights.
    """

    name: str
    folder: Path
    config: ModelConfig
    training: dict

    @property
    def steps(self) -> int:
        """Training steps in all, including those of the checkpoints it started from, as far as known."""
        return self.training.get("steps", 0) + self.training.get("steps_before", 0)

    def describe(self) -> dict:
        """The row that `python -m audiogan list` prints."""
        with torch.device("meta"):
            parameters = count_parameters(build_generator(self.config))
        return {
            "name": self.name,
            "architecture": self.config.architecture,
            "labels": list(self.config.labels),
            "sample_rate": self.config.sample_rate,
            "num_samples": self.config.num_samples,
            "parameters": parameters,
            "data": self.training.get("data", ""),
            "steps": self.steps,
        }

    def card(self) -> str:
        """The text of its model card; empty if it has none."""
        card = self.folder / "README.md"
        return card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""


def check_name(name: str, what: str = "a checkpoint's name") -> str:
    """Return the name if a checkpoint may have it.

    Args:
        what: the name's description in the error.

    Raises:
        ValueError: not 1 to 64 letters, digits, dots, dashes and underscores that begin with a letter or digit.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{what} must be 1 to 64 letters, digits, . _ and -, the first no . _ or -, not {name!r}")
    return name


def refuse_taken(folder: str | os.PathLike, replace: bool = False) -> None:
    """Check that a new checkpoint may be written to a folder, before any work is spent on it.

    Raises:
        ValueError: the folder exists, and `replace` is false or it is not a checkpoint.
    """
    sweep(Path(folder))
    if os.path.lexists(folder) and not (replace and _seems_one(Path(folder))):
        raise ValueError(f"{os.fspath(folder)} is there already: choose another --name, or --replace a checkpoint")


def _seems_one(folder: Path) -> bool:
    """Whether a folder is a checkpoint, perhaps a damaged one. Training runs and other programs' models are not."""
    try:
        document = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return False
    return isinstance(document, dict) and {"format", "model"} <= set(document)


def find(name_or_path: str | os.PathLike, folder: str | os.PathLike = FOLDER) -> Path:
    """The folder of a checkpoint, by its name in `folder` or by its own path.

    Raises:
        ValueError: no such checkpoint; lists those there are.
    """
    if isinstance(name_or_path, (str, os.PathLike)):
        name_or_path = os.fspath(name_or_path)
        for path in (Path(folder) / name_or_path, Path(name_or_path)):
            if (path / "config.json").is_file():
                return path
    names = ", ".join(path.name for path in _folders(folder)) or f"none in {folder}"
    raise ValueError(f"checkpoint must be one of {names}, or a checkpoint folder, not {name_or_path!r}")


def list_checkpoints(folder: str | os.PathLike = FOLDER) -> list[Checkpoint]:
    """Every checkpoint in a folder, by name.

    Raises:
        ValueError: the folder is missing, or a checkpoint in it is broken.
    """
    if not Path(folder).is_dir():
        raise ValueError(f"checkpoint folder {os.fspath(folder)} is missing")
    return [read(path) for path in _folders(folder)]


def evaluations(folder: str | os.PathLike = FOLDER) -> list[Path]:
    """The evaluations in a folder of checkpoints: `evaluation` first, then each `evaluation-NAME`, by name."""
    found = [Path(folder) / EVALUATION, *sorted(Path(folder).glob(f"{EVALUATION}-*"))]
    return [path for path in found if (path / "metrics.json").is_file()]


def read(folder: str | os.PathLike, name: str = "") -> Checkpoint:
    """A checkpoint's description, without loading its weights.

    Args:
        name: its name; by default the folder's.

    Raises:
        ValueError: config.json is missing, damaged, too large, of an unknown format or of an unknown architecture.
    """
    folder, file = Path(folder), Path(folder) / "config.json"
    name = name or folder.resolve().name
    try:
        document = read_object(file, MAX_CONFIG_BYTES, format=FORMAT)
        training = _checked_training(document.get("training", {}))
        config = ModelConfig.from_dict(document.get("model"))
        classes(config)
        return Checkpoint(check_name(name), folder, config, training)
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {name} has no usable config.json: {error}") from None


def load(folder: str | os.PathLike, name: str = "") -> tuple[Checkpoint, Generator]:
    """A checkpoint and its generator in float32, in evaluation mode, on the CPU.

    The tensors' names and shapes are compared with the model's before any is read.

    Args:
        name: its name; by default the folder's.

    Raises:
        ValueError: as `read`; or the weights are missing, truncated, not safetensors, of the wrong shapes or kinds,
            or not finite.
    """
    checkpoint = read(folder, name)
    with torch.device("meta"):
        generator = build_generator(checkpoint.config)
    try:
        state = weights.read(checkpoint.folder / "model.safetensors", generator.state_dict())
    except (OSError, ValueError) as error:
        raise ValueError(f"checkpoint {checkpoint.name} has no usable model.safetensors: {error}") from None
    generator.load_state_dict(state, assign=True)
    return checkpoint, generator.requires_grad_(False).eval()


def save(folder: str | os.PathLike, generator: Generator, training: dict, card: str, exact: bool = False) -> None:
    """Write a checkpoint whole or not at all, with float16 weights; replaces an older one of that name.

    Args:
        folder: its last part is the checkpoint's name.
        training: JSON types; `data` and `steps` are shown in lists and must be what `read` accepts.
        card: Markdown.
        exact: keep the weights as they are, in float32.

    Raises:
        ValueError: a bad name, weights that are not finite as stored, or a `training` that `read` would refuse.
    """
    check_name(Path(folder).name)
    _checked_training(training)
    state = weights.as_stored(generator.state_dict(), exact)
    document = {"format": FORMAT, "model": generator.config.to_dict(), "training": training}
    with staged(folder, replace=True) as partial:
        write_atomically(partial / "model.safetensors", safetensors.torch.save(state))
        write_atomically(partial / "config.json", (json.dumps(document, indent=2) + "\n").encode())
        write_atomically(partial / "README.md", card.encode())


def weights_hash(folder: str | os.PathLike) -> str:
    """SHA-256 of a checkpoint's weights file, in hexadecimal: identifies the model that made a sound."""
    with open(Path(folder) / "model.safetensors", "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked_training(training) -> dict:
    """Return config.json's `training` if the entries that lists show are valid."""
    if not isinstance(training, dict):
        raise ValueError("its training is not a JSON object")
    data = training.get("data", "")
    if not isinstance(data, str) or not _LINE.fullmatch(data):
        raise ValueError("its training.data is not a line of text")
    for name in ("steps", "steps_before"):
        if type(steps := training.get(name, 0)) is not int or not 0 <= steps <= MAX_STEPS:
            raise ValueError(f"its training.{name} is not a whole number from 0 to {MAX_STEPS}")
    if training.get("steps", 0) + training.get("steps_before", 0) > MAX_STEPS:
        raise ValueError(f"its training.steps and training.steps_before add up to more than {MAX_STEPS}")
    return training


def _folders(folder: str | os.PathLike) -> list[Path]:
    return sorted(path.parent for path in Path(folder).glob("*/config.json") if not path.parent.name.startswith("."))
