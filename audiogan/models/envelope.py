"""WaveGAN's envelope: silence without cancelling the residue of earlier layers."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START = 4.0  # initial logit of the gain: 0.98


class Envelope(nn.Module):
    """A gain from 0 to 1 over time, computed from early frames, that turns down all residue after a sound's end.

    When a sound is over, up-convolutions still leave lines at the rates of their layers, hiss, and seams between the
    dense layer's frames. Silence would take cancelling all of these; turning them down takes one number.

    Args:
        channels: of the frames.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.level = nn.Conv1d(channels, 1, 1)
        nn.init.zeros_(self.level.weight)
        nn.init.constant_(self.level.bias, START)

    def forward(self, frames: Tensor, num_samples: int) -> Tensor:
        """[batch, channels, frames] to gains [batch, 1, num_samples], interpolated linearly between frames.

        Computed in the weights' precision, whatever the frames' dtype.
        """
        with torch.autocast(frames.device.type, enabled=False):
            gains = torch.sigmoid(self.level(frames.to(self.level.weight.dtype)))
        return F.interpolate(gains, num_samples, mode="linear")
