"""Real or invented: how often listeners are wrong, and how well they could tell (signal detection theory).

A real clip called real is a hit, an invented one called real a false alarm. Sensitivity d' = z(H) - z(F) does not
depend on how readily a listener says "real"; the criterion c = -(z(H) + z(F)) / 2 measures that: below 0, readily.
All raters' votes are pooled. To keep rates off 0 and 1, two votes, half of them "real", are added in proportion to the
sides' numbers of votes. If these are equal, that is one vote a side, (k + 0.5) / (n + 1), the log-linear rule of Hautus
(1995). The proportion makes d' 0 for equal shares called real, however many votes each is a share of.

Intervals are Student's t on the votes' influences (the delta method), clustered by rater across both sets, and by clip:
see `intervals.clustered`. Votes of a side that all agree have no influence. The side then reaches as far as Wilson's
interval of as many answers as it has raters does towards 0.5, and reaches add in squares (MOVER, Zou and Donner 2008).
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import FEWEST_CLIPS, Interval, Sample, around, clustered, wilson


@dataclass(frozen=True)
class Detection:
    """Real clips against those of one system.

    Attributes:
        hits, real: answers that call a real clip real, and all answers about real clips.
        false_alarms, invented: answers that call one of the system's clips real, and all answers about those clips.
        error: mean of the two error rates, 0 to 1; guessing gives 0.5.
        d_prime, criterion: see above; guessing gives a d' of 0.
        error_interval, d_prime_interval, criterion_interval: None with one rater.
        over: `raters and clips`, or `raters` where all votes of a side agree or it has fewer than `FEWEST_CLIPS`.
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


def detect(real: Answers, invented: Answers) -> Detection | None:
    """Detection from answers, 1 for `real` and 0 for `invented`. A rater may be in both sets.

    Returns:
        Detection, or None where either set is empty.
    """
    if not len(real) or not len(invented):
        return None
    counts = real.values.sum(), len(real), invented.values.sum(), len(invented)
    estimates = [float(value) for value in rates(*counts)]
    with_clips = min(real.num_clips, invented.num_clips) >= FEWEST_CLIPS
    error, d_prime, criterion = _intervals(estimates, real, invented, with_clips)
    error = error and error.clipped(0, 1)
    agreed = not all(0 < side.values.mean() < 1 for side in (real, invented))
    over = "raters and clips" if with_clips and not agreed else "raters"
    whole = int(counts[0]), counts[1], int(counts[2]), counts[3]
    return Detection(*whole, *estimates, error, d_prime, criterion, over)


def rates(hits, real, false_alarms, invented) -> tuple:
    """Error rate, d' and criterion from counts, or from arrays of them; NaN where a set is empty."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (1 - np.divide(hits, real) + np.divide(false_alarms, invented)) / 2
        added = 2 / np.add(real, invented)  # votes added to each vote
        z_hit, z_false = _z(np.divide(hits, real), added), _z(np.divide(false_alarms, invented), added)
    return error, z_hit - z_false, -(z_hit + z_false) / 2


def _z(share, added):
    """The z of a share of votes, with `added` votes per vote added, half of them "real"."""
    return norm.ppf((share + added / 2) / (1 + added))


def _intervals(estimates: list[float], real: Answers, invented: Answers, with_clips: bool) -> list[Interval | None]:
    """Intervals of error rate, d' and criterion."""
    names = np.unique(np.r_[real.rater_names, invented.rater_names])
    if len(names) < 2:
        return [None] * 3
    sides, added = (real, invented), 2 / (len(real) + len(invented))
    shares = [(side.values - side.values.mean()) / len(side) for side in sides]
    bends = [1 / ((1 + added) * norm.pdf(_z(side.values.mean(), added))) for side in sides]  # dz / dshare
    of_share, of_z = np.transpose([_unseen(side, added) for side in sides])
    ways = (
        ((-0.5, 0.5), of_share / 2),
        ((bends[0], -bends[1]), of_z),
        ((-bends[0] / 2, -bends[1] / 2), of_z / 2),
    )
    found = []
    for estimate, (slope, unseen) in zip(estimates, ways, strict=True):
        samples = [
            Sample(own * share, np.searchsorted(names, side.rater_names)[side.rater], side.clip)
            for own, share, side in zip(slope, shares, sides, strict=True)
        ]
        by_rater = sum(np.bincount(one.rater, one.influence, len(names)) for one in samples)
        seen = around(estimate, *clustered(by_rater, samples if with_clips else ()))
        reach = float(np.hypot.reduce([seen.high - estimate, *unseen]))
        found.append(Interval(estimate - reach, estimate + reach))
    return found


def _unseen(side: Answers, added: float) -> tuple[float, float]:
    """How far a side's share and its z may be off where all its votes agree, which the votes cannot show; else 0."""
    share = side.values.mean()
    if 0 < share < 1:
        return 0.0, 0.0
    ends = wilson(share, side.num_raters)
    end = ends.low if share else ends.high
    return abs(end - share), abs(norm.ppf(end) - _z(share, added))
