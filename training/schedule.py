"""How fast to learn at which step."""

import math

from training.config import TrainConfig


def factor(config: TrainConfig, step: int) -> float:
    """What both learning rates are multiplied by at a step, counted from 0."""
    rising = min(1.0, (step + 1) / (config.warmup + 1))
    left = max(0.0, 1.0 - step / config.steps)
    falling = {"constant": 1.0, "linear": left, "cosine": 0.5 - 0.5 * math.cos(math.pi * left)}
    return rising * falling[config.schedule]
