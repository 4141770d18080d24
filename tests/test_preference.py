"""Orders of systems by which of two was preferred, by hand and as choix has them."""

import itertools

import choix
import numpy as np
import pytest
from scipy import stats
from scipy.special import expit
from voting import vote

from audiogan.listening import report
from audiogan.listening.statistics import preference
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.statistics.intervals import Sample, clustered
from audiogan.ui import findings
from audiogan.ui.finding_words import FEW_CLIPS


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

    @pytest.mark.parametrize("systems", [3, 8])
    @pytest.mark.parametrize("count", [30, 5000])
    def test_unanimous_wins_give_strengths_that_mirror_each_other(self, systems, count):
        found = preference.strengths(np.triu(np.full((systems, systems), float(count)), 1))
        np.testing.assert_allclose(found, -found[::-1], atol=1e-8)
        assert (np.diff(found) < 0).all()

    def test_lopsided_wins_are_as_often_as_their_strengths_say(self):
        # Where the likelihood is highest each system wins as often as expected, so often as it did.
        table = np.random.default_rng(0).poisson(np.tile((0, 0.05, 1, 300), (200, 4, 1)))
        found, won = preference.strengths(table), (table + preference.PRIOR) * (1 - np.eye(4))
        expected = (won + won.swapaxes(-1, -2)) / (1 + np.exp(found[:, None, :] - found[:, :, None]))
        np.testing.assert_allclose(expected.sum(-1), won.sum(-1), rtol=1e-6)


def preferred(rater: int, first: str, second: str, value="first", clips: tuple = ("", "")) -> dict:
    """Clips are the systems' own."""
    one, other = (f"{system}{clip}" for system, clip in zip((first, second), clips, strict=True))
    return vote(f"r{rater:03}", first, value, "preference", one, other_system=second, other_stimulus=other)


def crowd(seed: int, raters: int, clip_sd: float, systems: str = "abcd", heard: int = 6) -> list[dict]:
    """Votes on equal systems whose clips, of six labels, are not equally liked."""
    stream, pairs, rows = np.random.default_rng(seed), list(itertools.combinations(systems, 2)), []
    liked = {system: stream.normal(0, clip_sd, 6) for system in systems}
    for rater, pair in itertools.product(range(raters), range(heard)):
        (first, second), label = stream.permuted(pairs[pair % len(pairs)]), stream.integers(6)
        better = stream.random() < expit(liked[first][label] - liked[second][label])
        rows.append(preferred(rater, first, second, "first" if better else "second", (label, label)))
    return rows


