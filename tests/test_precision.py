"""Which number format a device is given, and what is set for it."""

import pytest
import torch

from training import precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(("native", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_that_only_emulates_bfloat16_gets_float32(monkeypatch, native, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: native or including_emulation)
    assert precision.fastest(torch.device("cuda")) == expected


def test_float32_convolutions_are_exact_on_cuda_and_nothing_is_set_elsewhere():
    with torch.backends.cudnn.flags(enabled=True):
        precision.settle(CPU)
        assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == (True, False)
        precision.settle(torch.device("cuda"))
        assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == (False, True)
