"""Weights of models and classifiers as safetensors: read from untrusted files, and made ready to be stored."""

from collections.abc import Mapping
from pathlib import Path

import safetensors
import torch

from audiogan.files import regular


def read(file: Path, expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Read tensors of exactly these names and shapes, in these dtypes; compares names and shapes before reading any.

    Args:
        expected: as from `state_dict`, on any device.

    Raises:
        OSError: it cannot be read.
        ValueError: not a file, not safetensors, truncated, of other names, shapes or kinds, or not finite.
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
    """Tensors as a file stores them: on the CPU, floating-point ones in float16 unless `exact`.

    Raises:
        ValueError: one is not finite as stored.
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
