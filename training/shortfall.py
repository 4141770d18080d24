"""The generator's losses besides its critics': variety, clean notes, and quiet parts like real ones'."""

import torch
from torch import Tensor

from audiogan.config import ModelConfig
from audiogan.models import takes_pitch
from training.config import TrainConfig
from training.distributed import Workers
from training.diversity import Diversity
from training.periodicity import noisier
from training.quiet import Quiet


class Shortfall:
    """The losses besides the critics': each applies if its weight is not 0 and the generator supports it.

    Args:
        workers: the processes that share each batch.
    """

    def __init__(self, config: TrainConfig, model: ModelConfig, device: torch.device, workers: Workers):
        self.config, self.model, self.workers = config, model, workers
        self.diversity = Diversity(model, device, workers)
        self.quiet = Quiet(model, device, workers, config.quiet_floor) if config.quiet else None

    def memories(self) -> dict:
        """The losses with a state that a run resumes from, by name."""
        return {"diversity": self.diversity} | ({"quiet": self.quiet} if self.quiet else {})

    def __call__(self, real: Tensor, fake: Tensor, label: Tensor | None, pitch: Tensor) -> Tensor | float:
        """The weighted sum of the losses.

        Args:
            real, fake: native samples [batch, 1, ...] of the same labels, and pitches if the generator takes a pitch.
            label: indices [batch], None for a model without labels.
            pitch: MIDI numbers [batch], NaN for none.
        """
        owed = 0.0
        label = torch.zeros(len(real), dtype=torch.long, device=real.device) if label is None else label
        if self.config.diversity:
            owed = self.config.diversity * self.diversity(real, fake, label)
        if self.quiet:
            owed = owed + self.config.quiet * self.quiet(real.squeeze(1), fake.squeeze(1), label)
        if self.config.aperiodicity and takes_pitch(self.model):
            noise = noisier(real.squeeze(1), fake.squeeze(1), pitch, self.model.sample_rate)
            notes = self.workers.mean((~pitch.isnan()).float().mean())  # their share of the whole batch
            owed = owed + self.config.aperiodicity * noise / notes.clamp_min(1e-3)
        return owed
