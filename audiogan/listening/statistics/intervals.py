"""Means of answers, and how far they may be from what all listeners would say of all such sounds.

One listener gives many votes and one clip gets many, so votes are not independent. The estimate is the mean of raters'
means: one rater, one voice (only `detection` and `preference` pool votes). Two intervals come with it:

- `two_way`, the headline: rater and clip clusters both count (Cameron, Gelbach and Miller 2011), with Student's t
  at Satterthwaite's degrees of freedom. It speaks of other listeners and of other clips of the same system, of the
  labels that were heard: how far other labels would move a mean, a few of them cannot tell.
- `over_raters`: t with R - 1 degrees of freedom on raters' means. It speaks of other listeners and the same clips, and
  is the headline where there are too few clips to learn from how they differ.

How often both hold the truth, and how often a bootstrap would, or votes taken as independent, is in the tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from audiogan.listening.statistics.answers import Answers

LEVEL = 0.95
FEWEST_CLIPS = 6  # for the two-way interval
FEWEST_LABELS = 6  # that two systems share, for their clips to count by label


@dataclass(frozen=True)
class Interval:
    """A confidence interval of `LEVEL`; None where there are too few raters for one."""

    low: float
    high: float

    @property
    def wide(self) -> bool:
        """It has a width: the answers behind it differ, by more than rounding."""
        return self.high - self.low > 1e-9

    def clipped(self, low: float, high: float) -> "Interval":
        """Kept within what the scale has."""
        return Interval(max(self.low, low), min(self.high, high))


@dataclass(frozen=True)
class Sample:
    """Influences of votes on a mean, and what they share: raters, and clusters of clips, from 0. [votes] each."""

    influence: np.ndarray
    rater: np.ndarray
    cluster: np.ndarray

    @property
    def count(self) -> int:
        return int(self.cluster.max()) + 1

    @property
    def by_cluster(self) -> float:
        """The variance that clusters explain: of the sum of influences in each."""
        return self.count / (self.count - 1) * np.square(np.bincount(self.cluster, self.influence)).sum()

    @property
    def by_cell(self) -> float:
        """That which a rater and a cluster explain together."""
        return np.square(np.bincount(self.rater * self.count + self.cluster, self.influence)).sum()


def headline(answers: Answers, share: bool = False) -> tuple[Interval | None, str]:
    """The interval to print, and over what it generalises: `raters and clips`, or `raters` where clips are few.

    Where no answer differs from another nothing says how far others would: a mean has no interval there.

    Args:
        share: answers are 0 or 1, and where they do not differ the interval is Wilson's, over raters.
    """
    two_ways = answers.num_clips >= FEWEST_CLIPS
    found = two_way(answers) if two_ways else over_raters(answers)
    if found and not found.wide:
        return (wilson(answers.mean, answers.num_raters), "raters") if share else (None, "raters")
    return found, "raters and clips" if two_ways else "raters"


def wilson(share: float, count: int) -> Interval:
    """Of a share of `count` answers that are independent (Wilson 1927), to the nearest whole answer."""
    found = stats.binomtest(round(share * count), count).proportion_ci(LEVEL, "wilson")
    return Interval(float(found.low), float(found.high))


def ends(interval: Interval | None, low: float = -np.inf, high: float = np.inf) -> list[float] | None:
    """An interval within what the scale has, as JSON; None for one without width, which claims what nobody knows."""
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

    With u the influence of each vote on the mean, the variance is the sum over raters of (sum of their u) squared, and
    the same over clips, less the sum of u squared, which both contain (Cameron, Gelbach and Miller 2011, equation
    2.13).

    Args:
        less: what the same raters said of another system's clips: the mean is then that of the raters' differences.
            Clips of one label then count together, whichever system's they are, so that what a label adds to both
            cancels; each system's are a sample of their own where the two share fewer than `FEWEST_LABELS`.
    """
    means = answers.rater_means if less is None else answers.rater_means - less.rater_means
    by_rater = means.var(ddof=1) / len(means)
    samples = _samples(answers, less)
    by_cluster = [sample.by_cluster for sample in samples]
    # Without their level a rater's influences pull against each other, so clips alone may hold more than all there is.
    least = max(by_rater, *by_cluster) if less is None else by_rater
    variance = max(by_rater + sum(by_cluster) - sum(sample.by_cell for sample in samples), least)
    if not variance:
        return 0.0, len(means) - 1.0
    degrees = [len(means) - 1, *(sample.count - 1 for sample in samples)]
    freedom = _freedom(variance, (by_rater, *by_cluster), degrees)
    # A sum has at least the degrees of its poorest part, however little subtracting leaves of it.
    return float(np.sqrt(variance)), float(freedom if less is None else max(freedom, min(degrees)))


def clustered(
    by_rater: np.ndarray, samples: Sequence[Sample] = (), shared: Sample | None = None
) -> tuple[float, float]:
    """Standard error and Satterthwaite's degrees of freedom of an estimate, from its votes' influences.

    As in `two_way_error`, each sample with clips of its own and all of them with the same raters.

    Args:
        by_rater: the sum of each rater's influences, [raters].
        samples: none where the estimate is of these clips.
        shared: votes that are in two samples, each about two clips, by which two these are: what both samples count.
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
    """Student's t, from a standard error and its degrees of freedom."""
    reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
    return Interval(float(mean - reach), float(mean + reach))


def _levelled(first: Answers, second: Answers) -> list[np.ndarray]:
    """Influences of both sides' votes, [votes] each, less the level of their rater's other votes.

    A rater's own level cancels in a difference. Of others, because a level that holds the vote itself takes with it a
    part of what the vote's label or clip adds, and with many raters that is nearly all there is. It is n / (n - 1)
    times the vote less the level of all n (MacKinnon and White 1985, HC3).
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
