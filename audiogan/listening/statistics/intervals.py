"""Means of answers, and how far they may be from what all listeners would say of all such sounds.

One listener gives many votes and one clip gets many, so votes are not independent. The estimate is the mean of raters'
means: one rater, one voice (only `detection` and `preference` pool votes). Four intervals come with it:

- `two_way`, the headline: rater and clip clusters both count (Cameron, Gelbach and Miller 2011), with Student's t
  at Satterthwaite's degrees of freedom. It speaks of other listeners and of other clips of the same system.
- `over_raters`: t with R - 1 degrees of freedom on raters' means. It speaks of other listeners and the same clips, and
  is the headline where there are too few clips to learn from how they differ.
- `bootstrap`: both raters and clips drawn anew (Owen 2007, the pigeonhole bootstrap). It needs no formula, and is a
  little too wide, because it counts what is neither the rater's nor the clip's three times.
- `naive`: 1.96 standard errors of independent votes. It is wrong, and printed to show by how much.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers

LEVEL = 0.95
FEWEST_CLIPS = 6  # for the two-way interval
RESAMPLES = 1000
SEED = 0


@dataclass(frozen=True)
class Interval:
    """A confidence interval of `LEVEL`; None where there are too few raters for one."""

    low: float
    high: float

    def clipped(self, low: float, high: float) -> "Interval":
        """Kept within what the scale has."""
        return Interval(max(self.low, low), min(self.high, high))


def headline(answers: Answers) -> tuple[Interval | None, str]:
    """The interval to print, and over what it generalises: `raters and clips`, or `raters` where clips are few."""
    if answers.num_clips >= FEWEST_CLIPS:
        return two_way(answers), "raters and clips"
    return over_raters(answers), "raters"


def over_raters(answers: Answers) -> Interval | None:
    """Student's t on raters' means, R - 1 degrees of freedom."""
    if answers.num_raters < 2:
        return None
    error = answers.rater_means.std(ddof=1) / np.sqrt(answers.num_raters)
    return _around(answers.mean, error, answers.num_raters - 1)


def two_way(answers: Answers) -> Interval | None:
    """Student's t on the variance of a mean whose votes share raters and clips.

    With u the influence of each vote on the mean of raters' means, the variance is the sum over raters of (sum of
    their u) squared, and the same over clips, less the sum of u squared, which both contain (Cameron, Gelbach and
    Miller 2011, equation 2.13). The first term alone is that of `over_raters`.
    """
    raters, clips = answers.num_raters, answers.num_clips
    if raters < 2 or clips < 2:
        return None
    weights = 1 / (raters * np.bincount(answers.rater))[answers.rater]
    influence = weights * (answers.values - answers.mean)
    by_rater = raters / (raters - 1) * np.square(np.bincount(answers.rater, influence)).sum()
    by_clip = clips / (clips - 1) * np.square(np.bincount(answers.clip, influence)).sum()
    cells = np.bincount(answers.rater * clips + answers.clip, influence)
    variance = max(by_rater + by_clip - np.square(cells).sum(), by_rater, by_clip)
    if not variance:
        return Interval(answers.mean, answers.mean)
    freedom = variance**2 / (by_rater**2 / (raters - 1) + by_clip**2 / (clips - 1))
    return _around(answers.mean, np.sqrt(variance), freedom)


def bootstrap(answers: Answers, resamples: int = RESAMPLES) -> Interval | None:
    """Percentiles of the mean with raters and clips drawn anew, with replacement, independently."""
    if answers.num_raters < 2 or answers.num_clips < 2:
        return None
    counts, sums = _tables(answers)
    raters, clips = draws(answers.num_raters, resamples), draws(answers.num_clips, resamples, SEED + 1)
    heard = clips @ counts.T  # [resamples, raters]: votes of each rater on the clips drawn
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(heard > 0, clips @ sums.T / heard, 0.0)
        voices = raters * (heard > 0)
        estimates = (voices * means).sum(1) / voices.sum(1)
    return percentiles(estimates)


def naive(answers: Answers) -> Interval | None:
    """As if each vote came from a listener of its own about a clip of its own."""
    if len(answers) < 2:
        return None
    error = 1.96 * answers.values.std(ddof=1) / np.sqrt(len(answers))
    return Interval(float(answers.values.mean() - error), float(answers.values.mean() + error))


def draws(count: int, resamples: int, seed: int = SEED) -> np.ndarray:
    """How often each of `count` was drawn in each resample: int64 [resamples, count]."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), resamples)


def percentiles(estimates: np.ndarray) -> Interval | None:
    """The middle `LEVEL` of resampled estimates; those that are not finite do not count."""
    finite = estimates[np.isfinite(estimates)]
    if not len(finite):
        return None
    low, high = np.quantile(finite, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(low), float(high))


def _around(mean: float, error: float, freedom: float) -> Interval:
    reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    return Interval(float(mean - reach), float(mean + reach))


def _tables(answers: Answers) -> tuple[np.ndarray, np.ndarray]:
    """Number and sum of votes of each rater on each clip: float64 [raters, clips] each."""
    shape = answers.num_raters, answers.num_clips
    cell = answers.rater * shape[1] + answers.clip
    size = shape[0] * shape[1]
    return np.bincount(cell, minlength=size).reshape(shape), np.bincount(cell, answers.values, size).reshape(shape)
