"""Intervals of means and shares: against values worked out by hand, scipy's, and how often they hold a known truth."""

import numpy as np
import pytest
from scipy import stats
from voting import STUDIES, WORLDS, World

from audiogan.listening.statistics import intervals
from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.intervals import Interval

COVERAGE = (0.92, 0.98)


class TestIntervals:
    def test_one_rater_one_voice(self):
        answers = Answers([1, 1, 1, 5], ["a", "a", "a", "b"], ["x", "y", "z", "x"])
        assert answers.mean == 3
        assert answers.rater_means.tolist() == [1, 5]

    def test_over_raters_is_scipys_t_interval_of_their_means(self):
        answers = Answers([1, 3, 4, 4, 2], ["a", "a", "b", "b", "c"], list("vwxyz"))  # means 2, 4, 2
        found = intervals.over_raters(answers)
        expected = stats.ttest_1samp([2, 4, 2], 0).confidence_interval(0.95)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    def test_two_way_by_hand(self):
        # Mean 2.5; influences (y - 2.5) / 4: -.375, -.125, .125, .375. By rater: sums -.5, .5, variance 2 * .5 = 1.
        # By clip: sums -.25, .25, variance 2 * .125 = .25. Cells: .3125. In all .9375, below the raters' 1.
        answers = Answers([1, 2, 3, 4], ["a", "a", "b", "b"], ["x", "y", "x", "y"])
        reach = stats.t.ppf(0.975, 1 / (1 + 0.25**2)) * 1.0
        found = intervals.two_way(answers)
        assert (found.low, found.high) == pytest.approx((2.5 - reach, 2.5 + reach))

    def test_two_way_is_over_raters_where_each_heard_other_clips(self):
        values, raters = np.random.default_rng(0).integers(1, 6, 40), np.repeat(np.arange(20), 2)
        answers = Answers(values, raters, np.arange(40))
        two_way, one_way = intervals.two_way(answers), intervals.over_raters(answers)
        assert two_way.high - two_way.low == pytest.approx(one_way.high - one_way.low, rel=0.15)

    def test_two_way_grows_with_what_clips_differ_by(self):
        same, other = (World(clip_sd=sd, raters=60).study(3) for sd in (0.0, 1.0))
        spans = [intervals.two_way(Answers(*study)) for study in (same, other)]
        assert spans[1].high - spans[1].low > 2 * (spans[0].high - spans[0].low)

    def test_bootstrap_agrees_with_drawing_one_by_one(self):
        values, raters, clips = World(raters=12, clips=6).study(1)
        table = {(r, c): v for v, r, c in zip(values, raters, clips, strict=True)}
        stream, means = np.random.default_rng(5), []
        for _ in range(4000):
            drawn_clips = stream.integers(0, 6, 6)
            heard = [[table[r, c] for c in drawn_clips if (r, c) in table] for r in stream.integers(0, 12, 12)]
            means.append(np.mean([np.mean(one) for one in heard if one]))
        found = bootstrap(Answers(values, raters, clips), 4000)
        assert (found.low, found.high) == pytest.approx(np.quantile(means, (0.025, 0.975)), abs=0.06)

    def test_naive_is_196_standard_errors_of_votes(self):
        found = naive(Answers([1, 2, 3, 4, 5], list("aabbc"), list("vwxyz")))
        error = 1.96 * np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5)
        assert (found.low, found.high) == pytest.approx((3 - error, 3 + error))

    def test_headline_generalises_over_clips_only_where_there_are_enough(self):
        few, enough = (Answers(*World(clips=clips, heard=2).study(0)) for clips in (5, 6))
        assert intervals.headline(few) == (intervals.over_raters(few), "raters")
        assert intervals.headline(enough) == (intervals.two_way(enough), "raters and clips")

    def test_too_few_raters_have_no_interval_and_agreement_a_point(self):
        one = Answers([3, 4], ["a", "a"], ["x", "y"])
        assert intervals.over_raters(one) is intervals.two_way(one) is None
        same = Answers([4] * 4, list("aabb"), list("xyxy"))
        assert intervals.two_way(same) == intervals.over_raters(same) == Interval(4, 4)
        assert intervals.headline(same) == (None, "raters")
        assert intervals.ends(Interval(4, 4)) is None
        assert intervals.ends(Interval(-1, 4), 0) == [0, 4]

    def test_wilson_is_scipys(self):
        for count in (0, 3, 15):
            expected = stats.binomtest(count, 15).proportion_ci(method="wilson")
            found = intervals.wilson(count / 15, 15)
            assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    def test_share_that_all_agree_on_has_wilsons_interval_over_raters(self):
        none = Answers([0] * 24, np.repeat(np.arange(4), 6), np.tile(np.arange(6), 4))
        assert intervals.headline(none, share=True) == (intervals.wilson(0, 4), "raters")
        some = Answers([1, *none.values[1:]], none.rater, none.clip)
        assert intervals.headline(some, share=True) == (intervals.two_way(some), "raters and clips")
        assert intervals.headline(Answers([0, 0], ["a", "a"], ["x", "y"]), share=True)[0] is None


