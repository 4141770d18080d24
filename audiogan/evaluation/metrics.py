"""Distances between sets of embeddings."""

import numpy as np
import scipy.linalg


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Squared Frechet distance of Gaussians fitted to two sets (Dowson and Landau 1982; Kilgour et al. 2019, FAD).

    Args:
        first, second: embeddings [clips, features], at least two clips each.

    Raises:
        ValueError: fewer than two clips, or other numbers of features.
    """
    for embeddings in (first, second):
        if embeddings.ndim != 2 or len(embeddings) < 2 or embeddings.shape[1] != first.shape[1]:
            raise ValueError(f"embeddings must be [at least 2 clips, {first.shape[1:]}], not {embeddings.shape}")
    first, second = (np.asarray(embeddings, np.float64) for embeddings in (first, second))
    difference = first.mean(0) - second.mean(0)
    covariances = (np.atleast_2d(np.cov(embeddings, rowvar=False)) for embeddings in (first, second))
    return float(difference @ difference + _bures(*covariances))


def _bures(first: np.ndarray, second: np.ndarray) -> float:
    """Trace of A + B - 2 (A^1/2 B A^1/2)^1/2; symmetric roots, so that rank-deficient sets give no complex numbers."""
    values, vectors = scipy.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = scipy.linalg.eigvalsh(root @ second @ root).clip(0)
    return float(np.trace(first) + np.trace(second) - 2 * np.sqrt(cross).sum())