class TestIntervals:
    def test_of_two_systems_by_hand(self):
        # Wins 7.1 and 3.1 with the prior; curvature 10.2 p (1 - p); a rater's vote is off by 1 - p or by -p.
        rows = [preferred(rater, "a", "b", "first" if rater < 7 else "second") for rater in range(10)]
        found, p = preference.summary(rows, "ab", 15), 7.1 / 10.2
        error = np.sqrt(10 / 9 * (7 * (1 - p) ** 2 + 3 * p**2)) / (10.2 * p * (1 - p))
        (pair,) = found["pairs"]
        assert pair["difference"] == pytest.approx(np.log(7.1 / 3.1))
        reach = stats.t.ppf(0.975, 9) * error
        assert pair["interval"] == pytest.approx([pair["difference"] - reach, pair["difference"] + reach])
        assert pair["p_headline"] == pytest.approx(2 * stats.t.sf(pair["difference"] / error, 9))
        assert found["ranking"][0]["interval"] == pytest.approx([end / 2 for end in pair["interval"]])
        assert (pair["over"], found["ranking"][0]["preliminary"]) == ("raters", True)

    def test_influence_is_how_a_vote_moves_strengths(self):
        stream, count, nudge = np.random.default_rng(0), 40, 1e-6
        rows = [
            preferred(n, *stream.permuted(list("abc"))[:2], stream.choice(list(preference.SHARES)))
            for n in range(count)
        ]
        table = preference.wins(rows, "abc", [row["rater"] for row in rows])
        whole = preference.strengths(table.sum(0))
        moved = np.array([(preference.strengths(table.sum(0) + nudge * one) - whole) / nudge for one in table])
        error = np.sqrt(count / (count - 1) * np.square(moved).sum(0))
        for row in preference.summary(rows, "abc", 15)["ranking"]:
            low, high = row["interval"]
            expected = stats.t.ppf(0.975, count - 1) * error["abc".index(row["system"])]
            assert (high - low) / 2 == pytest.approx(expected, rel=1e-3)

    def test_clips_of_two_systems_that_always_meet_count_once(self):
        rows = crowd(0, raters=20, clip_sd=1.0, systems="ab")
        (pair,) = preference.summary(rows, "ab", 15)["pairs"]
        votes = preference.Votes(rows, "ab")
        assert pair["over"] == votes.over == "raters and clips"
        to_a = np.array([(row["system"] == "a") == (row["value"] == "first") for row in rows])
        p = expit(pair["difference"])
        label = np.array([int(row["stimulus"][1]) for row in rows])
        sample = Sample((to_a - p) / (120.2 * p * (1 - p)), np.repeat(np.arange(20), 6), label)
        expected, _ = clustered(np.bincount(sample.rater, sample.influence), [sample])
        error = (pair["interval"][1] - pair["difference"]) / stats.t.ppf(0.975, votes._error(np.array([1, -1]))[1])
        assert error == pytest.approx(expected)

    def test_fewer_clips_or_unknown_ones_are_these_clips(self):
        rows = crowd(0, raters=20, clip_sd=1.0)
        overs = {
            preference.summary(some, "abcd", 15)["ranking"][0]["over"]
            for some in ([row | {"other_stimulus": ""} for row in rows if row["system"] != "d"], rows[:8])
        }
        assert overs == {"raters"}
        wide, narrow = (
            np.mean([np.ptp(pair["interval"]) for pair in preference.summary(some, "abcd", 15)["pairs"]])
            for some in (rows, [row | {"stimulus": row["system"], "other_stimulus": ""} for row in rows])
        )
        assert wide > 1.2 * narrow

    @pytest.mark.parametrize(("raters", "clip_sd"), [(10, 0.0), (30, 1.0)])
    def test_equal_systems_seldom_differ(self, raters, clip_sd):
        found = [preference.summary(crowd(seed, raters, clip_sd), "abcd", 15)["pairs"] for seed in range(25)]
        assert np.mean([pair["p_headline"] < 0.05 for pairs in found for pair in pairs]) <= 0.06
        assert np.mean([min(pair["p_headline_holm"] for pair in pairs) < 0.05 for pairs in found]) <= 0.08

    def test_who_never_lost_may_be_better_by_far_more_or_less(self):
        rows = [preferred(rater, "a", "b") for rater in range(30)]
        (pair,) = preference.summary(rows, "ab", 15)["pairs"]
        reach = stats.t.ppf(0.975, 29) * np.sqrt(1 / 30.1 + 1 / 0.1)  # of log odds whose votes are independent
        assert pair["interval"] == pytest.approx([np.log(301) - reach, np.log(301) + reach])

    def test_few_raters_have_no_p_and_one_no_interval(self):
        rows = [preferred(n, "a", "b", ("first", "second")[n % 3 == 0]) for n in range(4)]
        (of_four,), (of_one,) = (preference.summary(some, "ab", 15)["pairs"] for some in (rows, rows[:1]))
        assert (of_four["p_headline"], of_four["p_headline_holm"]) == (None, None)
        assert of_four["interval"] is not None
        assert (of_one["p_headline"], of_one["interval"]) == (None, None)

    def test_preferences_that_differ_say_how_surely_and_over_what(self):
        def compared(clips: int) -> dict:
            places = itertools.product(range(30), range(clips))
            return analyse(
                vote(f"r{n}", "net", ("second", "first", "first", "tie", "first")[(n + c) % 5], "preference", f"n{c}")
                | {"other_system": "other", "other_stimulus": f"o{c}"}
                for n, c in places
            )

        many, few = compared(6), compared(5)
        p = many["all"]["preference"]["pairs"][0]["p_headline_holm"]
        assert 0 < p < 0.01
        assert f"over raters and clips, p {p:.2g} (Holm)" in report.text(many)
        assert "over raters, p" in report.text(few)
        assert "other listeners, other clips" in findings.page(many, "all")
        assert FEW_CLIPS not in findings.page(many, "all")
        assert FEW_CLIPS in findings.page(few, "all")
