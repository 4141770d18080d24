"""A or B: strengths of systems from preferences between two (Bradley and Terry 1952); a tie is half a win for each.

Intervals are Student's t on the votes' influences on the strengths, clustered by rater and by both clips: see
`intervals.clustered`. A vote's influence is its difference from its expectation, times the inverse curvature of the
likelihood, prior included. If some systems never lost to the others, votes alone would make strengths infinite, and the
prior decides: the error is then at least that of the curvature, as if votes were independent.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from audiogan.listening.statistics.answers import clip_of
from audiogan.listening.statistics.comparisons import FEWEST_PAIRS, correct, tested
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, Sample, clustered, ends

PRIOR = 0.1  # wins of each over each other, so that one that never lost has a finite strength
CONVERGED = 1e-8  # largest change in the difference of two strengths at which the steps end
MOST_STEPS = 1000
SHARES = {"first": (1.0, 0.0), "second": (0.0, 1.0), "tie": (0.5, 0.5)}


def summary(rows: Sequence[dict], systems: Sequence[str], minimum_raters: int) -> dict:
    """Strengths, best first, their differences, and the table of wins, as JSON types.

    Args:
        rows: votes on `preference`.
        systems: all systems in the votes, in the order of the table.

    Returns:
        `votes`, `raters`, `systems`, `wins` [systems, systems], `ranking` (a row per system; `preliminary` counts the
        raters who compared it) and `pairs` (`difference` is of log strengths; `p_headline` as in
        `comparisons.pairwise`, None with fewer than `FEWEST_PAIRS` raters in all or if nothing differs).
    """
    if not rows:
        return {"votes": 0, "raters": 0, "systems": [], "wins": [], "ranking": [], "pairs": []}
    votes = Votes(rows, systems)
    compared = (votes.table + votes.table.swapaxes(1, 2)).any(2).sum(0)  # raters, by system
    units = np.eye(len(systems))
    ranking = [
        {"system": systems[at], "strength": float(votes.strengths[at])}
        | {"interval": votes.told(units[at])[0], "over": votes.over, "preliminary": bool(compared[at] < minimum_raters)}
        for at in np.argsort(-votes.strengths, kind="stable")
    ]
    pairs = [_pair(votes, systems, one, other) for one, other in combinations(range(len(systems)), 2)]
    correct(pairs, "p_headline")
    found = {"votes": len(rows), "raters": len(votes.table), "systems": list(systems)}
    return found | {"wins": votes.table.sum(0).tolist(), "ranking": ranking, "pairs": pairs}


def wins(rows: Sequence[dict], systems: Sequence[str], raters: Sequence[str]) -> np.ndarray:
    """Wins of each system over each other, by rater: float64 [raters, systems, systems].

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
    """Maximum-likelihood log strengths with mean 0, by Newton's method.

    Steps are damped as in Sun and Tran-Dinh (2019) for logistic losses, so that none lowers the likelihood. Hunter's
    minorisation-maximisation (2004) would need tens of thousands of steps where wins are lopsided.

    Args:
        table: wins [..., systems, systems].

    Returns:
        [..., systems]; the difference of two is the log odds that one is preferred to the other.
    """
    won = _with_prior(table, prior).sum(-1)
    scores = np.zeros(won.shape)
    for _ in range(MOST_STEPS):
        curvature, expected = curved(table, scores, prior)
        step = np.linalg.solve(curvature, (won - expected)[..., None])[..., 0]
        reach = np.ptp(step, axis=-1, keepdims=True)
        if reach.max() < CONVERGED:
            break
        scores += step * np.log1p(reach) / np.maximum(reach, CONVERGED)
    return scores - scores.mean(-1, keepdims=True)


def curved(table: np.ndarray, scores: np.ndarray, prior: float = PRIOR) -> tuple[np.ndarray, np.ndarray]:
    """Curvature of the likelihood at given strengths, [..., systems, systems], and expected wins, [..., systems].

    The curvature is invertible: it is 1 in the direction of the strengths' mean, which wins do not determine.
    """
    size, won = table.shape[-1], _with_prior(table, prior)
    games = won + won.swapaxes(-1, -2)
    chances = expit(scores[..., :, None] - scores[..., None, :])  # [..., systems, systems]
    weights = games * chances * chances.swapaxes(-1, -2)
    return np.eye(size) * weights.sum(-1)[..., None] - weights + 1 / size, (games * chances).sum(-1)


