"""Begin a run with the generator of a checkpoint: fine-tuning, on the same data or on other sounds."""

import os

import torch

from audiogan import checkpoint
from audiogan.config import ModelConfig
from audiogan.models.base import Generator

PER_LABEL = "embedding.weight", "pitch_shares", "partial_ratios", "post.responses"  # with a row per label
ADDED = {"post_filter", "envelope", "partial_ratios"}  # the checkpoint may lack these
OF_THE_SOUNDS = {"labels", "output_peak"}  # may differ between the checkpoint and the run


def begin_with(generator: Generator, name_or_path: str | os.PathLike) -> None:
    """Load a checkpoint's weights into a generator; a label that the checkpoint lacks keeps its initial weights.

    Other tensors that the checkpoint lacks, such as partial ratios, also stay as they are.

    Args:
        name_or_path: a name in checkpoints/, or a folder.

    Raises:
        ValueError: no such checkpoint, or a setting of its model differs, which the message names.
    """
    known, learnt = checkpoint.load(checkpoint.find(name_or_path))
    _check(known, generator.config)
    state = generator.state_dict()
    shared = [label for label in generator.config.labels if label in known.config.labels]
    to, of = ([labels.index(label) for label in shared] for labels in (generator.config.labels, known.config.labels))
    with torch.no_grad():
        for name, tensor in learnt.state_dict().items():
            if generator.config.labels and name.endswith(PER_LABEL):
                state[name][to] = tensor[of].to(state[name].device)
            else:
                state[name].copy_(tensor)


def check_form(name_or_path: str | os.PathLike, config: ModelConfig) -> None:
    """Check, before the data set is there, that a run can begin with a checkpoint; labels are not compared.

    Raises:
        ValueError: as `begin_with`.
    """
    known, _ = checkpoint.load(checkpoint.find(name_or_path))
    _check_form(known, config)


def _check(known: checkpoint.Checkpoint, config: ModelConfig) -> None:
    _check_form(known, config)
    if bool(known.config.labels) != bool(config.labels):
        raise ValueError(f"start: {known.name} is {'' if known.config.labels else 'un'}conditional, unlike this run")


def _check_form(known: checkpoint.Checkpoint, config: ModelConfig) -> None:
    ours, theirs = config.to_dict(), known.config.to_dict()
    for key in sorted(set(ours) - OF_THE_SOUNDS):
        if ours[key] != theirs[key] and not (key in ADDED and not theirs[key]):
            raise ValueError(f"start: {known.name} has {key} {theirs[key]!r}, not {ours[key]!r} as in this run")


def origin(name_or_path: str | os.PathLike, config: ModelConfig) -> dict:
    """What a run of such a model records of the checkpoint that it begins with, which may be replaced later.

    Returns:
        `steps`, the total that trained it, and the `sha256` of its weights.

    Raises:
        ValueError: as `begin_with`.
    """
    known = checkpoint.read(checkpoint.find(name_or_path))
    _check(known, config)
    return {"steps": known.steps, "sha256": checkpoint.weights_hash(known.folder)}
