"""WaveGAN's post filter: what stands at one frequency under every note is taken out of the waveform."""

import torch
from torch import Tensor, nn

from audiogan import dsp

PACE = 50.0  # of the gains' logits to the weights': at a rate for weights, a line falls 60 dB in a thousand steps
START = 4.0  # their logit at first: a gain of 0.98


class PostFilter(nn.Module):
    """One learnt filter a label behind the last layer; Donahue et al. (2018, appendix) have one for all.

    Up-convolutions leave lines at multiples of the rates of their layers, and each label its own. A long filter can
    notch those without an effect on notes, whose partials lie elsewhere in most clips. It delays nothing and can only
    take away: free to amplify, it learns to raise the very lines, which are the one thing that is there in every clip.
    A mean that is not 0 never passes, for no loudspeaker plays it; all else does at first.

    Args:
        taps: odd; gains are learnt at (taps + 1) / 2 frequencies from 0 to half the sample rate.
        num_labels: 0 for a model without labels.
    """

    def __init__(self, taps: int, num_labels: int):
        super().__init__()
        self.gains = nn.Parameter(torch.full((max(1, num_labels), taps // 2 + 1), START / PACE))

    def responses(self) -> Tensor:
        """Each label's impulse response, [labels or 1, taps], symmetrical."""
        gains = torch.sigmoid(PACE * self.gains.float())
        gains = torch.cat([torch.zeros_like(gains[:, :1]), gains[:, 1:]], dim=1)
        return dsp.impulse_responses(gains)

    def forward(self, audio: Tensor, label: Tensor | None) -> Tensor:
        """[batch, 1, time] and label indices [batch], None for a model without labels, to float32 [batch, 1, time]."""
        responses = self.responses() if label is None else self.responses()[label]
        return dsp.convolve(audio.float().squeeze(1), responses).unsqueeze(1)
