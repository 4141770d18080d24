"""Whether a data set holds clips out, and what to say where it does not."""

FEWEST = 2  # clips that are worth a distance
NOTHING = (
    "nothing is held out: scores are of training audio and cannot tell what was learnt from what was copied; "
    "of two files of a label one is, of more a tenth (--held-out), so prepare more files of each"
)


def holds_out(counts: dict[str, dict[str, int]]) -> bool:
    """Whether a data set, by the `counts` of its meta.json, holds out clips enough to score by."""
    return sum(counts.get("test", {}).values()) >= FEWEST
