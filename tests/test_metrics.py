"""Scores of sets against closed forms, values worked out by hand, and other libraries."""

import numpy as np
import pytest
import scipy.linalg
import torch
from sklearn.metrics.pairwise import rbf_kernel

from audiogan.evaluation import metrics
from audiogan.evaluation.metrics import frechet_distance, frechet_infinity, inception_score, kernel_distance


class Columns(torch.nn.Module):
    """What torchmetrics takes for a feature extractor: it hands features on."""

    num_features = 6

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


class TestFrechetDistance:
    def test_of_a_set_to_itself_is_0(self):
        x = np.random.default_rng(0).standard_normal((50, 5))
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)

    def test_of_a_shifted_set_is_the_squared_shift(self):
        x = np.random.default_rng(0).standard_normal((50, 3))
        assert frechet_distance(x, x + np.array([3, 0, 4])) == pytest.approx(25)

    def test_of_a_scaled_set_in_one_dimension(self):
        """(s1 - s2)^2 for equal means."""
        x = np.array([[-1.0], [1.0]])
        deviation = x.std(ddof=1)
        assert frechet_distance(x, 3 * x) == pytest.approx((3 * deviation - deviation) ** 2)

    def test_agrees_with_the_general_matrix_square_root(self):
        random = np.random.default_rng(1)
        x, y = random.standard_normal((80, 6)) @ random.standard_normal((6, 6)), random.standard_normal((70, 6)) + 0.3
        root = scipy.linalg.sqrtm(np.cov(x, rowvar=False) @ np.cov(y, rowvar=False)).real
        traces = np.trace(np.cov(x, rowvar=False) + np.cov(y, rowvar=False) - 2 * root)
        assert frechet_distance(x, y) == pytest.approx(np.square(x.mean(0) - y.mean(0)).sum() + traces, rel=1e-6)

    def test_agrees_with_torchmetrics(self):
        from torchmetrics.image.fid import FrechetInceptionDistance

        random = np.random.default_rng(2)
        x, y = random.standard_normal((80, 6)), 0.5 * random.standard_normal((60, 6)) + 0.4
        library = FrechetInceptionDistance(feature=Columns())
        library.update(torch.from_numpy(x).float(), real=True)
        library.update(torch.from_numpy(y).float(), real=False)
        assert frechet_distance(x, y) == pytest.approx(float(library.compute()), rel=1e-3)

    def test_survives_fewer_clips_than_features(self):
        random = np.random.default_rng(3)
        distance = frechet_distance(random.standard_normal((5, 40)), random.standard_normal((5, 40)))
        assert np.isfinite(distance)
        assert distance > 0

    def test_refuses_other_shapes(self):
        with pytest.raises(ValueError, match="at least 2 clips"):
            frechet_distance(np.zeros((1, 3)), np.zeros((5, 3)))
        with pytest.raises(ValueError, match=r"not \(5, 4\)"):
            frechet_distance(np.zeros((5, 3)), np.zeros((5, 4)))

    def test_infinity_takes_the_bias_away(self):
        """Two sets of one distribution: the plain distance is the bias of few clips, its extrapolation near 0."""
        random = np.random.default_rng(4)
        x, y = random.standard_normal((2, 600, 16))
        plain, infinite = frechet_distance(x, y), frechet_infinity(x, y)
        assert plain > 0.2
        assert abs(infinite) < 0.25 * plain

    def test_infinity_keeps_a_true_distance(self):
        random = np.random.default_rng(5)
        x, y = random.standard_normal((2, 600, 4))
        assert frechet_infinity(x, y + np.array([2, 0, 0, 0])) == pytest.approx(4, rel=0.15)

    def test_infinity_is_not_guessed_from_few(self):
        few, enough = np.random.default_rng(6).standard_normal((2, 500, 4))
        assert np.isnan(frechet_infinity(few[:499], enough))
        assert np.isfinite(frechet_infinity(few, enough))


