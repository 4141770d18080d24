"""The post filter of waveform generators: a final equaliser per label."""

import torch
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig


def post_filter(config: ModelConfig) -> "PostFilter | None":
    """The post filter that a model's config asks for, if any."""
    return PostFilter(config.post_filter, len(config.labels)) if config.post_filter else None


class PostFilter(nn.Module):
    """One learnt filter per label; Donahue et al. (2018, appendix) have one for all.

    It starts as an identity, except that it always blocks DC, which no loudspeaker plays (edges of a clip excepted).
    `training.notches` later adds notches against whistles.

    Args:
        taps: odd, for zero delay.
        num_labels: 0 for a model without labels.
    """

    def __init__(self, taps: int, num_labels: int):
        super().__init__()
        responses = torch.zeros(max(1, num_labels), taps)
        responses[:, taps // 2] = 1.0
        self.responses = nn.Parameter(responses)

    def notched(self) -> Tensor:
        """The filters as applied, [labels or 1, taps]: without a response to DC."""
        return self.responses - self.responses.mean(1, keepdim=True)

    def forward(self, audio: Tensor, label: Tensor | None) -> Tensor:
        """[batch, 1, time] and label indices [batch], None for a model without labels, to [batch, 1, time].

        Computed in the filters' precision, whatever the audio's dtype.
        """
        responses = self.notched() if label is None else self.notched()[label]
        return dsp.convolve(audio.to(responses.dtype).squeeze(1), responses).unsqueeze(1)
