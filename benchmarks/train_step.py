"""A WGAN-GP WaveGAN iteration against the same networks as usually written."""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.device import choose_device
from benchmarks.gradient_error import gradient_errors
from benchmarks.plain import PlainStep
from benchmarks.timing import alternate, matmul_rate, row
from training import precision
from training.batches import Batches
from training.config import load_preset
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.distributed import Workers
from training.game import Game

SIZES = ((16, 64), (64, 16))  # dim, batch
GPU_SIZES = ((64, 64),)
ROUNDS, GPU_ROUNDS = 3, 5
GPU_UNTIMED = 3  # the first runs eagerly, the second is recorded


def run(sizes: tuple[tuple[int, int], ...] = (), rounds: int = 0) -> list[dict]:
    """Two rows per size: against transposed convolutions, and against nearest-neighbour upsampling.

    Args:
        sizes: dim and batch of each; by default the device's.
        rounds: how many are timed; 0 for the device's default.
    """
    device = choose_device()
    rounds = rounds or (GPU_ROUNDS if device.type == "cuda" else ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        data = noise_data(Path(folder) / "data")
        sizes = sizes or (GPU_SIZES if device.type == "cuda" else SIZES)
        return [row for dim, batch_size in sizes for row in _compare(data, dim, batch_size, device, rounds)]


def our_step(data: PreparedData, dim: int, batch_size: int, device: torch.device) -> Game:
    """The preset's game at another size, in the precision that training would choose."""
    settings = [f"dim={dim}", f"batch_size={batch_size}", f"precision={precision.fastest(device)}", "conditional=false"]
    config = load_preset("wavegan", settings)
    batches = Batches(data, device, torch.Generator(device).manual_seed(0))
    return Game(config, ModelConfig(**config.model), batches, Workers())


def noise_data(folder: Path) -> PreparedData:
    """64 clips of noise: a step takes as long on them as on music."""
    form, random = ClipFormat(), np.random.default_rng(0)
    with DataSetWriter(folder, form, (), "noise") as writer:
        for number in range(64):
            noise = random.standard_normal(form.num_samples).astype(np.float32)
            writer.add(Clip(fit(noise, form), "", str(number)))
    return PreparedData(folder)


@torch.no_grad()
def iteration_flop(step: PlainStep) -> float:
    """FLOP that an iteration needs, in forward passes of generator and critic: 8 G + 52 D, 6.5e12 at dim and batch 64.

    A backward pass costs two forward ones, the penalty four: forward, gradient, and the gradient's own backward. A
    critic step is G + 10 D (real and fake three each, the penalty four), the generator's is 3 G + 2 D. Not counted are
    the zeros that torch's double backward of a leaky ReLU sends back through the critic, another 10 D.
    """
    costs = []
    for network, inputs in ((step.generator, step._latents()), (step.discriminator, step.real)):
        with FlopCounterMode(display=False) as counter:
            network(inputs)
        costs.append(counter.get_total_flops())
    return 8 * costs[0] + 52 * costs[1]


def _compare(data: PreparedData, dim: int, batch_size: int, device: torch.device, rounds: int) -> list[dict]:
    game = our_step(data, dim, batch_size, device)
    plain, upsampled = (PlainStep(dim, batch_size, device, upsample) for upsample in (False, True))
    functions = _settled(device, lambda: game.round(0)), _by_default(plain), _by_default(upsampled)
    untimed = GPU_UNTIMED if device.type == "cuda" else 1
    ours, transposed, nearest = alternate(functions, rounds, untimed)
    rate = iteration_flop(plain) / statistics.median(ours)
    extra = {
        "precision": game.config.precision,
        "flop_per_s": rate,
        "share_of_matmul": rate / matmul_rate(getattr(torch, game.config.precision)),
    }
    if game.config.precision == "bfloat16":
        extra |= _settled(device, lambda: gradient_errors(game))()
    name = f"WGAN-GP iteration, WaveGAN dim {dim}, batch {batch_size}"
    baselines = {"eager float32 transposed convolutions, host phase shuffle, .item() each step": transposed}
    baselines["the same with nearest-neighbour upsampling and convolutions"] = nearest
    return [row(name, ours, other, baseline, **extra) for baseline, other in baselines.items()]


def _settled(device: torch.device, function: Callable) -> Callable:
    """The function with this device set up as the trainer would."""

    def call():
        with torch.backends.cudnn.flags(enabled=True):
            precision.settle(device)
            return function()

    return call


def _by_default(function: Callable) -> Callable:
    """The function under torch's own defaults: cuDNN may round float32 to TF32, and tries nothing."""

    def call():
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=True):
            return function()

    return call
