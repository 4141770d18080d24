"""The post filter of generators of waveforms: an equaliser a label behind all else."""

import torch
from torch import Tensor, nn

from audiogan import dsp
from audiogan.config import ModelConfig


def post_filter(config: ModelConfig) -> "PostFilter | None":
    """The one that a model's config asks for."""
    return PostFilter(config.post_filter, len(config.labels)) if config.post_filter else None


class PostFilter(nn.Module):
    """One learnt filter a label; Donahue et al. (2018, appendix) have one for all.

    It begins as no filter, except that what stands still never passes, but for the edges of a clip: no loudspeaker
    plays it. What whistles in the end, `training.notches` cuts.

    Args:
        taps: odd, so that nothing is delayed.
        num_labels: 0 for a model without labels.
    """

    def __init__(self, taps: int, num_labels: int):
        super().__init__()
        responses = torch.zeros(max(1, num_labels), taps)
        responses[:, taps // 2] = 1.0
        self.responses = nn.Parameter(responses)

    def notched(self) -> Tensor:
        """The filters as they are used, [labels or 1, taps]: without a response to what stands still."""
        return self.responses - self.responses.mean(1, keepdim=True)

    def forward(self, audio: Tensor, label: Tensor | None) -> Tensor:
        """[batch, 1, time] and label indices [batch], None for a model without labels, to [batch, 1, time].

        It computes in the filters' own precision, whatever the audio has.
        """
        responses = self.notched() if label is None else self.notched()[label]
        return dsp.convolve(audio.to(responses.dtype).squeeze(1), responses).unsqueeze(1)
