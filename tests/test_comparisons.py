"""Differences of systems against values worked out by hand, other libraries' answers, and simulated listeners."""

import numpy as np
import pytest
import statsmodels.api
import statsmodels.stats.multitest
import statsmodels.stats.sandwich_covariance
from scipy import stats
from voting import STUDIES, WORLDS, World

from audiogan.listening.statistics import comparisons, intervals
from audiogan.listening.statistics.answers import Answers

LABELLED = {
    "labels are alike": World(labels=6),
    "labels differ": World(labels=6, label_sd=0.6, clip_sd=0.3),
    "and systems by label": World(labels=6, label_sd=0.6, own_label_sd=0.3, clip_sd=0.3),
    "60 raters, 20 clips": World(raters=60, clips=20, labels=10, label_sd=0.6, own_label_sd=0.3, clip_sd=0.3),
    "one clip a label": World(clips=19, labels=19, label_sd=0.6, clip_sd=0.3),
    "all hear all": World(labels=6, label_sd=0.6, clip_sd=0.3, heard=12),
}


def one_clip(values) -> Answers:
    """An answer each of raters 0, 1, ... to one clip."""
    return Answers(values, np.arange(len(values)), ["c"] * len(values))


class TestComparisons:
    def test_rater_means(self):
        means = comparisons.rater_means({"x": Answers([1, 3], ["a", "a"], ["c", "d"]), "y": Answers([5], ["b"], ["e"])})
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
        # levels -.5 (r) and .5 (s); left .5, .5, -1.5, .5 and -1.5, .5, .5, .5; less three others, 4 / 3 of that; / 4.
        # By clip: -1 and 1 on each side, 2 / 16 * 16 / 9 * 2 = 4 / 9 each. Cells: 6 / 16 * 16 / 9 = 2 / 3.
        error, freedom = intervals.two_way_error(first, second)
        assert error == pytest.approx(np.sqrt(1 + 4 / 9 + 4 / 9 - 2 / 3))
        assert freedom == pytest.approx((11 / 9) ** 2 / (1 + 2 * (4 / 9) ** 2))

    def test_many_raters_leave_what_labels_differ_by(self):
        """All that differs is six labels, three of each system a rater; what one adds to a vote no level may take."""
        stream = np.random.default_rng(0)
        heard = stream.permuted(np.tile(np.arange(6), (300, 1)), axis=1)
        by_label, raters = stream.normal(0, 1, (2, 6)), np.repeat(np.arange(300), 3)
        first, second = (
            Answers(made[labels], raters, labels, labels)
            for made, labels in zip(by_label, (heard[:, :3].ravel(), heard[:, 3:].ravel()), strict=True)
        )
        error, _ = intervals.two_way_error(first, second)
        assert error == pytest.approx((by_label[0] - by_label[1]).std(ddof=1) / np.sqrt(6), rel=0.06)

    @pytest.mark.parametrize("labels", [0, 6])
    def test_two_way_difference_is_statsmodels_clustered_regression(self, labels):
        first, second = (Answers(*system) for system in World(raters=40, labels=labels).systems(3, 2))
        rater, clip = np.r_[first.rater, second.rater], np.r_[first.clip, 12 + second.clip]
        cluster = np.r_[first.labels, second.labels].astype(int) if labels else clip
        design = np.c_[np.repeat((1.0, 0.0), len(first)), np.eye(40)[rater]]  # a system, and each rater's own level
        model = statsmodels.api.OLS(np.r_[first.values, second.values], design).fit()
        found = statsmodels.stats.sandwich_covariance.cov_cluster_2groups(model, rater, cluster, use_correction=False)
        both, by_rater, by_cluster = (covariance[0, 0] for covariance in found)
        cells, count = by_rater + by_cluster - both, labels or 12
        expected = 40 / 39 * by_rater + (6 / 5) ** 2 * (count / (count - 1) * by_cluster - cells)  # 6 votes a rater
        assert intervals.two_way_error(first, second)[0] == pytest.approx(np.sqrt(expected))
        difference, p = comparisons.two_way(first, second)
        assert model.params[0] == pytest.approx((difference.low + difference.high) / 2)
        assert (p < 0.05) == (not difference.low <= 0 <= difference.high)

    def test_few_shared_labels_leave_clips_a_sample_of_each_system(self):
        systems = World(labels=6).systems(3, 2)
        first, second = (Answers(*system) for system in systems)
        by_clip = intervals.two_way_error(*(Answers(*system[:3]) for system in systems))
        other = Answers(*systems[1][:3], np.where(second.labels == "5", "6", second.labels))  # five in common
        assert intervals.two_way_error(first, other) == by_clip
        assert intervals.two_way_error(first, second) != by_clip

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

    def test_differences_that_only_rounding_tells_apart_are_tied(self):
        # Ten raters find the first better by 11/3 - 3, ten worse by 2 - 4/3: as far, and as many.
        first, second = (
            Answers(np.ravel([above, below] * 10), np.repeat(np.arange(20), 3), np.tile(np.arange(3), 20))
            for above, below in (((4, 4, 3), (1, 1, 2)), ((3, 3, 3), (2, 2, 2)))
        )
        (pair,) = comparisons.pairwise({"a": first, "b": second})
        assert (pair["p"], pair["rank_biserial"]) == (1, 0)

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


