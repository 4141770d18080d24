"""Statistics against values worked out by hand, other libraries' answers, and simulated listeners."""

import json

import choix
import krippendorff
import numpy as np
import pytest
import statsmodels.api
import statsmodels.stats.multitest
import statsmodels.stats.proportion
import statsmodels.stats.sandwich_covariance
from scipy import stats
from voting import World, exclusion, vote

from audiogan.listening.statistics import agreement, comparisons, detection, intervals, naming, preference
from audiogan.listening.statistics.analysis import analyse, ordered
from audiogan.listening.statistics.intervals import Answers, Interval
from audiogan.listening.votes import CANNOT_TELL

STUDIES = 500
COVERAGE = (0.92, 0.98)
WORLDS = {
    "default study": World(),
    "few raters": World(raters=15),
    "many raters": World(raters=60, mean=2.0),
    "raters differ most": World(rater_sd=0.7, clip_sd=0.1),
    "clips differ most": World(rater_sd=0.2, clip_sd=0.6, noise_sd=0.5),
    "near the top": World(raters=100, mean=4.2),
    "everyone hears all": World(heard=12),
}


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
        found = intervals.bootstrap(Answers(values, raters, clips), 4000)
        assert (found.low, found.high) == pytest.approx(np.quantile(means, (0.025, 0.975)), abs=0.06)

    def test_naive_is_196_standard_errors_of_votes(self):
        found = intervals.naive(Answers([1, 2, 3, 4, 5], list("aabbc"), list("vwxyz")))
        error = 1.96 * np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5)
        assert (found.low, found.high) == pytest.approx((3 - error, 3 + error))

    def test_headline_generalises_over_clips_only_where_there_are_enough(self):
        few, enough = (Answers(*World(clips=clips, heard=2).study(0)) for clips in (5, 6))
        assert intervals.headline(few) == (intervals.over_raters(few), "raters")
        assert intervals.headline(enough) == (intervals.two_way(enough), "raters and clips")

    def test_too_few_raters_have_no_interval_and_agreement_a_point(self):
        one = Answers([3, 4], ["a", "a"], ["x", "y"])
        assert intervals.over_raters(one) is intervals.two_way(one) is intervals.bootstrap(one) is None
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


def coverage(world: World, studies: int, seed: int = 0) -> dict[str, float]:
    """Share of simulated studies whose interval holds the truth, by kind of interval."""
    kinds = {kind.__name__: kind for kind in (intervals.two_way, intervals.bootstrap, intervals.over_raters)}
    kinds["naive"] = intervals.naive
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


class TestDetection:
    def test_rates_by_hand(self):
        # H = (8 + .5) / 11, F = (2 + .5) / 11: symmetric, so c = 0 and d' = 2 z(H); errors 2/10 and 2/10.
        error, d_prime, criterion = detection.rates(8, 10, 2, 10)
        assert error == pytest.approx(0.2)
        assert d_prime == pytest.approx(2 * stats.norm.ppf(8.5 / 11))
        assert criterion == pytest.approx(0)

    def test_perfect_listener_has_finite_sensitivity(self):
        assert detection.rates(10, 10, 0, 10)[1] == pytest.approx(2 * stats.norm.ppf(10.5 / 11))

    def test_who_says_real_to_all_has_a_negative_criterion_and_no_sensitivity(self):
        error, d_prime, criterion = detection.rates(10, 10, 10, 10)
        assert (error, d_prime) == (0.5, 0)
        assert criterion < -1

    def test_detect_counts_and_its_interval_holds_the_truth(self):
        stream, raters = np.random.default_rng(0), [f"r{n:02}" for n in np.repeat(np.arange(40), 6)]
        clips = np.tile(np.arange(6), 40)
        real, invented = (Answers(stream.random(240) < p, raters, clips) for p in (0.8, 0.3))
        found = detection.detect(real, invented, (raters, raters))
        assert (found.real, found.invented) == (240, 240)
        assert found.hits == real.values.sum()
        truth = stats.norm.ppf(0.8) - stats.norm.ppf(0.3)
        assert found.d_prime_interval.low < truth < found.d_prime_interval.high
        assert found.error_interval.low < 0.25 < found.error_interval.high

    def test_few_clips_on_either_side_are_not_drawn_anew(self):
        stream, raters = np.random.default_rng(0), [f"r{n:02}" for n in np.repeat(np.arange(30), 6)]
        clips = np.tile(np.arange(6), 30)
        real, invented = (Answers(stream.random(180) < p - 0.4 * (clips > 2), raters, clips) for p in (0.9, 0.5))
        few = Answers(invented.values, raters, clips % 5)
        found, of_raters = (detection.detect(real, other, (raters, raters)) for other in (invented, few))
        assert (found.over, of_raters.over) == ("raters and clips", "raters")
        assert of_raters.error == found.error
        drawn = intervals.draws(30, intervals.RESAMPLES)
        hits, alarms = (drawn @ side.reshape(30, 6).sum(1) for side in (real.values, few.values))
        expected = np.quantile((1 - hits / 180 + alarms / 180) / 2, (0.025, 0.975))
        assert (of_raters.error_interval.low, of_raters.error_interval.high) == pytest.approx(tuple(expected))

    def test_nothing_to_compare_is_none(self):
        some, none = Answers([1], ["a"], ["x"]), Answers([], [], [])
        assert detection.detect(some, none, (["a"], [])) is None