class TestInceptionScore:
    def test_of_certain_and_even_labels_is_their_number(self):
        assert inception_score(np.tile(np.eye(4), (10, 1)), splits=5)[0] == pytest.approx(4)

    def test_of_one_label_or_of_none_is_1(self):
        assert inception_score(np.tile([[1.0, 0.0]], (20, 1)))[0] == pytest.approx(1)
        assert inception_score(np.full((20, 5), 0.2))[0] == pytest.approx(1)

    def test_worked_out_by_hand(self):
        """p(y) = (1/2, 1/2); each KL is 0.9 ln 1.8 + 0.1 ln 0.2."""
        divergence = 0.9 * np.log(1.8) + 0.1 * np.log(0.2)
        assert inception_score(np.array([[0.9, 0.1], [0.1, 0.9]]), splits=1)[0] == pytest.approx(np.exp(divergence))

    def test_agrees_with_torchmetrics(self):
        from torchmetrics.image.inception import InceptionScore

        logits = np.random.default_rng(0).standard_normal((50, 6)) * 3
        library = InceptionScore(feature=Columns(), splits=1)
        library.update(torch.from_numpy(logits))
        posterior = torch.from_numpy(logits).softmax(1).numpy()
        assert inception_score(posterior, splits=1)[0] == pytest.approx(float(library.compute()[0]), rel=1e-5)


class TestKernelDistance:
    def test_worked_out_by_hand(self):
        """Two points each, 0 and 1 against 2 and 3: the reference's median distance is 1, so k(d) = exp(-d^2 / 2)."""
        k = lambda d: np.exp(-(d**2) / 2)  # noqa: E731
        expected = 100 * (k(1) + k(1) - 2 * (k(2) + k(3) + k(1) + k(2)) / 4)
        distance, _, _ = kernel_distance(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]]))
        assert distance == pytest.approx(expected, rel=1e-5)

    def test_interval_of_two_clips_leaves_out_draws_without_a_pair(self):
        distance, low, high = kernel_distance(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]]))
        assert low <= distance <= high

    def test_agrees_with_scikit_learns_kernel(self):
        random = np.random.default_rng(0)
        x, y = random.standard_normal((40, 5)) + 0.5, random.standard_normal((30, 5))
        gamma = 1 / (2 * metrics.median_distance(y) ** 2)
        within = [(rbf_kernel(s, gamma=gamma).sum() - len(s)) / (len(s) * (len(s) - 1)) for s in (x, y)]
        expected = 100 * (sum(within) - 2 * rbf_kernel(x, y, gamma).mean())
        assert kernel_distance(x, y)[0] == pytest.approx(expected, rel=1e-4)

    def test_is_unbiased_and_its_interval_holds_0_for_one_distribution(self):
        distances = []
        for seed in range(8):
            x, y = np.random.default_rng(seed).standard_normal((2, 100, 8))
            distance, low, high = kernel_distance(x, y, resamples=100)
            assert low < distance < high
            distances.append(distance)
        assert abs(np.mean(distances)) < 0.2
        assert min(distances) < 0

    def test_interval_is_clear_of_0_for_another_distribution(self):
        x, y = np.random.default_rng(1).standard_normal((2, 150, 8))
        assert kernel_distance(x + 1, y)[1] > 5

    def test_of_identical_clips_is_finite(self):
        y = np.random.default_rng(1).standard_normal((20, 3))
        assert kernel_distance(np.zeros((30, 3)), y)[0] > 0
        assert kernel_distance(y, np.zeros((30, 3)))[0] > 0

    def test_of_a_reference_of_identical_clips_has_the_bandwidth_1(self):
        clip = 2 * np.random.default_rng(0).standard_normal((1, 128)).astype(np.float32) - 5
        assert metrics.median_distance(np.repeat(clip, 20, axis=0)) == 1

    def test_same_seed_same_interval(self):
        x, y = np.random.default_rng(1).standard_normal((2, 30, 3))
        assert kernel_distance(x, y, seed=3) == kernel_distance(x, y, seed=3)
        assert kernel_distance(x, y, seed=3) != kernel_distance(x, y, seed=4)


def test_confusion_counts_asked_in_rows():
    table = metrics.confusion(np.array([0, 0, 2]), np.array([0, 1, 2]), 3)
    assert table.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
