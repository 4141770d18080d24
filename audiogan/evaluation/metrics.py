"""Scores of sets of clips: posteriors and embeddings in, numbers out. Pure; randomness comes from a seed."""

import numpy as np
import scipy.linalg
from scipy.spatial.distance import pdist
from sklearn.metrics import confusion_matrix
from sklearn.metrics.pairwise import euclidean_distances

INFINITY_SIZES, INFINITY_SMALLEST = 12, 0.25  # set sizes of the extrapolation, the smallest as a share of the largest
INFINITY_DRAWS = 8  # of each size: a single draw varies by 1 to 2 with the seed
INFINITY_FEWEST = 500  # clips: the smallest sets must hold about as many as there are features
KAD_SCALE = 100.0
KAD_RESAMPLES = 200
INTERVAL = (2.5, 97.5)  # percentiles


def inception_score(posterior: np.ndarray, splits: int = 10) -> tuple[float, float]:
    """exp(mean KL(p(y|x) || p(y))), its mean and deviation over splits (Salimans et al. 2016).

    Args:
        posterior: label probabilities [clips, labels], in random order.
    """
    scores = []
    for part in np.array_split(np.asarray(posterior, np.float64), min(splits, len(posterior))):
        logs = np.log(np.maximum(part, 1e-16)) - np.log(np.maximum(part.mean(0), 1e-16))
        scores.append(np.exp((part * logs).sum(1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def confusion(asked: np.ndarray, heard: np.ndarray, count: int) -> np.ndarray:
    """Clips by the label asked for (row) and the label the classifier hears (column): int [count, count]."""
    return confusion_matrix(asked, heard, labels=np.arange(count))


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


def frechet_infinity(first: np.ndarray, second: np.ndarray, seed: int = 0) -> float:
    """The Frechet distance extrapolated to infinite sets: the intercept of a line over 1 / n (Chong and Forsyth 2020).

    Draws both sets at equal n, so that the bias of either shrinks as n grows, `INFINITY_DRAWS` times each. The result
    can be a little below 0.

    Returns:
        NaN for sets of fewer than `INFINITY_FEWEST`.
    """
    random, largest = np.random.default_rng(seed), min(len(first), len(second))
    if largest < INFINITY_FEWEST:
        return float("nan")
    sizes = np.linspace(INFINITY_SMALLEST * largest, largest, INFINITY_SIZES).astype(int)
    draw = lambda embeddings, n: embeddings[random.permutation(len(embeddings))[:n]]  # noqa: E731
    drawn = ([frechet_distance(draw(first, n), draw(second, n)) for n in sizes] for _ in range(INFINITY_DRAWS))
    distances = np.mean(list(drawn), axis=0)
    return float(np.polyfit(1 / sizes, distances, 1)[1])


def kernel_distance(
    candidate: np.ndarray, reference: np.ndarray, seed: int = 0, resamples: int = KAD_RESAMPLES
) -> tuple[float, float, float]:
    """Unbiased squared maximum mean discrepancy times 100, Gaussian kernel (Chung et al. 2025, KAD).

    The bandwidth is the median distance between clips of the reference. Being unbiased, it can be a little below 0.

    Returns:
        The distance, and the ends of a 95 % bootstrap interval over clips. A clip drawn twice is not paired with
        itself, which would count as similarity.
    """
    kernels = _kernels(candidate, reference)
    random = np.random.default_rng(seed)
    drawn = [
        random.multinomial(len(embeddings), np.full(len(embeddings), 1 / len(embeddings)), resamples).astype(np.float32)
        for embeddings in (candidate, reference)
    ]
    low, high = np.nanpercentile(_discrepancy(*kernels, drawn), INTERVAL)
    return _with_each_once(kernels), float(low), float(high)


def kernel_distance_alone(candidate: np.ndarray, reference: np.ndarray) -> float:
    """`kernel_distance` without its interval, which takes most of the time."""
    return _with_each_once(_kernels(candidate, reference))


def median_distance(embeddings: np.ndarray) -> float:
    """Median Euclidean distance over all pairs of different clips; 1 if all are the same."""
    return float(np.median(pdist(embeddings))) or 1.0


def _kernels(candidate: np.ndarray, reference: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Similarity within each set, and between the two."""
    width = median_distance(reference)
    within = [_kernel(embeddings, embeddings, width) for embeddings in (candidate, reference)]
    return within, _kernel(candidate, reference, width)


def _with_each_once(kernels: tuple[list[np.ndarray], np.ndarray]) -> float:
    within, between = kernels
    once = [np.ones((1, len(kernel)), np.float32) for kernel in within]
    return float(_discrepancy(within, between, once)[0])


def _kernel(first: np.ndarray, second: np.ndarray, width: float) -> np.ndarray:
    return np.exp(euclidean_distances(first, second, squared=True) / (-2 * width**2)).astype(np.float32)


def _discrepancy(within: list[np.ndarray], between: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """KAD with each clip counted `weights` [resamples, clips] times: [resamples]."""
    total = 0.0
    for kernel, weight in zip(within, weights, strict=True):
        same = np.square(weight).sum(1)  # a clip's similarity to itself is 1
        pairs = np.square(weight.sum(1, dtype=np.float64)) - same
        pairs[pairs == 0] = np.nan  # one clip, drawn again and again
        total = total + ((weight @ kernel * weight).sum(1, dtype=np.float64) - same) / pairs
    first, second = weights
    cross = (first @ between * second).sum(1, dtype=np.float64) / (first.sum(1) * second.sum(1))
    return KAD_SCALE * (total - 2 * cross)


def _bures(first: np.ndarray, second: np.ndarray) -> float:
    """Trace of A + B - 2 (A^1/2 B A^1/2)^1/2; symmetric roots keep rank-deficient sets real."""
    values, vectors = scipy.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = scipy.linalg.eigvalsh(root @ second @ root).clip(0)
    return float(np.trace(first) + np.trace(second) - 2 * np.sqrt(cross).sum())
