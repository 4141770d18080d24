"""Batches of a prepared data set, drawn and gathered on the device."""

import numpy as np
import torch
from torch import Tensor

from audiogan.audio import PCM16_SCALE
from audiogan.dataset import PreparedData


class Batches:
    """Class-balanced random clips of the training split.

    The clips stay int16: in the memory map on a CPU, copied once to any other device. Nothing here waits for
    the device.
    """

    def __init__(self, data: PreparedData, device: torch.device, rng: torch.Generator, split: str = "train"):
        rows = data.rows(split)
        rows = rows[np.argsort(data.label[rows], kind="stable")]  # grouped by class
        present, first, count = np.unique(data.label[rows], return_index=True, return_counts=True)
        self.device, self.rng = device, rng
        self.rows, self.first, self.count, self.present = (
            torch.from_numpy(values).to(device) for values in (rows, first, count, present)
        )
        clips = data.clips if device.type == "cpu" else np.array(data.clips)
        self.clips = torch.from_numpy(clips).to(device)
        self.pitch = torch.from_numpy(data.pitch).to(device)

    def __len__(self) -> int:
        return len(self.rows)

    def draw(self, size: int, part: slice = slice(None)) -> tuple[Tensor, Tensor, Tensor]:
        """A part of a batch: audio [size, num_samples] in [-1, 1], label indices [size] and MIDI pitches [size]."""
        group = torch.randint(len(self.present), (size,), generator=self.rng, device=self.device)
        within = torch.rand(size, generator=self.rng, device=self.device) * self.count[group]
        rows = self.rows[self.first[group] + within.long().clamp_max(self.count[group] - 1)]
        rows = rows[part]
        return self.clips[rows].float() / PCM16_SCALE, self.present[group[part]], self.pitch[rows]
