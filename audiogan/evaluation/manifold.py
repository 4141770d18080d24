"""Scores from neighbourhoods of embeddings: are clips among the real ones, and are all real ones covered?"""

from collections.abc import Callable

import numpy as np
import scipy.stats
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import euclidean_distances

NEIGHBOURS = 5
BINS, CLIPS_A_BIN = 50, 10
SIGNIFICANCE = 0.05


def neighbourhoods(candidate: np.ndarray, reference: np.ndarray, k: int = NEIGHBOURS) -> dict[str, float]:
    """Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

    A clip's neighbourhood reaches to its k-th nearest neighbour in its own set; use sets of equal size.

    Args:
        candidate, reference: embeddings [clips, features], more than k of each.
    """
    for embeddings in (candidate, reference):
        if len(embeddings) <= k:
            raise ValueError(f"a set must have more than {k} clips, not {len(embeddings)}")
    distances = euclidean_distances(candidate, reference)
    inside_real, inside_candidate = (distances <= _radii(reference, k)), (distances <= _radii(candidate, k)[:, None])
    return {
        "precision": float(inside_real.any(1).mean()),
        "recall": float(inside_candidate.any(0).mean()),
        "density": float(inside_real.sum(1).mean() / k),
        "coverage": float((distances.min(0) <= _radii(reference, k)).mean()),
    }


def _radii(embeddings: np.ndarray, k: int) -> np.ndarray:
    """Distance of each clip to its k-th nearest neighbour, itself not counted: [clips]."""
    return np.partition(euclidean_distances(embeddings), k, axis=1)[:, k]


class Bins:
    """Clusters of real clips, to count candidates in (NDB/K, Richardson and Weiss 2018).

    Args:
        reference: embeddings [clips, features].
        seed: of the clustering.
    """

    def __init__(self, reference: np.ndarray, seed: int = 0):
        self.count = max(2, min(BINS, len(reference) // CLIPS_A_BIN))
        self.clusters = KMeans(self.count, n_init=1, random_state=seed % 2**32).fit(np.asarray(reference, np.float64))
        self.shares, self.size = self._shares(reference), len(reference)

    def different(self, candidate: np.ndarray) -> float:
        """Share of the bins whose proportions differ significantly between candidate and reference."""
        shares, size = self._shares(candidate), len(candidate)
        return float(differing(shares, size, self.shares, self.size).mean())

    def _shares(self, embeddings: np.ndarray) -> np.ndarray:
        found = self.clusters.predict(np.asarray(embeddings, np.float64))
        return np.bincount(found, minlength=self.count) / len(embeddings)


def differing(first: np.ndarray, first_size: int, second: np.ndarray, second_size: int) -> np.ndarray:
    """Two-proportion z-test, two-sided at 5 %, bin by bin: [bins] true where proportions differ."""
    pooled = (first * first_size + second * second_size) / (first_size + second_size)
    error = np.sqrt(pooled * (1 - pooled) * (1 / first_size + 1 / second_size))
    z = np.abs(first - second) / np.maximum(error, 1e-12)
    return z > scipy.stats.norm.isf(SIGNIFICANCE / 2)


def mean_pairwise_distance(embeddings: np.ndarray) -> float:
    """Mean Euclidean distance over pairs of different clips; NaN where there are fewer than two."""
    return float(pdist(embeddings).mean()) if len(embeddings) > 1 else float("nan")


def spread(embeddings: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Mean pairwise distance within each label: [count], NaN where a label has fewer than two clips."""
    return each_label(mean_pairwise_distance, embeddings, label, count)


def each_label(measure: Callable[[np.ndarray], float], values: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """A measure of the values of each label: [count]."""
    return np.array([measure(values[label == number]) for number in range(count)])
