"""Which instrument listeners took a sound for."""

from collections import Counter
from collections.abc import Sequence

from audiogan.listening.statistics.answers import answers_of
from audiogan.listening.statistics.intervals import ends, headline
from audiogan.listening.votes import CANNOT_TELL


def correct(rows: Sequence[dict]) -> list[dict]:
    """The votes on `naming`, with their value replaced by whether it is right."""
    return [row | {"value": str(row["value"]) == row["label"]} for row in rows]


def confusion(rows: Sequence[dict]) -> dict:
    """The confusion of what was meant with what was answered, as JSON types.

    Args:
        rows: votes on `naming` about one system.

    Returns:
        `labels` (what was meant), `answers` (all labels, then other answers, `CANNOT_TELL` last), `counts` [labels,
        answers], `votes`, `raters`, `clips`, `accuracy` and `cannot_tell` (means of raters' shares), and the accuracy's
        `interval` and what it is `over`.
    """
    pairs = Counter((row["label"], str(row["value"])) for row in rows)
    labels = sorted({label for label, _ in pairs})
    others = sorted({answer for _, answer in pairs} - {*labels, CANNOT_TELL})
    answers = [*labels, *others, CANNOT_TELL]
    right = answers_of(correct(rows))
    unsure = answers_of([row | {"value": str(row["value"]) == CANNOT_TELL} for row in rows])
    interval, over = headline(right, share=True)
    return {
        "labels": labels,
        "answers": answers,
        "counts": [[pairs[label, answer] for answer in answers] for label in labels],
        "votes": len(rows),
        "raters": right.num_raters,
        "clips": right.num_clips,
        "accuracy": right.mean if rows else None,
        "interval": ends(interval, 0, 1),
        "over": over,
        "cannot_tell": unsure.mean if rows else None,
    }