class TestPreference:
    def test_wins_count_a_tie_as_half(self):
        rows = [
            vote("a", "x", "first", "preference", other_system="y"),
            vote("a", "y", "second", "preference", other_system="x"),
            vote("b", "x", "tie", "preference", other_system="y"),
        ]
        table = preference.wins(rows, ["x", "y"], ["a", "b"])
        assert table.tolist() == [[[0, 2], [0, 0]], [[0, 0.5], [0.5, 0]]]

    def test_two_systems_by_hand(self):
        found = preference.strengths(np.array([[0.0, 30.0], [10.0, 0.0]]), prior=0)
        assert found[0] - found[1] == pytest.approx(np.log(3))
        assert found.sum() == pytest.approx(0)

    def test_strengths_are_choixs(self):
        table = np.random.default_rng(0).integers(1, 12, (5, 5)).astype(float)
        np.fill_diagonal(table, 0)
        pairs = [(i, j) for i in range(5) for j in range(5) for _ in range(int(table[i, j]))]
        np.testing.assert_allclose(preference.strengths(table, prior=0), choix.ilsr_pairwise(5, pairs), atol=1e-6)

    def test_who_never_lost_is_finite_and_first(self):
        found = preference.strengths(np.array([[0.0, 9, 9], [0, 0, 5], [0, 4, 0]]))
        assert np.isfinite(found).all()
        assert np.argmax(found) == 0

    def test_interval_holds_the_estimate(self):
        tables = np.random.default_rng(1).poisson(1.0, (20, 3, 3)).astype(float)
        for interval, value in zip(
            preference.strength_intervals(tables, 200), preference.strengths(tables.sum(0)), strict=True
        ):
            assert interval.low < value < interval.high


class TestAgreement:
    def test_alpha_is_krippendorffs(self):
        stream = np.random.default_rng(0)
        for spread in (0.3, 1.0, 3.0):
            table = np.clip(np.rint(stream.normal(3, 1, 20) + stream.normal(0, spread, (6, 20))), 1, 5)
            table[stream.random(table.shape) < 0.4] = np.nan
            expected = krippendorff.alpha(table, level_of_measurement="ordinal")
            assert agreement.ordinal_alpha(table) == pytest.approx(expected)

    def test_alpha_of_the_same_answers_is_one_and_of_nothing_none(self):
        assert agreement.ordinal_alpha(np.array([[1.0, 2, 5], [1, 2, 5]])) == 1
        assert agreement.ordinal_alpha(np.array([[3.0, 3], [3, 3]])) is None
        assert agreement.ordinal_alpha(np.array([[1.0, np.nan], [np.nan, 2]])) is None
        assert agreement.ordinal_alpha(np.zeros((0, 0))) is None

    def test_leave_one_out_by_hand(self):
        table = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4], [4, 3, 2, 1]])
        found = agreement.leave_one_out(table)
        assert found == [pytest.approx(-1)]  # for the first two, the mean of the others is flat

    def test_repeats_pair_a_sitting_with_itself(self):
        rows = [
            vote("a", value=2),
            vote("a", value=5, role="repeat"),
            vote("b", value=3),
            vote("b", value=3, role="repeat", stimulus="other"),
        ]
        assert agreement.repeats(rows) == [3]


