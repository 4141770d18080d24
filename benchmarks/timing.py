"""Alternating timers, so that drift in the machine's speed affects both sides alike."""

import platform
import statistics
import time
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from audiogan import cores


def machine() -> str:
    """The machine in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{cores.count()} {platform.machine()} cores, torch {torch.__version__}, {torch.get_num_threads()} threads"


def alternate(functions: Sequence[Callable[[], object]], rounds: int, untimed: int = 1) -> list[list[float]]:
    """Seconds of each function in each of `rounds` rounds, after `untimed` rounds that do not count."""
    seconds: list[list[float]] = [[] for _ in functions]
    for number in range(untimed + rounds):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.perf_counter()
            function()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            if number >= untimed:
                taken.append(time.perf_counter() - start)
    return seconds


def ratios(ours: list[float], other: list[float]) -> list[float]:
    """How many times faster ours is, round by round."""
    return [b / a for a, b in zip(ours, other, strict=True)]


def row(name: str, ours: list[float], other: list[float], baseline: str, **extra) -> dict:
    """A benchmark's row: median seconds, and how many times faster ours is: median, lowest and highest over rounds."""
    times = ratios(ours, other)
    return {
        "name": name,
        "ours_s": statistics.median(ours),
        "baseline_s": statistics.median(other),
        "ratio": statistics.median(times),
        "rounds": len(times),
        "lowest_ratio": min(times),
        "highest_ratio": max(times),
        "baseline": baseline,
        "machine": machine(),
        **extra,
    }


def matmul_rate(dtype: torch.dtype = torch.float32) -> float:
    """FLOP/s of a square matrix product on this machine, of a size that fills it; a multiply-add counts as two.

    Multiplies random numbers: a GPU is faster on ones, since fewer bits flip. A CPU uses oneDNN if available: float32
    `@` uses MKL, which is slow on processors of other makers.
    """
    device, size = ("cuda", 8192) if torch.cuda.is_available() else ("cpu", 2048)
    matrix = torch.randn(size, size, device=device).to(dtype)
    if device == "cpu" and torch.backends.mkldnn.is_available():
        matrix = matrix.to_mkldnn()
    (seconds,) = alternate([lambda: F.linear(matrix, matrix)], 5)
    return 2 * size**3 / min(seconds)
