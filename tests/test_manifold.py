"""Neighbourhoods on a line, where they can be read off, and bins."""

import numpy as np
import pytest
import scipy.stats

from audiogan import latent
from audiogan.evaluation import manifold
from audiogan.evaluation.manifold import Bins, differing, mean_pairwise_distance, neighbourhoods


def line(*values: float) -> np.ndarray:
    return np.array(values, float)[:, None]


class TestNeighbourhoods:
    def test_worked_out_by_hand(self):
        """Real 0 1 2 3 reach 1 to their nearest; candidates 0.5 lie in two of them, 2.5 in two, 9 and 10 in none."""
        scores = neighbourhoods(line(0.5, 2.5, 9, 10), line(0, 1, 2, 3), k=1)
        assert scores["precision"] == 0.5
        assert scores["density"] == 1.0  # (2 + 2 + 0 + 0) / 4 / 1
        assert scores["coverage"] == 1.0  # each real clip has a candidate within its reach
        assert scores["recall"] == 1.0  # candidates 0.5 and 2.5 reach 2, as far as each other

    def test_a_set_against_itself(self):
        x = np.random.default_rng(0).standard_normal((60, 3))
        scores = neighbourhoods(x, x)
        assert scores["precision"] == scores["recall"] == scores["coverage"] == 1.0

    def test_collapse_is_precise_and_covers_nothing(self):
        real = np.random.default_rng(0).standard_normal((200, 3))
        scores = neighbourhoods(np.repeat(real[:1], 200, axis=0), real)
        assert scores["precision"] == 1.0
        assert scores["coverage"] < 0.1
        assert scores["recall"] < 0.05

    def test_far_away_is_neither(self):
        real = np.random.default_rng(0).standard_normal((50, 3))
        assert set(neighbourhoods(real + 100, real).values()) == {0.0}

    def test_one_distribution_covers_as_theory_says(self):
        """1 - C(N - 1, k) / C(2N - 1, k), about 1 - 2^-k (Naeem et al. 2020, section 3.3)."""
        random = np.random.default_rng(1)
        scores = [neighbourhoods(*random.standard_normal((2, 200, 4)))["coverage"] for _ in range(3)]
        assert np.mean(scores) == pytest.approx(1 - 2**-5, abs=0.02)

    def test_refuses_sets_too_small(self):
        with pytest.raises(ValueError, match="more than 5 clips, not 5"):
            neighbourhoods(np.zeros((5, 2)), np.zeros((50, 2)))


class TestBins:
    def test_the_reference_itself_differs_nowhere(self):
        x = np.random.default_rng(0).standard_normal((200, 2))
        assert Bins(x).different(x) == 0
        assert Bins(x, seed=latent.MAX_SEED).different(x) == 0

    def test_a_missing_kind_of_sound_shows(self):
        random = np.random.default_rng(0)
        centres = np.array([[0, 0], [50, 0], [0, 50], [50, 50]]).repeat(100, axis=0)
        real = centres + random.standard_normal((400, 2))
        bins = Bins(real)
        assert bins.different(real[:300]) > bins.different(real[random.permutation(400)[:300]])

    def test_agrees_with_a_chi_square_test(self):
        """The two-proportion z-test is the chi-square test of the two-by-two table without correction."""
        first, second = np.array([0.30, 0.12, 0.5]), np.array([0.20, 0.10, 0.5])
        expected = []
        for p, q in zip(first, second, strict=True):
            table = np.array([[p * 150, (1 - p) * 150], [q * 200, (1 - q) * 200]])
            expected.append(scipy.stats.chi2_contingency(table, correction=False).pvalue < 0.05)
        assert differing(first, 150, second, 200).tolist() == expected == [True, False, False]


def test_mean_pairwise_distance_by_hand():
    assert mean_pairwise_distance(line(0, 1, 3)) == pytest.approx((1 + 3 + 2) / 3)
    assert np.isnan(mean_pairwise_distance(line(0)))


def test_mean_pairwise_distance_of_identical_clips_is_0():
    """To the last digit: |a|^2 + |b|^2 - 2ab leaves some millionths."""
    clip = 2 * np.random.default_rng(0).standard_normal((1, 128)).astype(np.float32) - 5
    assert mean_pairwise_distance(np.repeat(clip, 20, axis=0)) == 0


def test_spread_of_each_label():
    values = manifold.spread(line(0, 2, 7, 0), np.array([0, 0, 1, 0]), 3)
    assert values[0] == pytest.approx(4 / 3)
    assert np.isnan(values[1:]).all()
