"""How fast to learn at which step."""

import math

from training.config import TrainConfig


def factor(config: TrainConfig, step: int, first: int = 0) -> float:
    """What a learning rate is multiplied by at a step, counted from 0, where `first` is the first that uses it."""
    rising = min(1.0, max(0, step - first + 1) / (config.warmup + 1))
    left = max(0.0, 1.0 - step / config.steps)
    falling = {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * math.cos(math.pi * left)}
    return rising * falling[config.schedule]
