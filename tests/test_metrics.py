"""Distances between sets of embeddings against closed forms."""

import numpy as np
import pytest
import scipy.linalg

from audiogan.evaluation.metrics import frechet_distance


def test_of_a_set_to_itself_is_0():
    x = np.random.default_rng(0).standard_normal((50, 5))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)


def test_of_a_shifted_set_is_the_squared_shift():
    x = np.random.default_rng(0).standard_normal((50, 3))
    assert frechet_distance(x, x + np.array([3, 0, 4])) == pytest.approx(25)


def test_of_a_scaled_set_in_one_dimension():
    """(s1 - s2)^2 for equal means."""
    x = np.array([[-1.0], [1.0]])
    deviation = x.std(ddof=1)
    assert frechet_distance(x, 3 * x) == pytest.approx((3 * deviation - deviation) ** 2)


def test_agrees_with_the_general_square_root():
    first, second = np.random.default_rng(0).standard_normal((2, 200, 6)) * np.arange(1, 7)
    second = second @ np.random.default_rng(1).standard_normal((6, 6))
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    difference = first.mean(0) - second.mean(0)
    expected = difference @ difference + np.trace(a + b - 2 * scipy.linalg.sqrtm(a @ b).real)
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_fewer_clips_than_features_is_finite():
    first, second = np.random.default_rng(0).standard_normal((2, 5, 40))
    assert 0 < frechet_distance(first, second) < 1000


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match="embeddings must be"):
        frechet_distance(np.zeros((5, 3)), np.zeros((5, 4)))
    with pytest.raises(ValueError, match="embeddings must be"):
        frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
