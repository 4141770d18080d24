"""The score that picks the best checkpoint: real audio beats noise, and the same generator scores the same."""

from dataclasses import astuple

import torch

from audiogan.audio import from_pcm16
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.models.base import WaveGenerator
from training.validation import Validation


class Player(WaveGenerator):
    """Not a network: answers with given clips, or noise."""

    def __init__(self, clips: torch.Tensor):
        super().__init__(ModelConfig("wavegan"))
        self.clips = clips

    def forward(self, z, label=None, pitch=None):
        return self.clips[torch.arange(len(z)) % len(self.clips)][:, None]


def test_real_audio_beats_noise_and_silence(prepared):
    data = PreparedData(prepared)
    validation = Validation(data, torch.device("cpu"))
    real = torch.from_numpy(from_pcm16(data.clips[data.rows("test")]))
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0)) * 0.1
    scores = [validation.score(Player(clips)) for clips in (real, noise, torch.zeros_like(real))]
    for of_real, floor, *others in zip(*map(astuple, [scores[0], validation.floor, *scores[1:]]), strict=True):
        assert of_real < 0.1 * min(others)
        assert floor < 0.2 * min(others)
    assert validation.floor.distance > 0  # KAD has no bias: it can be below
    assert scores[0] == validation.score(Player(real))
