"""Orders of systems by which of two was preferred, by hand and as choix has them."""

import choix
import numpy as np
import pytest
from voting import vote

from audiogan.listening.statistics import preference
from audiogan.listening.statistics.intervals import percentiles


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

    def test_interval_holds_the_estimate(self):
        tables = np.random.default_rng(1).poisson(1.0, (20, 3, 3)).astype(float)
        for interval, value in zip(
            map(percentiles, preference.resampled(tables, 200).T), preference.strengths(tables.sum(0)), strict=True
        ):
            assert interval.low < value < interval.high
