"""Which device to compute on."""

import functools
import platform
import re

import torch

from audiogan import cores
from audiogan.arguments import DEVICES

SETTLE_SAMPLES = 1 << 18


def choose_device(name: str | torch.device = "auto") -> torch.device:
    """The named device, or the one given; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        ValueError: the name is unknown or this machine has no such device.
    """
    _settle()
    graphics = torch.cuda.device_count() if torch.cuda.is_available() else 0
    counts = {"cuda": graphics, "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    if name == "auto":
        return torch.device(next(kind for kind, count in counts.items() if count))
    kind, colon, index = str(name).partition(":")  # a torch.device is the name it was made from
    if kind not in counts or (colon and not re.fullmatch("[0-9]{1,3}", index)):
        raise ValueError(f"device must be one of {', '.join(DEVICES)} or cuda:N, not {name!r}")
    if int(index or 0) >= counts[kind]:
        raise ValueError(f"device {name!r} is not available on this machine; use auto or cpu")
    return torch.device(kind, int(index)) if colon else torch.device(kind)


def machine(device: torch.device, processes: int = 1) -> str:
    """The device in words, for cards."""
    if device.type == "cuda":
        return f"{processes} x {torch.cuda.get_device_name(device)}"
    return f"{cores.count()} {platform.machine()} cores" + (" and MPS" if device.type == "mps" else "")


@functools.cache
def _settle() -> None:
    """Warm up the CPU's vector math library before any result counts, and flush denormals to 0.

    In a process's first call, MKL can let one thread take another code path, whose tanh differs in the last bit: the
    first sound of one process in twenty would differ from all others. Arithmetic on denormals, which decaying sounds
    are full of, can be many times slower.
    """
    torch.set_flush_denormal(True)
    for function in (torch.tanh, torch.exp, torch.log):
        function(torch.ones(SETTLE_SAMPLES))
