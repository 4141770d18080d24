"""Variety within a label: what keeps a generator from making one good sound again and again.

Two sounds of one label and pitch are to differ as two real ones do, seen as coarse log spectrograms. A
mode-seeking term (Mao et al. 2019) without a ratio that grows for ever: once the pair is far enough apart, it is
silent. Far enough is less than the mean of real pairs, since half of those are nearer than that.
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
MEMORY = 0.95  # of a label's real distance, a clip
ENOUGH = 0.8  # of that distance


class Diversity:
    """Compares pairs with what it has heard of real pairs; its state is one distance a label, kept on the device.

    Args:
        workers: the processes that share each batch, and hear all of it.
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
        """Move each heard label's distance towards its pairs' mean; the first one is taken as it is."""
        count, mean = self.workers.by_label(apart, label, len(self.distance))
        keep = torch.where(self.distance > 0, MEMORY**count, 0.0)
        self.distance.copy_(torch.where(count > 0, keep * self.distance + (1 - keep) * mean, self.distance))


def summary(native: Tensor, sample_rate: int) -> Tensor:
    """Log spectrogram averaged on a coarse grid, [batch, features].

    Args:
        native: waveforms [batch, 1, num_samples], of which the log-mel spectrogram is taken, or what is a log
            spectrogram already, [batch, 1, bins, frames].
    """
    if native.dim() == 4:
        return dsp.pooled(native.squeeze(1), GRID).flatten(1)
    return dsp.pooled(log_mel(native.squeeze(1), sample_rate), GRID).flatten(1)


def pair_distance(features: Tensor) -> Tensor:
    """Root mean square difference of each clip from its pair's other one, [batch]."""
    return (features - other_of_pair(features)).square().mean(1).add(1e-8).sqrt()
