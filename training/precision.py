"""Which number format this device multiplies fastest."""

import time

import torch

SIZE, REPEATS = 768, 8


def fastest(device: torch.device) -> str:
    """`bfloat16` where matrix products are at least a third faster in it than in float32, else `float32`.

    Measured, not looked up: of two CPUs with avx512_bf16 one doubles its rate in bfloat16, another halves it.
    """
    if device.type == "mps":
        return "float32"
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    rates = {dtype: _seconds(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return "bfloat16" if rates[torch.bfloat16] < 0.75 * rates[torch.float32] else "float32"


def settle(device: torch.device) -> None:
    """On a CUDA device, for the whole process: convolutions in float32 are exact, and cuDNN looks for the fastest.

    By default it rounds them to TF32, whose ten bits are little more than bfloat16's seven: what is kept out of the
    one, penalties and heads, is not to meet the other.
    """
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = False


def _seconds(dtype: torch.dtype) -> float:
    """Best time of one product on the CPU."""
    matrix = torch.ones(SIZE, SIZE, dtype=dtype)
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        matrix @ matrix
        times.append(time.perf_counter() - start)
    return min(times)
