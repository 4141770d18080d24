"""How far listeners agree with one another, and with themselves."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from audiogan.listening.statistics.answers import clip_of

FEWEST_SHARED = 4  # clips, for a correlation


def ratings_table(rows: Sequence[dict]) -> np.ndarray:
    """The first answer of each rater to each clip: float64 [raters, clips], NaN where there is none."""
    raters = {name: i for i, name in enumerate(sorted({row["rater"] for row in rows}))}
    clips = {name: i for i, name in enumerate(sorted(set(map(clip_of, rows))))}
    table = np.full((len(raters), len(clips)), np.nan)
    for row in reversed(rows):
        table[raters[row["rater"]], clips[clip_of(row)]] = float(row["value"])
    return table


def ordinal_alpha(table: np.ndarray) -> float | None:
    """Krippendorff's alpha for ordinal values (Krippendorff 2011): 1 is agreement, 0 is chance.

    Args:
        table: [raters, clips], NaN where a rater did not hear a clip.

    Returns:
        None where no clip has two answers, or where all answers are the same.
    """
    values = np.unique(table[np.isfinite(table)])
    counts = (table == values[:, None, None]).sum(1).astype(np.float64)  # [values, clips]
    counts = counts[:, counts.sum(0) >= 2]
    if counts.size == 0 or (counts.sum(1) > 0).sum() < 2:
        return None
    coincidences = (counts / (counts.sum(0) - 1)) @ counts.T - np.diag((counts / (counts.sum(0) - 1)).sum(1))
    totals = coincidences.sum(1)
    below = np.cumsum(totals) - totals / 2  # mid-rank of each value
    distance = np.square(below[:, None] - below[None, :])
    observed = (coincidences * distance).sum()
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - observed / expected)


def leave_one_out(table: np.ndarray) -> list[float]:
    """Pearson's correlation of each rater with the mean of the others, over the clips both have.

    Raters with fewer than `FEWEST_SHARED` such clips, or where either side is constant, have none.
    """
    heard, values = np.isfinite(table), np.nan_to_num(table)
    correlations = []
    for rater in range(len(table)):
        others = heard.sum(0) - heard[rater]
        shared = heard[rater] & (others > 0)
        mine = values[rater, shared]
        theirs = (values.sum(0) - values[rater])[shared] / others[shared]
        if len(mine) >= FEWEST_SHARED and mine.std() > 0 and theirs.std() > 0:
            correlations.append(float(np.corrcoef(mine, theirs)[0, 1]))
    return correlations


def repeats(rows: Sequence[dict]) -> list[float]:
    """Absolute differences, in scale points, between a sitting's answers to a clip and to its repeat."""
    first = {_place(row): row["value"] for row in reversed(rows) if row["role"] == "test"}
    again = [row for row in rows if row["role"] == "repeat" and _place(row) in first]
    return [abs(float(row["value"]) - float(first[_place(row)])) for row in again]


def summary(tests: Sequence[dict], repeated: Sequence[dict]) -> dict:
    """All agreement statistics of one scale question, as JSON types.

    Args:
        tests: its test votes.
        repeated: its votes of any role.
    """
    table = ratings_table(tests)
    correlations, differences = leave_one_out(table), repeats(repeated)
    return {
        "alpha": ordinal_alpha(table),
        "correlation": median(correlations) if correlations else None,
        "correlation_range": [min(correlations), max(correlations)] if correlations else None,
        "correlation_raters": len(correlations),
        "repeats": len(differences),
        "repeat_difference": float(np.mean(differences)) if differences else None,
        "repeats_within_1": float(np.mean(np.array(differences) <= 1)) if differences else None,
    }


def _place(row: dict) -> tuple:
    return row["session_id"], row["stimulus"], row["question"]
