"""Which systems differ: pairwise tests on the raters who heard both, corrected for the number of pairs.

The headline generalises to other listeners and other clips of the same systems, as the means beside it do. Wilcoxon's
and Friedman's tests and their effect sizes use raters' means, one value per rater and system, so they generalise to
other listeners but not to other clips: if systems are equal and clips differ, they err far more often than they claim.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, Interval, around, ends, over_raters, two_way_error

FEWEST_PAIRS = 5  # raters who heard both; with fewer there is no p-value
EXACT_PAIRS = 60
TIE_DECIMALS = 9  # of a difference: 11/3 - 3 and 2 - 4/3 are equal, but not to the last bit


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
        None with fewer than three systems or two such raters, or if no rater's means differ.
    """
    complete = means[np.isfinite(means).all(1)]
    if means.shape[1] < 3 or len(complete) < 2 or (complete == complete[:, :1]).all():
        return None
    statistic, p = stats.friedmanchisquare(*complete.T)
    effect = statistic / (len(complete) * (means.shape[1] - 1))
    return {"raters": len(complete), "chi_squared": float(statistic), "p": float(p), "kendall_w": float(effect)}


def pairwise(answers: Mapping[str, Answers]) -> list[dict]:
    """Compare every pair of systems, in the order of the mapping.

    `difference` is the mean over raters of their mean of the first minus their mean of the second, in scale points (or
    in shares, if answers are 0 and 1). Its `interval` and `p_headline`, and what both are `over`, are those of
    `two_way`, else those over raters alone. For other listeners and these clips there are `interval_over_raters`
    (Student's t), `p` (Wilcoxon's signed-rank test), `rank_biserial` (the share of ranks for the first minus that for
    the second, Kerby 2014) and `d_z` (the difference over its standard deviation). `p_headline_holm` and `p_holm` are
    corrected over all pairs (Holm 1979).
    """
    pairs = [
        {"first": first, "second": second} | _pair(answers[first], answers[second])
        for first, second in combinations(answers, 2)
    ]
    for name in ("p_headline", "p"):
        correct(pairs, name)
    return pairs


def correct(pairs: Sequence[dict], name: str) -> None:
    """Add to each pair's p of that name, as `NAME_holm`, the p corrected by `holm` over the pairs that have one."""
    having = [pair for pair in pairs if pair[name] is not None]
    for pair, p in zip(having, holm([pair[name] for pair in having]), strict=True):
        pair[f"{name}_holm"] = p


def two_way(first: Answers, second: Answers) -> tuple[Interval, float] | None:
    """Student's t interval and p-value, over raters and clips, for the mean of raters' differences.

    Args:
        first, second: answers of the same raters.

    Returns:
        None with fewer than two raters, with fewer than `FEWEST_CLIPS` clips of a system, or without any variance.
    """
    if first.num_raters < 2 or min(first.num_clips, second.num_clips) < FEWEST_CLIPS:
        return None
    return tested(first.mean - second.mean, *two_way_error(first, second))


def tested(difference: float, error: float, freedom: float) -> tuple[Interval, float] | None:
    """Interval and two-sided p-value by Student's t; None if the error is 0."""
    interval = around(difference, error, freedom)
    return (interval, float(2 * stats.t.sf(abs(difference) / error, freedom))) if interval.wide else None


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values by Holm's step-down correction, which bounds the chance of any error in the family."""
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

    Exact up to `EXACT_PAIRS`: both signs are equally likely, so the distribution of the positive ranks' sum is the
    product of (1 + x^rank) / 2, with ranks doubled to be whole. Beyond that it is the normal approximation.
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