def one_clip(values) -> Answers:
    """An answer each of raters 0, 1, ... to one clip."""
    return Answers(values, np.arange(len(values)), ["c"] * len(values))


class TestComparisons:
    def test_rater_means(self):
        rows = [vote("a", "x", 1), vote("a", "x", 3), vote("b", "y", 5)]
        means = comparisons.rater_means(rows, ["x", "y"])
        np.testing.assert_array_equal(means, [[2, np.nan], [np.nan, 5]])

    def test_holm_is_statsmodels_and_by_hand(self):
        assert comparisons.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
        p = np.random.default_rng(0).random(12) ** 3
        np.testing.assert_allclose(comparisons.holm(p), statsmodels.stats.multitest.multipletests(p, method="holm")[1])
        assert comparisons.holm([]) == []

    def test_friedman_by_hand(self):
        # Four raters rank three systems alike: rank sums 4, 8, 12; chi2 = 12 / (4 * 3 * 4) * 224 - 3 * 4 * 4 = 8.
        found = comparisons.friedman(np.array([[1.0, 2, 3], [2, 3, 4], [1, 3, 5], [1, 2, 5], [np.nan, 1, 1]]))
        assert (found["raters"], found["chi_squared"], found["kendall_w"]) == (4, pytest.approx(8), pytest.approx(1))

    def test_pairs_are_scipys_and_corrected(self):
        means = np.random.default_rng(0).normal((3, 2.5, 2), 1, (25, 3))
        pairs = comparisons.pairwise({name: one_clip(column) for name, column in zip("abc", means.T, strict=True)})
        expected = [stats.wilcoxon(means[:, i], means[:, j]).pvalue for i, j in ((0, 1), (0, 2), (1, 2))]
        assert [(pair["first"], pair["second"]) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
        assert [pair["p"] for pair in pairs] == pytest.approx(expected)
        assert [pair["p_holm"] for pair in pairs] == pytest.approx(comparisons.holm(expected))
        assert pairs[1]["difference"] == pytest.approx((means[:, 0] - means[:, 2]).mean())

    def test_few_clips_are_tested_over_raters(self):
        means = np.random.default_rng(0).normal((3, 2.5), 1, (25, 2))
        (pair,) = comparisons.pairwise({"a": one_clip(means[:, 0]), "b": one_clip(means[:, 1])})
        expected = stats.ttest_rel(*means.T).confidence_interval(0.95)
        assert pair["over"] == "raters"
        assert pair["interval"] == pair["interval_over_raters"] == pytest.approx([expected.low, expected.high])
        assert (pair["p_headline"], pair["p_headline_holm"]) == (pair["p"], pair["p_holm"])

    def test_two_way_difference_by_hand(self):
        first = Answers([4, 4, 3, 5], list("rrss"), list("uvuv"))  # raters' means 4, 4
        second = Answers([1, 3, 4, 4], list("rrss"), list("xyxy"))  # 2, 4
        # Differences 2 and 0: by rater, variance 2 / 2 = 1. Means 4 and 3, so off by 0, 0, -1, 1 and -2, 0, 1, 1;
        # levels -.5 (r) and .5 (s); left .5, .5, -1.5, .5 and -1.5, .5, .5, .5; influences / 4 * sqrt(4 / 3).
        # By clip: -1 and 1 on each side, 2 / 16 * 4 / 3 * 2 = 1 / 3 each. Cells: 6 / 16 * 4 / 3 = .5.
        error, freedom = intervals.two_way_error(first, second)
        assert error == pytest.approx(np.sqrt(1 + 1 / 3 + 1 / 3 - 0.5))
        assert freedom == pytest.approx((7 / 6) ** 2 / (1 + 1 / 9 + 1 / 9))

    def test_two_way_difference_is_statsmodels_clustered_regression(self):
        first, second = (Answers(*system) for system in World(raters=40).systems(3, 2))
        rater, clip = np.r_[first.rater, second.rater], np.r_[first.clip, 12 + second.clip]
        design = np.c_[np.repeat((1.0, 0.0), len(first)), np.eye(40)[rater]]  # a system, and each rater's own level
        model = statsmodels.api.OLS(np.r_[first.values, second.values], design).fit()
        found = statsmodels.stats.sandwich_covariance.cov_cluster_2groups(model, rater, clip, use_correction=False)
        both, by_rater, by_clip = (covariance[0, 0] for covariance in found)
        cells = by_rater + by_clip - both
        expected = 40 / 39 * by_rater + 6 / 5 * (12 / 11 * by_clip - cells)  # 6 votes a rater
        assert intervals.two_way_error(first, second)[0] == pytest.approx(np.sqrt(expected))
        difference, p = comparisons.two_way(first, second)
        assert model.params[0] == pytest.approx((difference.low + difference.high) / 2)
        assert (p < 0.05) == (not difference.low <= 0 <= difference.high)

    def test_raters_who_nearly_agree_have_a_finite_interval(self):
        for seed in range(20):
            clips = np.random.default_rng(seed).permuted(np.tile(np.arange(12), (30, 1)), axis=1)[:, :2].ravel()
            first, second = (Answers([5, value] * 30, np.repeat(np.arange(30), 2), clips) for value in (3, 1))
            first.values[1] = 4  # the means of all others are 4 and 3
            error, freedom = intervals.two_way_error(first, second)
            assert error > 0.016  # what raters differ by: 0.5 / 30
            assert freedom >= 11

    def test_only_who_heard_both_count(self):
        values, raters, clips = np.tile(np.arange(1, 6), 6), np.repeat(np.arange(6), 5), np.tile(np.arange(5), 6)
        first, second = Answers(values, raters, clips), Answers(6 - values, raters + 3, clips)
        (pair,) = comparisons.pairwise({"a": first, "b": second})
        assert (pair["raters"], pair["difference"]) == (3, 0)
        assert pair["p"] is pair["p_headline"] is None
        (none,) = comparisons.pairwise({"a": first, "b": Answers([1], ["x"], ["y"])})
        assert (none["raters"], none["difference"], none["interval"]) == (0, None, None)

    def test_unanimous_raters_are_no_certainty_about_clips(self):
        first, second = (
            Answers([value] * 48, np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)) for value in (5, 3)
        )
        (pair,) = comparisons.pairwise({"a": first, "b": second})
        assert (pair["difference"], pair["over"], pair["p_headline"]) == (2, "raters", 2 / 2**8)

    def test_signed_rank_is_exact_with_ties_and_without(self):
        # Of 8 sign patterns of ranks 1, 2, 3, one has a sum of 6 and one of 0: p = 2 / 8.
        assert comparisons.signed_rank_p(np.array([0.5, 1.0, 2.0, 0.0])) == pytest.approx(0.25)
        # Ranks 1.5, 1.5, 3: sums 6 and 0, and 4.5 and 1.5 twice each: 6 of 8 are as far from 3 as 1.5 is.
        assert comparisons.signed_rank_p(np.array([-1.0, 1.0, -2.0])) == pytest.approx(6 / 8)
        stream = np.random.default_rng(0)
        for count in (8, 30, 55):
            untied = stream.normal(0.3, 1, count)
            assert comparisons.signed_rank_p(untied) == pytest.approx(stats.wilcoxon(untied, method="exact").pvalue)
        many = stream.normal(0.2, 1, 200)
        assert comparisons.signed_rank_p(many) == pytest.approx(stats.wilcoxon(many, method="asymptotic").pvalue)

    def test_rank_biserial_by_hand(self):
        assert comparisons.rank_biserial(np.array([1.0, 2, 3, -4])) == pytest.approx((1 + 2 + 3 - 4) / 10)
        assert comparisons.rank_biserial(np.array([0.0])) == 0

    def test_too_few_pairs_have_no_p_value(self):
        (pair,) = comparisons.pairwise({"a": one_clip([1.0, 2]), "b": one_clip([2.0, 4])})
        assert (pair["raters"], pair["difference"], pair["p"], pair["p_holm"]) == (2, -1.5, None, None)
        assert pair["p_headline"] is pair["p_headline_holm"] is None
        assert comparisons.friedman(np.ones((4, 3))) is None


