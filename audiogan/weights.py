"""Weights as safetensors, of models and of classifiers: as nobody vouches for them, and as they are stored."""

from collections.abc import Mapping
from pathlib import Path

import safetensors
import torch

from audiogan.files import regular


def read(file: Path, expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors of exactly these names, shapes and dtypes; names and shapes are compared before any is read.

    Args:
        expected: as of `state_dict`, on any device.

    Raises:
        OSError: it cannot be read.
        ValueError: not a file, not safetensors, cut off, of other names, shapes or kinds, or not finite.
    """
    try:
        with safetensors.safe_open(regular(file), "pt") as opened:
            names = set(opened.keys())
            for name in sorted(names ^ set(expected)):
                raise ValueError(f"tensor {name!r} is {'unknown' if name in names else 'missing'}")
            for name, tensor in expected.items():
                shape = opened.get_slice(name).get_shape()
                if list(shape) != list(tensor.shape):
                    raise ValueError(f"tensor {name!r} has shape {list(shape)}, not {list(tensor.shape)}")
            state = {name: _as_wanted(name, opened.get_tensor(name), tensor.dtype) for name, tensor in expected.items()}
    except (NotImplementedError, TypeError, safetensors.SafetensorError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"tensor {name!r} holds values that are not finite")
    return state


def as_stored(state: Mapping[str, torch.Tensor], exact: bool = False) -> dict[str, torch.Tensor]:
    """Tensors as a file keeps them: on the CPU, numbers in float16, or as they are where they are to be exact.

    Raises:
        ValueError: one is not finite then.
    """
    stored = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu().contiguous()
        stored[name] = tensor.half() if tensor.is_floating_point() and not exact else tensor
        if not torch.isfinite(stored[name]).all():
            raise ValueError(f"tensor {name!r} holds values that are not finite{'' if exact else ' in float16'}")
    return stored


def _as_wanted(name: str, tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if tensor.is_floating_point() != dtype.is_floating_point:
        raise ValueError(f"tensor {name!r} holds {tensor.dtype}, not {dtype}")
    return tensor.to(dtype, copy=True)
