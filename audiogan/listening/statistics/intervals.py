"""Confidence intervals of mean answers, over listeners and clips.

One listener gives many votes and one clip gets many, so votes are not independent. The estimate is the mean of raters'
means, so every rater counts the same (only `detection` and `preference` pool votes). Two intervals come with it:

- `two_way`, the headline: clustered by rater and by clip (Cameron, Gelbach and Miller 2011), with Student's t at
  Satterthwaite's degrees of freedom. It generalises to other listeners and other clips of the same system and labels,
  but not to other labels: the few labels heard cannot show how far others would move a mean.
- `over_raters`: t with R - 1 degrees of freedom on raters' means. It generalises to other listeners with the same
  clips, and is the headline if there are too few clips to estimate how clips differ.

The tests show how often both hold the truth, and how often a bootstrap, or votes taken as independent, would.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers

LEVEL = 0.95
FEWEST_CLIPS = 6  # for the two-way interval
FEWEST_LABELS = 6  # that two systems share, for their clips to be clustered by label


@dataclass(frozen=True)
class Interval:
    """A confidence interval of `LEVEL`. Functions return None in its place with too few raters for one."""

    low: float
    high: float

    @property
    def wide(self) -> bool:
        """Whether its width exceeds rounding errors, so the answers behind it differ."""
        return self.high - self.low > 1e-9

    def clipped(self, low: float, high: float) -> "Interval":
        """The interval cut off at the ends of the scale."""
        return Interval(max(self.low, low), min(self.high, high))


@dataclass(frozen=True)
class Sample:
    """Influences of votes on a mean, and their raters and clusters of clips, numbered from 0: [votes] each."""

    influence: np.ndarray
    rater: np.ndarray
    cluster: np.ndarray

    @property
    def count(self) -> int:
        return int(self.cluster.max()) + 1

    @property
    def by_cluster(self) -> float:
        """The variance by cluster, from the sum of influences in each."""
        return self.count / (self.count - 1) * np.square(np.bincount(self.cluster, self.influence)).sum()

    @property
    def by_cell(self) -> float:
        """The variance by cell of a rater and a cluster."""
        return np.square(np.bincount(self.rater * self.count + self.cluster, self.influence)).sum()


def headline(answers: Answers, share: bool = False) -> tuple[Interval | None, str]:
    """The interval to print, and what it generalises over: `raters and clips`, or `raters` if clips are few.

    Identical answers do not show how far others would differ, so a mean of them has no interval.

    Args:
        share: answers are 0 or 1; if they are identical, the interval is Wilson's, over raters.
    """
    two_ways = answers.num_clips >= FEWEST_CLIPS
    found = two_way(answers) if two_ways else over_raters(answers)
    if found and not found.wide:
        return (wilson(answers.mean, answers.num_raters), "raters") if share else (None, "raters")
    return found, "raters and clips" if two_ways else "raters"


def wilson(share: float, count: int) -> Interval:
    """Interval of a share of `count` independent answers (Wilson 1927), rounded to whole answers."""
    found = stats.binomtest(round(share * count), count).proportion_ci(LEVEL, "wilson")
    return Interval(float(found.low), float(found.high))


def ends(interval: Interval | None, low: float = -np.inf, high: float = np.inf) -> list[float] | None:
    """An interval cut off at the ends of the scale, as JSON; None without a width, which would claim certainty."""
    if interval is None or not interval.wide:
        return None
    clipped = interval.clipped(low, high)
    return [clipped.low, clipped.high]


def over_raters(answers: Answers) -> Interval | None:
    """Student's t on raters' means, R - 1 degrees of freedom."""
    if answers.num_raters < 2:
        return None
    error = answers.rater_means.std(ddof=1) / np.sqrt(answers.num_raters)
    return around(answers.mean, error, answers.num_raters - 1)


def two_way(answers: Answers) -> Interval | None:
    """Student's t on `two_way_error`, whose first term alone is that of `over_raters`."""
    if answers.num_raters < 2 or answers.num_clips < 2:
        return None
    return around(answers.mean, *two_way_error(answers))