def false_alarms(world: World, studies: int, count: int = 2, seed: int = 0) -> dict[str, float]:
    """Of studies of equal systems, the share where any pair differs at 5 %: by each p after Holm, and by intervals."""
    found = dict.fromkeys(("headline", "headline interval", "these clips", "these clips interval"), 0)
    for number in range(studies):
        systems = world.systems(seed + number, count)
        pairs = comparisons.pairwise({str(place): Answers(*system) for place, system in enumerate(systems)})
        found["headline"] += any(pair["p_headline_holm"] < 0.05 for pair in pairs)
        found["these clips"] += any(pair["p_holm"] is not None and pair["p_holm"] < 0.05 for pair in pairs)
        for name, key in (("headline interval", "interval"), ("these clips interval", "interval_over_raters")):
            found[name] += any(pair[key][0] > 0 or pair[key][1] < 0 for pair in pairs)
    return {name: found_in / studies for name, found_in in found.items()}


class TestFalseAlarms:
    @pytest.mark.parametrize("name", ["default study", "many raters", "clips differ most"])
    def test_equal_systems_seldom_differ(self, name):
        found = false_alarms(WORLDS[name], 150)
        assert found["headline"] <= 0.09  # 0.07, and a standard error of 150 studies
        assert found["headline interval"] == found["headline"]
        assert found["these clips"] > 0.15  # why the clips must count

    def test_any_of_fifteen_pairs_seldom_differs(self):
        found = false_alarms(WORLDS["default study"], 30, count=6)
        assert found["headline"] <= 0.1
        assert found["these clips"] > 0.25

    def test_labels_that_differ_make_the_test_conservative(self):
        found = 0
        for seed in range(100):
            stream, sides = np.random.default_rng(seed), []
            of_raters, of_labels = stream.normal(0, 0.5, 30), stream.normal(0, 0.6, 6)
            for _ in range(2):
                clips = np.argsort(stream.random((30, 12)), axis=1)[:, :3].ravel()
                raters, of_clips = np.repeat(np.arange(30), 3), np.repeat(of_labels, 2) + stream.normal(0, 0.3, 12)
                felt = 3 + of_raters[raters] + of_clips[clips] + stream.normal(0, 0.7, 90)
                sides.append(Answers(np.clip(np.rint(felt), 1, 5), raters, clips))
            found += comparisons.two_way(*sides)[1] < 0.05
        assert found <= 3  # of 5 that a test at 5 % may find

    def test_systems_that_do_differ_are_found(self):
        found = 0
        for seed in range(60):
            first, second = (Answers(*system) for system in World(mean=2.5).systems(seed, 2))
            better = Answers(np.minimum(first.values + 1, 5), first.rater, first.clip)
            found += comparisons.two_way(better, second)[1] < 0.05
        assert found / 60 > 0.8

    @pytest.mark.long
    @pytest.mark.parametrize("name", [*WORLDS, "clips are alike"])
    def test_equal_systems_differ_in_five_per_cent(self, name, capsys):
        world = (WORLDS | {"clips are alike": World(clip_sd=0.0)})[name]
        one, family = false_alarms(world, 2 * STUDIES), false_alarms(world, STUDIES, count=6)
        with capsys.disabled():
            for title, found in (("one pair", one), ("any of 15", family)):
                print(f"\n{name:22} {title:10} " + "  ".join(f"{kind} {share:.1%}" for kind, share in found.items()))
        assert one["headline"] <= 0.07
        assert family["headline"] <= 0.08


