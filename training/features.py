"""Teach a critic's feature network the labels before the game begins; from then on it is frozen."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from tqdm import tqdm

from audiogan.models.base import Generator
from audiogan.models.features import FeatureNetwork
from training.augment import shift
from training.batches import Batches

BATCH_SIZE, LEARNING_RATE, SMOOTHING = 64, 4e-3, 0.05
MAX_SHIFT_SECONDS, GAIN = 0.025, (0.3, 1.0)


def teach(
    network: FeatureNetwork,
    generator: Generator,
    batches: Batches,
    steps: int,
    visible: bool = True,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Train on `steps` batches of the training split, the learning rate rising and falling once.

    Args:
        network: changed in place, frozen again afterwards.
        generator: converts clips to the native samples that the network will see.
        batches: source of clips and random numbers.
        steps: 0 leaves the network as it was initialised.
        visible: show progress.
        stopping: called before each batch; True leaves the network half taught.
    """
    if not steps:
        return
    network.requires_grad_(True).train()
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE / 2, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in tqdm(range(steps), desc="teach the features", unit="batch", disable=not visible):
        if stopping():
            return
        audio, label, _ = batches.draw(BATCH_SIZE)
        native = generator.from_audio(_changed(audio, network, batches))
        loss = F.cross_entropy(network.logits(native), label, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    if not all(torch.isfinite(value).all() for value in network.state_dict().values()):
        raise FloatingPointError("the feature network's training gave values that are not finite")
    network.requires_grad_(False).eval()


def _changed(audio: torch.Tensor, network: FeatureNetwork, batches: Batches) -> torch.Tensor:
    """Clips shifted and turned down at random, so that neither start nor level tells a label: [batch, num_samples]."""
    draw = torch.rand(2, len(audio), generator=batches.rng, device=audio.device)
    most = MAX_SHIFT_SECONDS * network.sample_rate
    return shift(audio, (2 * draw[0] - 1) * most) * (GAIN[0] + (GAIN[1] - GAIN[0]) * draw[1])[:, None]
