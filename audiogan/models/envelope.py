"""WaveGAN's envelope: silence without having to cancel what the layers before leave."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START = 4.0  # logit of the gain at first: 0.98


class Envelope(nn.Module):
    """A gain from 0 to 1 over time, told from early frames: all that is heard after a sound's end goes with it.

    Where a sound is over, up-convolutions still leave lines at the rates of their layers, hiss, and seams between the
    dense layer's frames. To be silent they would have to cancel them; to be turned down is one number.

    Args:
        channels: of the frames.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.level = nn.Conv1d(channels, 1, 1)
        nn.init.zeros_(self.level.weight)
        nn.init.constant_(self.level.bias, START)

    def forward(self, frames: Tensor, num_samples: int) -> Tensor:
        """[batch, channels, frames] to gains [batch, 1, num_samples], straight lines from frame to frame.

        It computes in its weights' precision, whatever the frames have.
        """
        with torch.autocast(frames.device.type, enabled=False):
            gains = torch.sigmoid(self.level(frames.to(self.level.weight.dtype)))
        return F.interpolate(gains, num_samples, mode="linear")