class TestNaming:
    def test_confusion_by_hand(self):
        said = [("Flute", "Flute"), ("Flute", "Oboe"), ("Gong", "Gong"), ("Gong", CANNOT_TELL)]
        found = naming.confusion([vote(label=label, value=value, question="naming") for label, value in said])
        assert found["labels"] == ["Flute", "Gong"]
        assert found["answers"] == ["Flute", "Gong", "Oboe", CANNOT_TELL]
        assert found["counts"] == [[1, 0, 1, 0], [0, 1, 0, 1]]
        assert (found["accuracy"], found["cannot_tell"]) == (0.5, 0.25)
        assert found["interval"] is None  # of one rater

    def test_accuracy_is_the_mean_of_raters_with_the_interval_of_means(self):
        right = {"a": "FFF", "b": "FO", "c": "OFO"}  # three of three, one of two, one of three
        names = {"F": "Flute", "O": "Oboe"}
        rows = [
            vote(rater, label="Flute", value=names[said], question="naming", stimulus=f"c{number}")
            for rater, answers in right.items()
            for number, said in enumerate(answers)
        ]
        found, shares = naming.confusion(rows), [1, 1 / 2, 1 / 3]
        expected = stats.ttest_1samp(shares, 0).confidence_interval(0.95)
        assert found["accuracy"] == pytest.approx(np.mean(shares))
        assert (found["over"], found["clips"]) == ("raters", 3)
        assert found["interval"] == [max(expected.low, 0), min(expected.high, 1)]
        assert naming.confusion([])["accuracy"] is None

    def test_interval_over_clips_holds_what_wilson_misses(self):
        truth = stats.norm.sf(2.5, 3.0, np.sqrt(0.3**2 + 1.0**2 + 0.5**2))
        covered, wilson = 0, 0
        for seed in range(100):
            values, raters, clips = World(rater_sd=0.3, clip_sd=1.0, noise_sd=0.5).study(seed)
            rows = [
                vote(f"r{rater}", label="Flute", value="Flute" if value >= 3 else "Oboe", stimulus=f"c{clip}")
                for value, rater, clip in zip(values, raters, clips, strict=True)
            ]
            low, high = naming.confusion(rows)["interval"]
            covered += low <= truth <= high
            low, high = statsmodels.stats.proportion.proportion_confint(sum(values >= 3), 90, method="wilson")
            wilson += low <= truth <= high
        assert covered >= 88
        assert wilson < 85


