"""The schedule of learning rates."""

import math

from training.config import TrainConfig


def factor(config: TrainConfig, step: int, first: int = 0) -> float:
    """The factor on a learning rate at a step, counted from 0; `first` is the first step that uses the rate."""
    rising = min(1.0, max(0, step - first + 1) / (config.warmup + 1))
    left = max(0.0, 1.0 - step / config.steps)
    falling = {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * math.cos(math.pi * left)}
    return rising * falling[config.schedule]
