"""Sixteen clips of a dim-64 WaveGAN against the same network with transposed convolutions."""

import torch

from audiogan.checkpoint import Checkpoint
from audiogan.config import ModelConfig
from audiogan.device import choose_device
from audiogan.models import build_generator
from audiogan.synthesis import Synthesizer
from benchmarks.plain import PlainGenerator
from benchmarks.timing import alternate, row

CLIPS = 16


def run(dim: int = 64, rounds: int = 15) -> list[dict]:
    """Seconds for sixteen clips, the whole way from seed to float32 samples on the host."""
    config, device = ModelConfig("wavegan", dim=dim), choose_device()
    synthesizer = Synthesizer(Checkpoint("benchmark", None, config, {}), build_generator(config), device)
    plain = PlainGenerator(dim).to(device).eval()

    @torch.inference_mode()
    def baseline():
        return plain((torch.rand(CLIPS, 100) * 2 - 1).to(device)).cpu().numpy()

    ours, other = alternate([lambda: synthesizer.generate(CLIPS, 0), baseline], rounds)
    return [row(f"{CLIPS} clips, WaveGAN dim {dim}", ours, other, "float32 transposed convolutions, one batch of 16")]
