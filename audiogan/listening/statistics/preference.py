"""A or B: strengths that explain who was preferred to whom (Bradley and Terry 1952), a tie half a win for each."""

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from audiogan.listening.statistics.intervals import RESAMPLES, draws

PRIOR = 0.1  # wins of each over each, so that one who never lost has a finite strength
CONVERGED = 1e-8  # the most that a step may still change the difference of two strengths by
MOST_STEPS = 1000
SHARES = {"first": (1.0, 0.0), "second": (0.0, 1.0), "tie": (0.5, 0.5)}


def wins(rows: Sequence[dict], systems: Sequence[str], raters: Sequence[str]) -> np.ndarray:
    """Wins of each system over each, by rater: float64 [raters, systems, systems].

    Args:
        rows: votes on `preference`.
    """
    table = np.zeros((len(raters), len(systems), len(systems)))
    place, who = {name: i for i, name in enumerate(systems)}, {name: i for i, name in enumerate(raters)}
    for row in rows:
        first, second = place[row["system"]], place[row["other_system"]]
        to_first, to_second = SHARES[row["value"]]
        table[who[row["rater"]], first, second] += to_first
        table[who[row["rater"]], second, first] += to_second
    return table


def strengths(table: np.ndarray, prior: float = PRIOR) -> np.ndarray:
    """Log strengths with mean 0 and the highest likelihood, by Newton's method.

    Its steps are damped as Sun and Tran-Dinh (2019) do for logistic losses: none makes the likelihood lower. Hunter's
    minorisation and maximisation (2004) would need tens of thousands where wins are lopsided.

    Args:
        table: wins [..., systems, systems].

    Returns:
        [..., systems]; the difference of two is the log odds that one is preferred to the other.
    """
    size = table.shape[-1]
    table = (table + prior) * (1 - np.eye(size))
    games, won = table + table.swapaxes(-1, -2), table.sum(-1)
    scores = np.zeros(won.shape)
    for _ in range(MOST_STEPS):
        chances = expit(scores[..., :, None] - scores[..., None, :])  # [..., systems, systems]
        weights = games * chances * chances.swapaxes(-1, -2)
        curvature = np.eye(size) * weights.sum(-1)[..., None] - weights + 1 / size  # 1 / size: the mean stays 0
        step = np.linalg.solve(curvature, (won - (games * chances).sum(-1))[..., None])[..., 0]
        reach = np.ptp(step, axis=-1, keepdims=True)
        if reach.max() < CONVERGED:
            break
        scores += step * np.log1p(reach) / np.maximum(reach, CONVERGED)
    return scores - scores.mean(-1, keepdims=True)


def resampled(table: np.ndarray, resamples: int = RESAMPLES) -> np.ndarray:
    """Strengths with raters drawn anew, so often: [resamples, systems]; [0, systems] of fewer than two raters."""
    if len(table) < 2:
        return np.empty((0, table.shape[-1]))
    return strengths(np.tensordot(draws(len(table), resamples), table, 1))
