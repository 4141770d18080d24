"""Real or invented: how often listeners are wrong, and how well they could tell (signal detection theory).

A real clip called real is a hit, an invented one called real a false alarm. Sensitivity d' = z(H) - z(F) does not
depend on how readily a listener says "real"; the criterion c = -(z(H) + z(F)) / 2 is just that: below 0, readily.
All raters' votes are pooled; both rates are then (k + 0.5) / (n + 1), so that none is 0 or 1 (Hautus 1995).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, RESAMPLES, SEED, Interval, draws, percentiles


@dataclass(frozen=True)
class Detection:
    """Real clips against those of one system.

    Attributes:
        hits, real: real clips called real, of all answers about real clips.
        false_alarms, invented: the system's clips called real, of all answers about them.
        error: mean of the two error rates, 0 to 1; 0.5 is what guessing gives.
        d_prime, criterion: see above; d' of 0 is what guessing gives.
        error_interval, d_prime_interval, criterion_interval: raters drawn anew, and clips where `over` has them; None
            with one rater.
        over: `raters and clips`, or `raters` where either side has fewer than `FEWEST_CLIPS`.
    """

    hits: int
    real: int
    false_alarms: int
    invented: int
    error: float
    d_prime: float
    criterion: float
    error_interval: Interval | None
    d_prime_interval: Interval | None
    criterion_interval: Interval | None
    over: str


def detect(real: Answers, invented: Answers, raters: tuple[list[str], list[str]], resamples: int = RESAMPLES):
    """Detection from answers, 1 for `real` and 0 for `invented`.

    Args:
        raters: who gave each answer, for both sets: a rater is drawn for both at once.

    Returns:
        Detection, or None where either set is empty.
    """
    if not len(real) or not len(invented):
        return None
    counts = real.values.sum(), len(real), invented.values.sum(), len(invented)
    error, d_prime, criterion = (float(value) for value in rates(*counts))
    with_clips = min(real.num_clips, invented.num_clips) >= FEWEST_CLIPS
    intervals = _intervals((real, invented), raters, resamples, with_clips)
    over = "raters and clips" if with_clips else "raters"
    return Detection(int(counts[0]), counts[1], int(counts[2]), counts[3], error, d_prime, criterion, *intervals, over)


def rates(hits, real, false_alarms, invented) -> tuple:
    """Error rate, d' and criterion from counts, or from arrays of them; NaN where a set is empty."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (1 - np.divide(hits, real) + np.divide(false_alarms, invented)) / 2
    z_hit = norm.ppf((np.asarray(hits) + 0.5) / (np.asarray(real) + 1))
    z_false = norm.ppf((np.asarray(false_alarms) + 0.5) / (np.asarray(invented) + 1))
    return error, z_hit - z_false, -(z_hit + z_false) / 2


def _intervals(sides: tuple[Answers, Answers], raters, resamples: int, with_clips: bool) -> list[Interval | None]:
    """Of error rate, d' and criterion."""
    names = sorted({*raters[0], *raters[1]})
    if len(names) < 2:
        return [None] * 3
    drawn, sums = draws(len(names), resamples), []
    for number, (answers, who) in enumerate(zip(sides, raters, strict=True)):
        weights = drawn[:, [names.index(name) for name in who]]  # [resamples, votes]
        if with_clips:
            weights = weights * draws(answers.num_clips, resamples, SEED + 1 + number)[:, answers.clip]
        sums += _resampled(answers, weights)
    return [percentiles(values) for values in rates(*sums)]


def _resampled(answers: Answers, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers `real`, and all answers, in each resample, brought to the size of the sample: [resamples] each."""
    total = weights.sum(1)
    scale = len(answers) / np.maximum(total, 1)
    return weights @ answers.values * scale, np.where(total > 0, total * scale, np.nan)
