"""Features of clips that the scores need, computed in one pass so that the audio need not be kept."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiogan import dsp
from audiogan.evaluation import clicks, signal, whistle
from audiogan.evaluation.classifier import Classifier, mel
from audiogan.evaluation.embedding import VGGish

BATCH = 32
SUMMARY_GRID = (16, 8)  # mel bands and time slices
SPECTRUM_GRID = (64, 64)  # of the spectra for nearest neighbours
LOWEST_DB = -60.0


@dataclass(frozen=True)
class Features:
    """Features of n clips, in order.

    Attributes:
        embeddings: float32 [n, size] by name: the classifier's, if any, and others independent of it.
        posterior: label probabilities, float32 [n, labels].
        spectra: log-mel spectra in dB, at equal energy, float16 [n, mel, frames].
        tails: spectra of the clips' ends in dBFS, float16 [n, bins]; see `whistle.tail_spectra`.
        measures: one number per clip, float32 [n] by name; see `signal.measure` and `clicks`.
    """

    embeddings: dict[str, np.ndarray]
    posterior: np.ndarray
    spectra: np.ndarray
    tails: np.ndarray
    measures: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.posterior)

    def take(self, rows: np.ndarray) -> "Features":
        """The features of the clips `rows`, in that order."""
        return self._map(lambda values: values[rows])

    def _map(self, change) -> "Features":
        changed = {
            field.name: {name: change(values) for name, values in value.items()}
            if isinstance(value := getattr(self, field.name), dict)
            else change(value)
            for field in dataclasses.fields(self)
        }
        return Features(**changed)

    @staticmethod
    def join(parts: list["Features"]) -> "Features":
        """The clips of all parts, one part after another."""
        first = parts[0]
        return Features(
            {name: np.concatenate([part.embeddings[name] for part in parts]) for name in first.embeddings},
            np.concatenate([part.posterior for part in parts]),
            np.concatenate([part.spectra for part in parts]),
            np.concatenate([part.tails for part in parts]),
            {name: np.concatenate([part.measures[name] for part in parts]) for name in first.measures},
        )


class Extractor:
    """Computes features of clips of one sample rate and length.

    Args:
        classifier: gives posterior and embedding; None for a single label, which is then certain.
        labels: the data's, which are the classifier's in any order; the posterior's columns follow them.
        sample_rate: Hz.
        vggish: gives an embedding besides the classifier's and the spectral summary.
    """

    def __init__(
        self, classifier: Classifier | None, labels: Sequence[str], sample_rate: int, vggish: VGGish | None = None
    ):
        self.classifier, self.sample_rate, self.vggish = classifier, sample_rate, vggish
        self.order = [classifier.config.labels.index(label) for label in labels] if classifier else []

    @property
    def embedding_names(self) -> tuple[str, ...]:
        return ("classifier",) * bool(self.classifier) + ("summary",) + ("vggish",) * bool(self.vggish)

    @torch.inference_mode()
    def __call__(self, audio: np.ndarray) -> Features:
        """Audio [n, time] in [-1, 1] to features, in batches of `BATCH`."""
        return Features.join([self._batch(np.asarray(part, np.float32)) for part in _parts(audio)])

    def _batch(self, audio: np.ndarray) -> Features:
        tensor = torch.from_numpy(np.ascontiguousarray(audio))
        mels = mel(tensor, self.sample_rate)
        embeddings, posterior = self._judged(mels)
        embeddings |= {"summary": summarize(mels)}
        if self.vggish:
            embeddings |= {"vggish": self.vggish(tensor, self.sample_rate)}
        return Features(
            {name: values.float().numpy() for name, values in embeddings.items()},
            posterior.numpy(),
            level_spectra(mels).half().numpy(),
            whistle.tail_spectra(audio),
            signal.measure(audio, self.sample_rate) | {"clicks": clicks.count(audio, self.sample_rate)},
        )

    def _judged(self, mels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The classifier's embedding and posterior."""
        if self.classifier is None:
            return {}, torch.ones(len(mels), 1)
        hidden = self.classifier.embed_mel(mels)
        return {"classifier": hidden}, self.classifier.classify(hidden).softmax(1)[:, self.order]


def _parts(audio: np.ndarray) -> list[np.ndarray]:
    return [audio[start : start + BATCH] for start in range(0, len(audio), BATCH)]


def summarize(mels: Tensor) -> Tensor:
    """Log-mel magnitudes averaged on a coarse grid: an embedding that no network learned, so it favours none.

    Args:
        mels: mel magnitudes [batch, mel, frames].

    Returns:
        [batch, 16 * 8].
    """
    return dsp.pooled(dsp.log_magnitude(mels, 1e-3), SUMMARY_GRID).flatten(1)


def level_spectra(mels: Tensor) -> Tensor:
    """Log-mel spectra in dB relative to the clip's own mean power, so that its gain does not matter.

    Silence, whose mean power is 0, stays at the floor, `LOWEST_DB`.

    Args:
        mels: mel magnitudes [batch, mel, frames].

    Returns:
        [batch, 64, 64].
    """
    power = dsp.pooled(mels.square(), SPECTRUM_GRID)
    relative = power / power.mean((1, 2), keepdim=True).clamp_min(1e-12)
    return 10 * torch.log10(relative.clamp_min(10 ** (LOWEST_DB / 10)))
