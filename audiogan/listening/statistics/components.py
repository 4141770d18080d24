"""Variance components of answers: how far they differ by listener, by instrument, by clip, and for other reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy import sparse

from audiogan.listening.statistics.answers import Answers


@dataclass(frozen=True)
class Components:
    """Standard deviations, in scale points, of the parts that an answer adds to its system's mean.

    The defaults are not measured: they lie in the middle of what the simulations of docs/listening-test.md assume.

    Attributes:
        rater: between listeners, in all their answers.
        rater_system: between listeners, in their answers about one system.
        label: between instruments, whichever system made them.
        label_system: between instruments, within one system.
        clip: between clips of one system and instrument.
        rest: between one listener's answers to the same clip on different days, and rounding to whole points.
    """

    rater: float = 0.5
    rater_system: float = 0.3
    label: float = 0.4
    label_system: float = 0.3
    clip: float = 0.3
    rest: float = 0.7


def estimate(answers: Mapping[str, Answers]) -> Components:
    """Estimate the components of answers by MINQUE(0): set each sum of squares to its expectation (Rao 1971).

    Unbiased, before negative variances are set to 0, whoever heard which clips. Two components that cannot be told
    apart, such as clip and label_system with one clip each, get half each.

    Args:
        answers: by system, with their labels.

    Raises:
        ValueError: the answers do not outnumber the components.
    """
    parts = list(answers.values())
    system = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    if len(system) <= len(fields(Components)):
        raise ValueError(f"{len(system)} answers are too few to estimate how far they differ, and why")
    rater = np.concatenate([part.rater_names[part.rater] for part in parts])
    clip = np.concatenate([part.clip_names[part.clip] for part in parts])
    label = np.concatenate([part.labels for part in parts])
    values = np.concatenate([part.values for part in parts])
    factors = [[rater], [rater, system], [label], [label, system], [clip, system], [np.arange(len(values))]]
    columns = [_incidence(*factor) for factor in factors]
    means = _incidence(system)
    sizes = np.asarray(means.sum(0)).ravel()
    centred = values - means @ ((means.T @ values) / sizes)
    scaled = [(column.T @ means) / np.sqrt(sizes) for column in columns]  # sparse [levels, systems]
    swept = list(zip(columns, scaled, strict=True))
    expected = [[_square(a.T @ b, one, other) for b, other in swept] for a, one in swept]
    found = [np.square(column.T @ centred).sum() for column in columns]
    variances = np.linalg.lstsq(np.array(expected), np.array(found), rcond=1e-9)[0]
    return Components(*np.sqrt(np.maximum(variances, 0)).tolist())


def _incidence(*factor: Sequence) -> sparse.csr_array:
    """Incidence matrix of a factor, or of several crossed: 0 or 1, [answers, levels]."""
    codes = np.stack([np.unique(part, return_inverse=True)[1] for part in factor])
    level = np.unique(codes, axis=1, return_inverse=True)[1].ravel()
    return sparse.csr_array((np.ones(len(level)), (np.arange(len(level)), level)))


def _square(product, one, other) -> float:
    """The sum of squares of `product - one @ other.T`, without forming that large dense matrix."""
    crossed = (one.multiply(product @ other)).sum()
    both = ((one.T @ one).multiply(other.T @ other)).sum()
    return float(product.power(2).sum() - 2 * crossed + both)