def two_way_error(answers: Answers, less: Answers | None = None) -> tuple[float, float]:
    """Standard error and Satterthwaite's degrees of freedom of a mean whose votes share raters and clips.

    With u the influence of each vote on the mean, the variance is the sum over raters of (sum of their u) squared, plus
    the same over clips, minus the same over pairs of rater and clip, which both contain (Cameron, Gelbach and Miller
    2011, equation 2.13).

    Args:
        less: the same raters' answers to another system's clips: the mean is then that of the raters' differences.
            Clips of both systems are clustered by label, so that a label's effect on both cancels; if the two share
            fewer than `FEWEST_LABELS`, each system's clips are a sample of their own.
    """
    means = answers.rater_means if less is None else answers.rater_means - less.rater_means
    by_rater = means.var(ddof=1) / len(means)
    samples = _samples(answers, less)
    by_cluster = [sample.by_cluster for sample in samples]
    # Without their rater's level, influences oppose each other, so clips alone may give more than the total variance.
    least = max(by_rater, *by_cluster) if less is None else by_rater
    variance = max(by_rater + sum(by_cluster) - sum(sample.by_cell for sample in samples), least)
    if not variance:
        return 0.0, len(means) - 1.0
    degrees = [len(means) - 1, *(sample.count - 1 for sample in samples)]
    freedom = _freedom(variance, (by_rater, *by_cluster), degrees)
    # A sum has at least the degrees of freedom of its poorest part, however little remains after the subtraction.
    return float(np.sqrt(variance)), float(freedom if less is None else max(freedom, min(degrees)))


def clustered(
    by_rater: np.ndarray, samples: Sequence[Sample] = (), shared: Sample | None = None
) -> tuple[float, float]:
    """Standard error and Satterthwaite's degrees of freedom of an estimate, from its votes' influences.

    As in `two_way_error`; each sample has its own clips, and all have the same raters.

    Args:
        by_rater: the sum of each rater's influences, [raters].
        samples: empty if the estimate is about these clips only.
        shared: votes that are in two samples, each about two clips, clustered by these two: both samples count it.
    """
    count = len(by_rater)
    of_raters = count / (count - 1) * np.square(by_rater).sum()
    by_clip = [sample.by_cluster for sample in samples]
    twice = sum(sample.by_cell for sample in samples) + (shared.by_cluster - shared.by_cell if shared else 0)
    variance = max(of_raters + sum(by_clip) - twice, of_raters, *by_clip)
    degrees = [count - 1, *(sample.count - 1 for sample in samples)]
    freedom = _freedom(variance, (of_raters, *by_clip), degrees) if variance else degrees[0]
    return float(np.sqrt(variance)), float(max(freedom, min(degrees)))


def _freedom(variance: float, parts: Sequence[float], degrees: Sequence[int]) -> float:
    """Degrees of freedom of a variance that is a sum of parts (Satterthwaite 1946)."""
    return variance**2 / sum(part**2 / degree for part, degree in zip(parts, degrees, strict=True))


def around(mean: float, error: float, freedom: float) -> Interval:
    """Student's t interval, from a standard error and its degrees of freedom."""
    reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    return Interval(float(mean - reach), float(mean + reach))


def _levelled(first: Answers, second: Answers) -> list[np.ndarray]:
    """Influences of both sides' votes, [votes] each, minus the level of their rater's other votes.

    A rater's level cancels in a difference. The vote itself is left out of the level, which would otherwise remove a
    part of what the vote's label or clip adds, and with many raters that is nearly all there is. The result is
    n / (n - 1) times the vote minus the level of all n (MacKinnon and White 1985, HC3).
    """
    off = [side.values - side.mean for side in (first, second)]
    votes = np.bincount(first.rater) + np.bincount(second.rater)
    level = (np.bincount(first.rater, off[0]) + np.bincount(second.rater, off[1])) / votes
    scale = votes / (votes - 1)
    return [
        side.weights * scale[side.rater] * (own - level[side.rater])
        for side, own in zip((first, second), off, strict=True)
    ]


def _samples(answers: Answers, less: Answers | None) -> list[Sample]:
    if less is None:
        return [Sample(answers.weights * (answers.values - answers.mean), answers.rater, answers.clip)]
    first, second = _levelled(answers, less)
    if len(np.intersect1d(answers.labels, less.labels)) < FEWEST_LABELS:
        return [Sample(first, answers.rater, answers.clip), Sample(second, less.rater, less.clip)]
    _, label = np.unique(np.r_[answers.labels, less.labels], return_inverse=True)
    return [Sample(np.r_[first, -second], np.r_[answers.rater, less.rater], label)]
