"""When processes that train together check whether one of them was told to stop: all must, after the same step."""

import math
import time

import torch

from training.distributed import Workers

SECONDS, STEPS = 1.0, 10  # between checks, whichever is less, but at least a step: a check waits for the device


class StopChecks:
    """Decides with the other processes, by the mean of their times for a step, so that all check at the same one.

    Args:
        workers: the processes; one alone does as it is told.
        device: where they exchange numbers.
    """

    def __init__(self, workers: Workers, device: torch.device):
        self.workers, self.device = workers, device
        self.steps, self.left, self.checked = 1, 1, -math.inf

    def __call__(self, stop: bool) -> bool:
        """Whether all stop now; to be asked before each step, with whether this process was told to."""
        if self.workers.count == 1:
            return stop
        self.left -= 1
        if self.left:
            return False
        now = time.monotonic()
        numbers = torch.tensor([float(stop), (now - self.checked) / self.steps], device=self.device)
        told, pace = self.workers.mean(numbers).tolist()
        self.steps = self.left = max(1, int(SECONDS / max(pace, SECONDS / STEPS)))
        self.checked = now
        return told > 0
