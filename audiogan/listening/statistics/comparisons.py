"""Which systems differ: tests on raters' means, one value a rater and system, corrected for how many there are.

The tests speak of other listeners and these clips. An effect size stands beside each p-value.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import over_raters

FEWEST_PAIRS = 5  # raters who heard both; with fewer no test at the 5 % level can succeed
EXACT_PAIRS = 60


def rater_means(rows: Sequence[dict], systems: Sequence[str]) -> np.ndarray:
    """Mean answer of each rater about each system: float64 [raters, systems], NaN where there is none."""
    raters = {name: i for i, name in enumerate(sorted({row["rater"] for row in rows}))}
    place = {name: i for i, name in enumerate(systems)}
    sums, counts = np.zeros((len(raters), len(systems))), np.zeros((len(raters), len(systems)))
    for row in rows:
        cell = raters[row["rater"]], place[row["system"]]
        sums[cell] += float(row["value"])
        counts[cell] += 1
    with np.errstate(invalid="ignore"):
        return sums / counts


def friedman(means: np.ndarray) -> dict | None:
    """Friedman's test over raters who heard every system, with Kendall's W (0 to 1) as its effect size.

    Returns:
        None with fewer than three systems or two such raters, or where nobody tells any two apart.
    """
    complete = means[np.isfinite(means).all(1)]
    if means.shape[1] < 3 or len(complete) < 2 or (complete == complete[:, :1]).all():
        return None
    statistic, p = stats.friedmanchisquare(*complete.T)
    effect = statistic / (len(complete) * (means.shape[1] - 1))
    return {"raters": len(complete), "chi_squared": float(statistic), "p": float(p), "kendall_w": float(effect)}


def pairwise(means: np.ndarray, systems: Sequence[str]) -> list[dict]:
    """Wilcoxon's signed-rank test for each two systems, p-values by Holm (1979), effect sizes.

    `difference` is first less second in scale points with its t interval over raters, `rank_biserial` the share of
    ranks for the first less that for the second (Kerby 2014), `d_z` the difference over its standard deviation.
    """
    pairs = []
    for first, second in combinations(range(len(systems)), 2):
        differences = means[:, first] - means[:, second]
        differences = differences[np.isfinite(differences)]
        pairs.append({"first": systems[first], "second": systems[second]} | _pair(differences))
    tested = [pair for pair in pairs if pair["p"] is not None]
    for pair, p in zip(tested, holm([pair["p"] for pair in tested]), strict=True):
        pair["p_holm"] = p
    return pairs


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values by Holm's step-down correction: below 0.05 the chance of any error in the family is below 0.05."""
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, np.float64)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected.tolist()


def rank_biserial(differences: np.ndarray) -> float:
    """Matched-pairs rank-biserial correlation, -1 to 1; zeros do not count."""
    differences = differences[differences != 0]
    if not len(differences):
        return 0.0
    ranks = stats.rankdata(np.abs(differences))
    return float((ranks * np.sign(differences)).sum() / ranks.sum())


def signed_rank_p(differences: np.ndarray) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test; zeros do not count, ties share their mean rank.

    Exact up to `EXACT_PAIRS`: each sign is as likely as the other, so the distribution of the positive ranks' sum is a
    product of (1 + x^rank) / 2, ranks doubled to be whole. Beyond that the normal approximation serves.
    """
    differences = differences[differences != 0]
    if not 0 < len(differences) <= EXACT_PAIRS:
        return float(stats.wilcoxon(differences, method="asymptotic").pvalue) if len(differences) else 1.0
    ranks = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)
    chances = np.ones(1)
    for rank in ranks:
        chances = (np.pad(chances, (0, rank)) + np.pad(chances, (rank, 0))) / 2
    middle, found = ranks.sum() / 2, ranks[differences > 0].sum()
    as_far = np.abs(np.arange(len(chances)) - middle) >= abs(found - middle) - 1e-9
    return min(float(chances[as_far].sum()), 1.0)


def _pair(differences: np.ndarray) -> dict:
    names = [str(number) for number in range(len(differences))]
    interval = over_raters(Answers(differences, names, names))
    spread = differences.std(ddof=1) if len(differences) > 1 else 0.0
    enough = len(differences) >= FEWEST_PAIRS and differences.any()
    return {
        "raters": len(differences),
        "difference": float(differences.mean()) if len(differences) else None,
        "interval": [interval.low, interval.high] if interval else None,
        "rank_biserial": rank_biserial(differences),
        "d_z": float(differences.mean() / spread) if spread > 0 else None,
        "p": signed_rank_p(differences) if enough else None,
        "p_holm": None,
    }
