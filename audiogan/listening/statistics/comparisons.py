"""Which systems differ: each two of them, by the raters who heard both, corrected for how many pairs there are.

The headline speaks of other listeners and of other clips of the same systems, as the means beside it do. Wilcoxon's and
Friedman's tests and their effect sizes take raters' means, one value a rater and system, so they speak of other
listeners and these clips: where systems are equal and clips differ, they find differences far oftener than they say.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, Interval, around, ends, over_raters, two_way_error

FEWEST_PAIRS = 5  # raters who heard both; of fewer no p-value is given
EXACT_PAIRS = 60
TIE_DECIMALS = 9  # of a difference: 11/3 - 3 and 2 - 4/3 are equal, and not to the last bit


def rater_means(answers: Mapping[str, Answers]) -> np.ndarray:
    """Mean answer of each rater about each system: float64 [raters, systems], NaN where there is none."""
    raters = np.unique(np.concatenate([own.rater_names for own in answers.values()]))
    means = np.full((len(raters), len(answers)), np.nan)
    for place, own in enumerate(answers.values()):
        means[np.searchsorted(raters, own.rater_names), place] = own.rater_means
    return means


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


def pairwise(answers: Mapping[str, Answers]) -> list[dict]:
    """Each two systems, in the order of the mapping.

    `difference` is the mean over raters of their mean of the first less their mean of the second, in scale points (or
    of their shares, where answers are 0 and 1), with
    its `interval`, its `p_headline`, and what both are `over`: those of `two_way`, else those over raters alone.
    Of other listeners and these clips speak `interval_over_raters` (Student's t), `p` (Wilcoxon's signed-rank test),
    `rank_biserial` (the share of ranks for the first less that for the second, Kerby 2014) and `d_z` (the difference
    over its standard deviation). `p_headline_holm` and `p_holm` are corrected over all pairs (Holm 1979).
    """
    pairs = [
        {"first": first, "second": second} | _pair(answers[first], answers[second])
        for first, second in combinations(answers, 2)
    ]
    for name in ("p_headline", "p"):
        correct(pairs, name)
    return pairs


def correct(pairs: Sequence[dict], name: str) -> None:
    """Write each pair's p of that name, corrected by `holm` over those that have one, beside it."""
    having = [pair for pair in pairs if pair[name] is not None]
    for pair, p in zip(having, holm([pair[name] for pair in having]), strict=True):
        pair[f"{name}_holm"] = p


def two_way(first: Answers, second: Answers) -> tuple[Interval, float] | None:
    """Interval and p-value over raters and clips of the mean of raters' differences, by Student's t.

    Args:
        first, second: answers of the same raters.

    Returns:
        None where a system has fewer than `FEWEST_CLIPS`, or where neither raters nor clips differ in anything.
    """
    if first.num_raters < 2 or min(first.num_clips, second.num_clips) < FEWEST_CLIPS:
        return None
    return tested(first.mean - second.mean, *two_way_error(first, second))


def tested(difference: float, error: float, freedom: float) -> tuple[Interval, float] | None:
    """Interval and two-sided p-value by Student's t; None without an error."""
    interval = around(difference, error, freedom)
    return (interval, float(2 * stats.t.sf(abs(difference) / error, freedom))) if interval.wide else None


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


def _pair(first: Answers, second: Answers) -> dict:
    both = np.intersect1d(first.rater_names, second.rater_names)
    first, second = first.of(both), second.of(both)
    differences = np.round(first.rater_means - second.rater_means, TIE_DECIMALS)
    spread = differences.std(ddof=1) if len(both) > 1 else 0.0
    enough = len(both) >= FEWEST_PAIRS
    of_raters = over_raters(Answers(differences, both, both))
    p = signed_rank_p(differences) if enough and differences.any() else None
    found = two_way(first, second)
    interval, p_headline = found or (of_raters, p)
    return {
        "raters": len(both),
        "difference": float(differences.mean()) if len(both) else None,
        "interval": ends(interval),
        "over": "raters and clips" if found else "raters",
        "p_headline": p_headline if enough else None,
        "p_headline_holm": None,
        "interval_over_raters": ends(of_raters),
        "rank_biserial": rank_biserial(differences),
        "d_z": float(differences.mean() / spread) if spread > 0 else None,
        "p": p,
        "p_holm": None,
    }
