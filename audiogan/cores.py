"""How many cores this process may use: its container's share, not the whole machine's."""

import math
import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # `QUOTA PERIOD`, in microseconds, or `max PERIOD`


def count() -> int:
    """Cores that the process may be scheduled on, capped at its container's CPU quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _share()))


def _share() -> int | float:
    """The container's CPU quota in cores, rounded up; infinite if there is none."""
    try:
        quota, period = CGROUP_LIMIT.read_text().split()
        return math.ceil(int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
