"""Hugging Face ZeroGPU: a GPU that exists only while a decorated function runs, in a forked process of its own.

Elsewhere, and without the package `spaces`, which every Space has, this does nothing.
"""

import os
from collections.abc import Callable

try:
    import spaces
except ImportError:
    spaces = None

LONGEST_CALL = 15  # seconds; a visitor must have that many left today


def active() -> bool:
    """Whether this is a ZeroGPU Space."""
    return spaces is not None and os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def on_gpu(function: Callable) -> Callable:
    """The function, run on the GPU; its arguments and its result are pickled on the way."""
    return function if spaces is None else spaces.GPU(function, duration=LONGEST_CALL)
