"""Check that models, sounds, classifier and data fit each other, before hours of work."""

from collections.abc import Sequence

import numpy as np

from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData, check_file_names
from audiogan.evaluation.candidates import BASELINES
from audiogan.evaluation.classifier import ClassifierConfig
from audiogan.evaluation.manifold import NEIGHBOURS
from audiogan.sounds_folder import SoundsFolder
from audiogan.synthesis import Synthesizer
from audiogan.text import few

FEWEST = NEIGHBOURS + 1


def check(
    synthesizers: Sequence[Synthesizer],
    sounds: Sequence[SoundsFolder],
    judge: ClassifierConfig | None,
    data: PreparedData,
) -> None:
    """Raise ValueError, in one sentence, if models, sounds, the classifier and the data do not fit each other."""
    names = [system.name for system in (*synthesizers, *sounds)]
    if not names:
        raise ValueError("there is nothing to evaluate: name a checkpoint, or a folder with --sounds")
    if len(set(names)) != len(names) or set(names) & {"real", *BASELINES}:
        raise ValueError(
            f"models and sounds must have different names, none of them a baseline's, not {', '.join(names)}"
        )
    parties = [("the classifier", judge)] if judge else []
    parties += [(item.name, item.config) for item in synthesizers]
    for name, config in parties:
        hint = "; train one for them with python -m training classifier" if config is judge else ""
        check_form(name, config, data, hint)


def check_form(name: str, config: ModelConfig | ClassifierConfig, data: PreparedData, hint: str = "") -> None:
    """Raise ValueError if `name`'s sample rate, clip length or labels differ from the data's.

    Args:
        hint: what to do about it, appended to the message.
    """
    for quantity in ("sample_rate", "num_samples"):
        if getattr(config, quantity) != getattr(data, quantity):
            raise ValueError(
                f"{name} has {quantity} {getattr(config, quantity)}, but the data have {getattr(data, quantity)}{hint}"
            )
    if config.labels and set(config.labels) != set(data.labels):
        its, theirs = (
            few(sorted(set(one) - set(other))) or "none"
            for one, other in ((config.labels, data.labels), (data.labels, config.labels))
        )
        raise ValueError(
            f"{name} and the data have different labels (only {name}: {its}; only the data: {theirs}){hint}"
        )


def not_held_out(data: PreparedData) -> list[str]:
    """Labels with training clips but none held out: no score covers them."""
    train, test = (set(data.label[data.split == split].tolist()) for split in ("train", "test"))
    return [label for number, label in enumerate(data.labels) if number in train - test]


def check_data(data: PreparedData) -> None:
    """Raise ValueError if labels share files, or if too few clips are held out, or in each half, to have neighbours."""
    check_file_names(data.labels)
    train, test = (np.flatnonzero(data.split == split) for split in ("train", "test"))
    alike = np.isin(data.label[train], data.label[test]).sum()
    if len(test) < FEWEST or alike < 2 * FEWEST:
        raise ValueError(
            f"{data.folder} has {len(test)} test clips and {alike} training clips of their labels, but {FEWEST} and "
            f"{2 * FEWEST} are needed: prepare more --crops of each file, or more files of each label (one of two is "
            "held out; of more, a tenth or what --held-out says)"
        )
