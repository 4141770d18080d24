"""Up-convolutions that map a constant to a constant, so that silence needs no cancelling.

Each output sample of an up-convolution sees only some of its taps: every fourth at a stride of four. If those subsets
have different sums, a constant comes out as a pattern that repeats with the stride (Odena et al. 2016): in a waveform a
line under every sound, in a spectrogram a grid. Equal sums leave no pattern, at any layer. After each training step the
smallest possible change of the weights makes the sums equal. A moving average of such weights has equal sums too, so
the exported network is an ordinary one and takes no extra work to play.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from audiogan.models.convolutions import UpConv1d


class Evenness:
    """Keeps a network's up-convolutions even.

    Args:
        network: already on its device.
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
        """Make the sums of taps equal for all output samples, in place; equal sums stay as they are."""
        for weight, excess in self.kernels:
            weight -= (weight.flatten(2) @ excess).view(weight.shape)


def _excess(size: torch.Size, strides: tuple[int, ...]) -> Tensor:
    """The matrix [taps, taps] that maps a row of a kernel's taps to the excess of each tap."""
    phases = [torch.arange(taps) % stride for taps, stride in zip(size, strides, strict=True)]
    phase = torch.zeros((), dtype=torch.long)
    for along, stride in zip(phases, strides, strict=True):
        phase = phase[..., None] * stride + along
    member = F.one_hot(phase.flatten()).double()  # [taps, phases]
    count = member.sum(0)
    mean = member / count
    common = mean.sum(1, keepdim=True) / (1 / count).sum()  # the common sum nearest to all of theirs
    return (mean - common / count) @ member.T
