"""Clips of a dim-64 WaveGAN, and of the app's bundled instrument, against a usual WaveGAN implementation."""

import numpy as np
import torch

import audiogan
from audiogan.checkpoint import Checkpoint
from audiogan.config import ModelConfig
from audiogan.device import choose_device
from audiogan.models import build_generator
from audiogan.synthesis import Synthesizer
from benchmarks.plain import PlainGenerator
from benchmarks.timing import alternate, matmul_rate, row

CLIPS = 16
INSTRUMENT, LABEL, KEYS = "hybrid-instruments", "Cello", range(48, 73)


def run(dim: int = 64, rounds: int = 15) -> list[dict]:
    """Seconds from seeds to float32 samples on the host: sixteen clips, and two octaves of one sound."""
    config, device = ModelConfig("wavegan", dim=dim), choose_device()
    synthesizer = Synthesizer(Checkpoint("benchmark", None, config, {}), build_generator(config), device)
    instrument, plain = audiogan.load(INSTRUMENT), PlainGenerator(dim).to(device).eval()

    @torch.inference_mode()
    def baseline():
        return plain((torch.rand(CLIPS, 100) * 2 - 1).to(device)).cpu().numpy()

    ours, clips, keys, other = alternate(
        [
            lambda: synthesizer.generate(CLIPS, 0),
            lambda: instrument.generate(CLIPS, 0),
            lambda: octaves(instrument),
            baseline,
        ],
        rounds,
    )
    said = f"{CLIPS} clips by float32 transposed convolutions of dim {dim}, one batch"
    share = _operations(plain) / float(np.median(ours)) / matmul_rate()
    return [
        row(f"{CLIPS} clips, WaveGAN dim {dim}", ours, other, said, share_of_matmul=share),
        row(f"{CLIPS} clips, {INSTRUMENT}", clips, other, said),
        row(f"{len(KEYS)} keys of one sound, {INSTRUMENT}", keys, other, said),
    ]


def octaves(instrument: Synthesizer) -> np.ndarray:
    """One latent at every pitch of two octaves, [keys, num_samples]."""
    z = np.repeat(instrument.latents([0], 0), len(KEYS), axis=0)
    return instrument.render(z, [LABEL] * len(KEYS), [float(key) for key in KEYS])


def _operations(plain: PlainGenerator) -> int:
    """Operations for sixteen clips, a multiply-add as two: each weight of a layer is used at each input frame."""
    frames = [16 * 4**level for level in range(len(plain.layers))]
    return 2 * CLIPS * sum(layer.weight.numel() * count for layer, count in zip(plain.layers, frames, strict=True))