def small_study(raters: int = 4) -> list[dict]:
    """Two systems, two clips each; each rater likes real more by 2, and the last rater is turned round."""
    rows = []
    for number in range(raters):
        name, turned = f"r{number}", number == raters - 1
        for system, value in (("real", 5), ("net", 3)):
            for clip in range(2):
                rated = 6 - value if turned else value
                place = {"stimulus": f"{system}{clip}", "label": ("Flute", "Gong")[clip]}
                rows.append(vote(name, system, rated, **place))
                said = "real" if (system == "real") != turned else "invented"
                rows.append(vote(name, system, said, "real", **place))
    return rows


class TestAnalysis:
    def test_means_counts_and_detection(self):
        found = analyse(small_study())["all"]
        assert found["systems"] == ["real", "net"]
        real, net = found["scales"]["quality"]
        assert (real["mean"], net["mean"]) == (4.0, 3.0)  # (5 + 5 + 5 + 1) / 4
        assert (real["votes"], real["raters"], real["clips"], real["distribution"]) == (8, 4, 2, [2, 0, 0, 0, 6])
        assert real["over"] == "raters"
        detected = found["real"][1]["detection"]
        assert (detected["hits"], detected["real"], detected["false_alarms"], detected["invented"]) == (6, 8, 2, 8)
        assert detected["error"] == 0.25
        assert found["real"][0]["detection"] is None
        assert found["counts"]["raters"] == 4
        classes = [(row["label"], row["system"], row["votes"]) for row in found["classes"]["quality"]]
        assert classes == [("Flute", "real", 4), ("Flute", "net", 4), ("Gong", "real", 4), ("Gong", "net", 4)]

    def test_exclusions_leave_one_block_as_it_was_and_thin_the_other(self):
        rows = [*small_study(), exclusion("max_gold_failed", session_id="s-r3")]
        found = analyse(rows)
        assert found["all"] == analyse(small_study())["all"]
        assert found["screened"]["scales"]["quality"][0]["mean"] == 5
        assert found["exclusions"] == {"sessions": 1, "votes": 8, "withdrawn": 0, "rules": {"max_gold_failed": 1}}
        single = analyse([*small_study(), exclusion(vote_id=small_study()[0]["vote_id"])])
        assert single["exclusions"]["votes"] == 2  # the answers of one trial share their receipt

    def test_withdrawn_votes_are_nowhere(self):
        found = analyse([*small_study(), exclusion("withdrawn", session_id="s-r3")])
        assert found["all"] == found["screened"]
        assert found["all"]["scales"]["quality"][0]["mean"] == 5
        assert found["exclusions"] == {"sessions": 0, "votes": 0, "withdrawn": 1, "rules": {}}

    def test_checks_are_no_results(self):
        rows = [*small_study(), *(vote("x", "noise", 1, role=role) for role in ("gold", "training", "repeat"))]
        assert analyse(rows)["all"]["scales"] == analyse(small_study())["all"]["scales"]
        assert analyse(rows)["all"]["systems"] == ["real", "net"]

    def test_preliminary_below_the_stated_number_of_raters(self):
        assert analyse(small_study(), 5)["all"]["preliminary"]
        assert not analyse(small_study(), 4)["all"]["preliminary"]
        about = {"kind": "study", "study_hash": "5" * 64, "title": "T", "minimum_raters": 3}
        found = analyse([about, *small_study()])
        assert (found["minimum_raters"], found["title"], found["all"]["preliminary"]) == (3, "T", False)

    def test_nothing_is_an_answer_too(self):
        found = analyse([])
        assert found["all"]["counts"]["votes"] == 0
        assert found["all"]["preliminary"]
        json.dumps(found, allow_nan=False)

    def test_everything_is_json_without_nan(self):
        pairs = [vote(f"r{n}", "real", "first", "preference", other_system="net") for n in range(3)]
        names = [vote(f"r{n}", "net", "Flute", "naming") for n in range(3)]
        batch = [vote(f"r{n}", "net", n + 1, "diversity", stimulus="batch") for n in range(3)]
        found = analyse([*small_study(), *pairs, *names, *batch, vote("alone", "lone", 2)])
        json.dumps(found, allow_nan=False)
        assert [row["system"] for row in found["all"]["preference"]["ranking"]] == ["real", "net"]
        assert found["all"]["scales"]["diversity"][0]["mean"] == 2
        (lone,) = [row for row in found["all"]["scales"]["quality"] if row["system"] == "lone"]
        assert lone["interval"] is None

    def test_interval_without_width_is_none(self):
        rows = [
            vote(f"r{n}", system, 5, stimulus=f"{system}{c}") for n in range(6) for system in "xy" for c in range(6)
        ]
        rows += [row | {"question": "real", "value": "real", "system": "real"} for row in rows]
        found = analyse(rows)["all"]
        (mean, _), (real,) = found["scales"]["quality"], found["real"]
        names = ("interval", "interval_over_raters", "interval_bootstrap", "interval_naive")
        assert [mean[name] for name in names] == [None] * 4
        assert found["comparisons"]["quality"]["pairs"][0]["interval"] is None
        assert real["interval"] == pytest.approx([stats.binomtest(6, 6).proportion_ci(method="wilson").low, 1])

    def test_order_of_rows_changes_nothing(self):
        rows = small_study()
        assert analyse(rows) == analyse(rows[::-1])

    def test_systems_are_ordered_references_first(self):
        assert ordered({"wavegan", "real", "hybrid", "anchor"}) == ["real", "anchor", "hybrid", "wavegan"]
