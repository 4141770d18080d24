"""Up-convolutions that answer a constant with a constant, so that silence needs no cancelling.

Each sample that an up-convolution makes sees only some of its taps, every fourth where the stride is four. Where those
have sums of their own, a constant comes out as a pattern that repeats with the stride (Odena et al. 2016): in a
waveform a line that stands under every sound, in a spectrogram a grid. Taps with one sum for all samples leave none, at
any layer. They are brought there behind each step, by what moves them least. The moving average of such weights is such
weights: what is exported is a network like any other, and nothing of this is left to do when it plays.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan.models.convolutions import UpConv1d


class Evenness:
    """Keeps a network's up-convolutions even.

    Args:
        network: is on its device already.
    """

    def __init__(self, network: nn.Module):
        self.kernels = []
        for layer in network.modules():
            if isinstance(layer, (UpConv1d, nn.ConvTranspose1d, nn.ConvTranspose2d)):
                strides = (layer.stride,) if isinstance(layer, UpConv1d) else layer.stride
                excess = _excess(layer.weight.shape[2:], strides)
                self.kernels.append((layer.weight, excess.to(layer.weight)))

    @torch.no_grad()
    def __call__(self) -> None:
        """Give all samples taps of one sum, in place; where they have, nothing changes."""
        for weight, excess in self.kernels:
            weight -= (weight.flatten(2) @ excess).view(weight.shape)


def _excess(size: torch.Size, strides: tuple[int, ...]) -> Tensor:
    """What each of a kernel's taps, in a row, has too much: a matrix [taps, taps] to multiply the row by."""
    phases = [torch.arange(taps) % stride for taps, stride in zip(size, strides, strict=True)]
    phase = torch.zeros((), dtype=torch.long)
    for along, stride in zip(phases, strides, strict=True):
        phase = phase[..., None] * stride + along
    member = F.one_hot(phase.flatten()).double()  # [taps, phases]
    count = member.sum(0)
    mean = member / count
    common = mean.sum(1, keepdim=True) / (1 / count).sum()  # the sum that is nearest to all of theirs
    return (mean - common / count) @ member.T
