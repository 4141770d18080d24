"""Which number format this device multiplies fastest."""

import time

import torch

SIZE, REPEATS = 768, 8


def fastest(device: torch.device) -> str:
    """`bfloat16` if this device is fast at it, else `float32`.

    CUDA devices say whether they support it. CPUs are measured, and must be a third faster in it: of two CPUs with
    avx512_bf16, one doubles its rate in bfloat16, the other halves it.
    """
    if device.type == "mps":
        return "float32"
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    rates = {dtype: _seconds(dtype) for dtype in (torch.float32, torch.bfloat16)}
    return "bfloat16" if rates[torch.bfloat16] < 0.75 * rates[torch.float32] else "float32"


def settle(device: torch.device) -> None:
    """On CUDA, for the whole process: keep float32 convolutions in float32, and let cuDNN search for the fastest.

    By default cuDNN rounds them to TF32, whose ten bits are little more than bfloat16's seven. Penalties and heads,
    which are kept out of bfloat16, must not meet TF32 either.
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