def bootstrap(answers: Answers, resamples: int = 1000) -> Interval:
    """Percentiles of the mean with raters and clips drawn anew (Owen 2007, the pigeonhole bootstrap).

    It needs no formula, and is a little too wide: it counts what is neither the rater's nor the clip's three times.
    """
    counts, sums = cells(answers), cells(answers, answers.values)
    raters, clips = drawn(answers.num_raters, resamples, 0), drawn(answers.num_clips, resamples, 1)
    heard = clips @ counts.T  # [resamples, raters]: votes of each rater on the clips drawn
    with np.errstate(invalid="ignore"):
        means = np.where(heard > 0, clips @ sums.T / heard, 0.0)
        voices = raters * (heard > 0)
        estimates = (voices * means).sum(1) / voices.sum(1)
    tail = (1 - intervals.LEVEL) / 2
    return Interval(*np.nanquantile(estimates, (tail, 1 - tail)))


def cells(answers: Answers, values: np.ndarray | None = None) -> np.ndarray:
    """Number of votes of each rater on each clip, or the sum of their `values`: [raters, clips]."""
    shape = answers.num_raters, answers.num_clips
    cell = answers.rater * shape[1] + answers.clip
    return np.bincount(cell, values, shape[0] * shape[1]).reshape(shape)


def drawn(count: int, resamples: int, seed: int) -> np.ndarray:
    """How often each of `count` was drawn in each resample: int64 [resamples, count]."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), resamples)


def naive(answers: Answers) -> Interval:
    """As if each vote came from a listener of its own about a clip of its own, which is wrong."""
    error = 1.96 * answers.values.std(ddof=1) / np.sqrt(len(answers))
    return Interval(answers.values.mean() - error, answers.values.mean() + error)


def coverage(world: World, studies: int, seed: int = 0) -> dict[str, float]:
    """Share of simulated studies whose interval holds the truth, by kind of interval."""
    kinds = {kind.__name__: kind for kind in (intervals.two_way, bootstrap, intervals.over_raters, naive)}
    hits = dict.fromkeys(kinds, 0)
    for number in range(studies):
        answers = Answers(*world.study(seed + number))
        for name, kind in kinds.items():
            interval = kind(answers)
            hits[name] += interval.low <= world.truth <= interval.high
    return {name: count / studies for name, count in hits.items()}


class TestCoverage:
    def test_truth_of_the_simulation_is_its_mean(self):
        world = World(raters=1, clips=1, heard=1, mean=4.0)
        assert np.mean([world.study(seed)[0] for seed in range(6000)]) == pytest.approx(world.truth, abs=0.04)

    def test_sixty_studies_and_the_naive_interval_beside_them(self):
        found = coverage(World(), 60)
        print(found)
        assert found["two_way"] >= 0.88  # 3 standard errors below 0.95 and a little
        assert found["naive"] < found["two_way"]

    @pytest.mark.long
    @pytest.mark.parametrize("name", WORLDS)
    def test_95_percent_intervals_hold_the_truth(self, name, capsys):
        found = coverage(WORLDS[name], STUDIES)
        with capsys.disabled():
            print(f"\n{name:20} " + "  ".join(f"{kind} {share:.1%}" for kind, share in found.items()))
        assert COVERAGE[0] <= found["two_way"] <= COVERAGE[1]
        assert found["naive"] < found["two_way"]


def share_coverage(world: World, share: float, studies: int) -> dict[str, float]:
    """How often a share's interval holds the truth, and how often one without Wilson's would."""
    hits, without = 0, 0
    for seed in range(studies):
        answers = Answers(*world.verdicts(seed, share))
        interval, plain = intervals.headline(answers, share=True)[0], intervals.two_way(answers)
        hits += interval.low <= share <= interval.high
        without += plain.low <= share <= plain.high
    return {"headline": hits / studies, "without Wilson": without / studies}


class TestShareCoverage:
    def test_share_of_the_simulation_is_the_stated_one(self):
        found = [World(raters=1, clips=1, heard=1).verdicts(seed, 0.2)[0] for seed in range(4000)]
        assert np.mean(found) == pytest.approx(0.2, abs=0.02)

    def test_shares_near_the_ends_are_held(self):
        found = share_coverage(World(raters=15), 0.02, 60)
        assert found["headline"] >= 0.88
        assert found["without Wilson"] < found["headline"]

    @pytest.mark.long
    @pytest.mark.parametrize("raters", [15, 30])
    @pytest.mark.parametrize("share", [0.02, 0.05, 0.95])
    def test_95_percent_intervals_hold_shares_near_the_ends(self, raters, share, capsys):
        found = share_coverage(World(raters=raters), share, STUDIES)
        with capsys.disabled():
            print(f"\n{raters} raters, {share:.0%}: " + "  ".join(f"{kind} {part:.1%}" for kind, part in found.items()))
        assert found["headline"] >= 0.88
