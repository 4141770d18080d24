"""Begin a run with the generator of a checkpoint: fine-tuning, on the same data or on other sounds."""

import contextlib
import os

import torch

from audiogan import checkpoint
from audiogan.models.base import Generator

PER_LABEL = "embedding.weight", "pitch_shares", "partial_ratios", "post.responses"  # tensors with a row a label
ADDED = {"post_filter", "envelope", "partial_ratios"}  # may be new
OF_THE_SOUNDS = {"labels", "output_peak"}  # may differ between what was learnt and what is to be


def begin_with(generator: Generator, name_or_path: str | os.PathLike) -> None:
    """Give a generator, in place, a checkpoint's weights; a label that the checkpoint does not have begins anew.

    What the checkpoint does not have either, such as partial ratios, stays as it is.

    Args:
        name_or_path: a name in checkpoints/, or a folder.

    Raises:
        ValueError: no such checkpoint, or its model has another form, with the setting that differs.
    """
    known, learnt = checkpoint.load(checkpoint.find(name_or_path))
    ours, theirs = generator.config.to_dict(), known.config.to_dict()
    for key in sorted(set(ours) - OF_THE_SOUNDS):
        if ours[key] != theirs[key] and not (key in ADDED and not theirs[key]):
            raise ValueError(f"start: {known.name} has {key} {theirs[key]!r}, not {ours[key]!r} as in this run")
    if bool(known.config.labels) != bool(generator.config.labels):
        raise ValueError(f"start: {known.name} is {'' if known.config.labels else 'un'}conditional, unlike this run")
    state = generator.state_dict()
    shared = [label for label in generator.config.labels if label in known.config.labels]
    to, of = ([labels.index(label) for label in shared] for labels in (generator.config.labels, known.config.labels))
    with torch.no_grad():
        for name, tensor in learnt.state_dict().items():
            if generator.config.labels and name.endswith(PER_LABEL):
                state[name][to] = tensor[of].to(state[name].device)
            else:
                state[name].copy_(tensor)


def origin(name_or_path: str | os.PathLike) -> dict:
    """What a run keeps of the checkpoint that it begins with, which may be replaced since.

    Returns:
        `steps`, all that it took, and the `sha256` of its weights; nothing where there is no such checkpoint.
    """
    with contextlib.suppress(OSError, ValueError):
        known = checkpoint.read(checkpoint.find(name_or_path))
        return {"steps": known.steps, "sha256": checkpoint.weights_hash(known.folder)}
    return {}
