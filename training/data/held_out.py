"""Whether a data set holds clips out, and the warning if it does not."""

from audiogan.text import few

FEWEST = 2  # clips that a distance needs
NOTHING = (
    "nothing is held out: scores are of training audio and cannot tell what was learnt from what was copied; "
    "prepare more files of each label: one of two is held out, a tenth of many (--held-out)"
)


def unscored(counts: dict[str, dict[str, int]]) -> str:
    """A warning about labels with training clips but none held out; empty if there are no such labels."""
    names = [label for label in counts.get("train", {}) if label and not counts.get("test", {}).get(label)]
    return f"nothing is held out of {few(names)}: no score covers such sounds" if names else ""


def holds_out(counts: dict[str, dict[str, int]]) -> bool:
    """Whether a data set, by the `counts` of its meta.json, holds out enough clips for a score."""
    return sum(counts.get("test", {}).values()) >= FEWEST