def lifted(system: tuple[np.ndarray, ...], seed: int) -> tuple[np.ndarray, ...]:
    """A system of which two answers in five are better by a point."""
    lift = np.random.default_rng(seed).random(len(system[0])) < 0.4
    return np.minimum(system[0] + lift, 5), *system[1:]


class TestFalseAlarms:
    @pytest.mark.parametrize("name", ["default study", "many raters", "clips differ most"])
    def test_equal_systems_seldom_differ(self, name):
        found = false_alarms(WORLDS[name], 150)
        assert found["headline"] <= 0.09  # 0.07, and a standard error of 150 studies
        assert found["headline interval"] == found["headline"]
        assert found["these clips"] > 0.15  # why the clips must count

    @pytest.mark.parametrize(
        "least", [3, 4]
    )  # points from which on a sound is called real: of two in five, of one in ten
    def test_equal_shares_seldom_differ(self, least):
        alarms = 0
        for seed in range(150):
            systems = WORLDS["clips differ most"].systems(seed, 2)
            (pair,) = comparisons.pairwise({str(at): Answers(it[0] >= least, *it[1:]) for at, it in enumerate(systems)})
            alarms += pair["p_headline"] < 0.05
        assert alarms / 150 <= 0.09

    def test_any_of_fifteen_pairs_seldom_differs(self):
        found = false_alarms(WORLDS["default study"], 30, count=6)
        assert found["headline"] <= 0.1
        assert found["these clips"] > 0.25

    def test_what_labels_add_to_both_systems_hides_no_difference(self):
        world, alarms, found, unaware = World(clip_sd=0.3, labels=6, label_sd=0.6), 0, 0, 0
        for seed in range(150):
            first, second = world.systems(seed, 2)
            alarms += comparisons.two_way(Answers(*first), Answers(*second))[1] < 0.05
            better = lifted(first, seed)
            found += comparisons.two_way(Answers(*better), Answers(*second))[1] < 0.05
            unaware += comparisons.two_way(Answers(*better[:3]), Answers(*second[:3]))[1] < 0.05
        assert alarms / 150 <= 0.09
        assert found > 1.5 * unaware

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

    @pytest.mark.long
    @pytest.mark.parametrize("name", LABELLED)
    def test_labels_cost_little_and_hide_little(self, name, capsys):
        world, count = LABELLED[name], 2 * STUDIES
        found = dict.fromkeys(("alarms", "alarms unaware", "found", "found unaware"), 0)
        for seed in range(count):
            first, second = world.systems(seed, 2)
            for kind, side in (("alarms", first), ("found", lifted(first, seed))):
                found[kind] += comparisons.two_way(Answers(*side), Answers(*second))[1] < 0.05
                found[f"{kind} unaware"] += comparisons.two_way(Answers(*side[:3]), Answers(*second[:3]))[1] < 0.05
        with capsys.disabled():
            print(f"\n{name:22} " + "  ".join(f"{kind} {number / count:.1%}" for kind, number in found.items()))
        assert found["alarms"] / count <= 0.08
