"""Which instrument listeners took a sound for."""

from collections import Counter
from collections.abc import Sequence

from audiogan.listening.statistics.intervals import wilson
from audiogan.listening.votes import CANNOT_TELL


def confusion(rows: Sequence[dict]) -> dict:
    """What was meant against what was answered, JSON types.

    Args:
        rows: votes on `naming` about one system.

    Returns:
        `labels` (what was meant), `answers` (all labels, then what else was said, `CANNOT_TELL` last), `counts`
        [labels, answers], `accuracy` with its Wilson interval over votes, `cannot_tell` the share who could not.
    """
    pairs = Counter((row["label"], str(row["value"])) for row in rows)
    labels = sorted({label for label, _ in pairs})
    others = sorted({answer for _, answer in pairs} - {*labels, CANNOT_TELL})
    answers = [*labels, *others, CANNOT_TELL]
    right, votes = sum(pairs[label, label] for label in labels), len(rows)
    interval = wilson(right, votes)
    return {
        "labels": labels,
        "answers": answers,
        "counts": [[pairs[label, answer] for answer in answers] for label in labels],
        "votes": votes,
        "raters": len({row["rater"] for row in rows}),
        "accuracy": right / votes if votes else None,
        "interval": [interval.low, interval.high] if interval else None,
        "cannot_tell": sum(pairs[label, CANNOT_TELL] for label in labels) / votes if votes else None,
    }
