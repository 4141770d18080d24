"""Whether a data set holds clips out, and what to say where it does not."""

from audiogan.text import few

FEWEST = 2  # clips that are worth a distance
NOTHING = (
    "nothing is held out: scores are of training audio and cannot tell what was learnt from what was copied; "
    "of two files of a label one is, of more a tenth (--held-out), so prepare more files of each"
)


def unscored(counts: dict[str, dict[str, int]]) -> str:
    """A sentence on the labels with clips to train on and none held out; empty where there are none."""
    names = [label for label in counts.get("train", {}) if label and not counts.get("test", {}).get(label)]
    return f"nothing is held out of {few(names)}: no score will be of such sounds" if names else ""


def holds_out(counts: dict[str, dict[str, int]]) -> bool:
    """Whether a data set, by the `counts` of its meta.json, holds out clips enough to score by."""
    return sum(counts.get("test", {}).values()) >= FEWEST
