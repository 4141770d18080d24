"""Batches of a prepared data set, drawn and gathered on the device."""

import numpy as np
import torch
from torch import Tensor

from audiogan.audio import PCM16_SCALE
from audiogan.dataset import PreparedData


class Batches:
    """Class-balanced random clips of the training split, alone or in pairs of one label and, if `by_pitch`, pitch.

    Without `by_label`, all clips count as label 0: each is equally likely, and any two may be paired.

    The clips stay int16: in the memory map on a CPU, copied once to any other device. Nothing here waits for
    the device.
    """

    def __init__(
        self,
        data: PreparedData,
        device: torch.device,
        rng: torch.Generator,
        paired: bool = False,
        by_pitch: bool = True,
        by_label: bool = True,
    ):
        rows, kind = data.rows("train"), data.label if by_label else np.zeros_like(data.label)
        rows = rows[np.lexsort((data.pitch[rows], kind[rows]))]  # by class, then by pitch
        present, first, count = np.unique(kind[rows], return_index=True, return_counts=True)
        kin = _kin(kind[rows], data.pitch[rows]) if by_pitch else _runs(kind[rows])
        self.device, self.rng, self.paired = device, rng, paired
        self.rows, self.first, self.count, self.present, self.kin_first, self.kin_count = (
            torch.from_numpy(values).to(device) for values in (rows, first, count, present, *kin)
        )
        clips = data.clips if device.type == "cpu" else np.array(data.clips)
        self.clips = torch.from_numpy(clips).to(device)
        self.pitch = torch.from_numpy(data.pitch).to(device)

    def __len__(self) -> int:
        return len(self.rows)

    def draw(self, size: int, part: slice = slice(None)) -> tuple[Tensor, Tensor, Tensor]:
        """A part of a batch: audio [size, num_samples] in [-1, 1], label indices [size] and MIDI pitches [size].

        If paired, clip 2 i + 1 is another clip of clip 2 i's label (and pitch), and clip 2 i's pitch is given for both.
        """
        count = -(-size // 2) if self.paired else size
        group = torch.randint(len(self.present), (count,), generator=self.rng, device=self.device)
        place = self.first[group] + self._below(self.count[group])
        pitch = self.pitch[self.rows[place]]
        if self.paired:
            place = torch.stack([place, self._other(place)], dim=1).flatten()[:size]
            group, pitch = (values.repeat_interleave(2)[:size] for values in (group, pitch))
        audio = self.clips[self.rows[place[part]]].float() / PCM16_SCALE
        return audio, self.present[group[part]], pitch[part]

    def _other(self, place: Tensor) -> Tensor:
        """For each clip another one that it may be paired with; the clip itself if there is none."""
        first, count = self.kin_first[place], self.kin_count[place]
        step = 1 + self._below((count - 1).clamp_min(1))
        return first + (place - first + step) % count

    def _below(self, limit: Tensor) -> Tensor:
        """A random integer in [0, limit) for each limit."""
        drawn = torch.rand(len(limit), generator=self.rng, device=self.device) * limit
        return torch.minimum(drawn.long(), limit - 1)


def _kin(label: np.ndarray, pitch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each clip, sorted by label and pitch, the first place and the size of the group it may be paired within.

    A group shares the label, and the pitch to a semitone; a clip that is alone at its pitch pairs within its label.
    """
    first, count = _runs(label)
    note_first, note_count = _runs(label, np.nan_to_num(pitch, nan=-1.0).round())
    return np.where(note_count > 1, note_first, first), np.where(note_count > 1, note_count, count)


def _runs(*keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each element of sorted keys, the start and the length of its run of equal keys."""
    changed = np.any([np.diff(key, prepend=np.nan) != 0 for key in keys], axis=0)
    first = np.flatnonzero(changed)
    run = np.cumsum(changed) - 1
    return first[run], np.diff(first, append=len(changed))[run]
