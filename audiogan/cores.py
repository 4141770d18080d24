"""How many cores this process may use: a container's share of its machine, not the machine."""

import math
import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # `QUOTA PERIOD`, in microseconds, or `max PERIOD`


def count() -> int:
    """Cores that the process may be scheduled on, at most as many as its container's share of time comes to."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _share()))


def _share() -> int | float:
    """Whole cores, rounded up, that the container's limit comes to; infinite where there is none."""
    try:
        quota, period = CGROUP_LIMIT.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