def _with_prior(table: np.ndarray, prior: float) -> np.ndarray:
    return (table + prior) * (1 - np.eye(table.shape[-1]))


class Votes:
    """Votes on `preference`, the strengths fitted to them, and the strengths' errors.

    Attributes:
        table: wins by rater, [raters, systems, systems].
        strengths: [systems].
        over: `raters and clips`, or `raters` if a system has fewer clips than `FEWEST_CLIPS`.
    """

    def __init__(self, rows: Sequence[dict], systems: Sequence[str]):
        names, self._rater = np.unique([row["rater"] for row in rows], return_inverse=True)
        self.table = wins(rows, systems, names.tolist())
        self.strengths = strengths(self.table.sum(0))
        self._sides = np.array([[systems.index(row[of]) for of in ("system", "other_system")] for row in rows])
        clips = [[clip_of(row), row["other_stimulus"]] for row in rows]
        named, clips = np.unique(clips, return_inverse=True)
        clips = clips.reshape(-1, 2)  # [votes, 2], as are the sides
        self._pair = np.unique(np.sort(clips) @ (len(named), 1), return_inverse=True)[1]
        self._about = [self._votes_about(system, clips) for system in range(len(systems))]
        fewest = min(clip.max() + 1 for _, clip in self._about)
        self.over = "raters and clips" if fewest >= FEWEST_CLIPS else "raters"
        self._inverse = np.linalg.inv(curved(self.table.sum(0), self.strengths)[0])
        self._influence = self._influences(np.array([SHARES[row["value"]][0] for row in rows]))
        self._endless = connected_components(self.table.sum(0), connection="strong")[0] > 1  # Ford (1957)

    def told(self, weights: np.ndarray) -> tuple[list[float] | None, float | None]:
        """Student's t interval and p-value of a weighted sum of strengths; None for what these votes cannot tell.

        Args:
            weights: of each system's strength: [systems].
        """
        found = tested(weights @ self.strengths, *self._error(weights)) if len(self.table) > 1 else None
        interval, p = found or (None, None)
        return ends(interval), p if len(self.table) >= FEWEST_PAIRS else None

    def _influences(self, to_first: np.ndarray) -> np.ndarray:
        """Influence of each vote on each strength: [votes, systems]; `to_first` is the first's share of a win."""
        first, second = self._sides.T
        off = to_first - expit(self.strengths[first] - self.strengths[second])
        return off[:, None] * (self._inverse[first] - self._inverse[second])

    def _votes_about(self, system: int, clips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the votes about a system, and the number of its clip in each, from 0."""
        vote, side = np.nonzero(self._sides == system)
        return vote, np.unique(clips[vote, side], return_inverse=True)[1]

    def _error(self, weights: np.ndarray) -> tuple[float, float]:
        """Standard error and degrees of freedom of a weighted sum of strengths."""
        influence, samples, shared = self._influence @ weights, [], None
        if self.over != "raters":
            samples = [Sample(influence[vote], self._rater[vote], clip) for vote, clip in self._about]
            shared = Sample(influence, self._rater, self._pair)
        error, freedom = clustered(np.bincount(self._rater, influence), samples, shared)
        centred = weights - weights.mean()
        return max(error, np.sqrt(centred @ self._inverse @ centred) * self._endless), freedom


def _pair(votes: Votes, systems: Sequence[str], one: int, other: int) -> dict:
    weights = np.eye(len(systems))[one] - np.eye(len(systems))[other]
    interval, p = votes.told(weights)
    return {
        "first": systems[one],
        "second": systems[other],
        "difference": float(weights @ votes.strengths),
        "interval": interval,
        "over": votes.over,
        "p_headline": p,
        "p_headline_holm": None,
    }
