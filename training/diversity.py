"""Variety within a label: keeps a generator from making one good sound again and again.

Two sounds of one label and pitch should differ as much as two real ones, compared as coarse log spectrograms. This is
a mode-seeking term (Mao et al. 2019) whose ratio does not grow without bound: once a pair is far enough apart, the loss
is 0. Far enough is less than the mean distance of real pairs, since half of those are closer than that.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.models.critics import other_of_pair
from audiogan.models.features import log_mel
from training.distributed import Workers

GRID = (20, 32)  # mel bands and time slices
MEMORY = 0.95  # decay of a label's real distance per clip
ENOUGH = 0.8  # share of that distance that is far enough


class Diversity:
    """Compares fake pairs with the real pairs so far; its state is one distance per label, kept on the device.

    Args:
        workers: the processes that share each batch; distances are means over all of it.
    """

    def __init__(self, model: ModelConfig, device: torch.device, workers: Workers):
        self.sample_rate, self.workers = model.sample_rate, workers
        self.distance = torch.zeros(max(1, len(model.labels)), device=device)

    def __call__(self, real: Tensor, fake: Tensor, label: Tensor) -> Tensor:
        """How far fake pairs fall short of enough, 0 for not at all and 1 for the same sound twice.

        Args:
            real, fake: native samples [batch, 1, ...], clips 2 i and 2 i + 1 a pair of one label and pitch.
            label: indices [batch].
        """
        self._listen(pair_distance(summary(real, self.sample_rate)), label)
        apart = pair_distance(summary(fake, self.sample_rate))
        return F.relu(1 - apart / (ENOUGH * self.distance[label]).clamp_min(1e-3)).mean()

    def state_dict(self) -> dict[str, Tensor]:
        return {"distance": self.distance}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.distance.copy_(state["distance"])

    @torch.no_grad()
    def _listen(self, apart: Tensor, label: Tensor) -> None:
        """Move the distance of each label in the batch towards its pairs' mean; the first mean is taken as it is."""
        count, mean = self.workers.by_label(apart, label, len(self.distance))
        keep = torch.where(self.distance > 0, MEMORY**count, 0.0)
        self.distance.copy_(torch.where(count > 0, keep * self.distance + (1 - keep) * mean, self.distance))


def summary(native: Tensor, sample_rate: int) -> Tensor:
    """Log spectrogram averaged on a coarse grid, [batch, features].

    Args:
        native: waveforms [batch, 1, num_samples], which are converted to log-mel spectrograms, or log spectrograms
            [batch, 1, bins, frames].
    """
    if native.dim() == 4:
        return dsp.pooled(native.squeeze(1), GRID).flatten(1)
    return dsp.pooled(log_mel(native.squeeze(1), sample_rate), GRID).flatten(1)


def pair_distance(features: Tensor) -> Tensor:
    """Root mean square difference between each clip and the other of its pair, [batch]."""
    return (features - other_of_pair(features)).square().mean(1).add(1e-8).sqrt()
