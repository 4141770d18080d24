"""What MPS cannot do is not asked of it: a stand-in refuses as it does, and knows no other way out than the CPU."""

import math

import pytest
import torch
import torch.nn.functional as F
from conftest import SAMPLE_RATE, tone

from audiogan import dsp
from audiogan.config import ModelConfig
from audiogan.models import build_generator
from training.state import TrainingState

MPS = torch.device("mps")


class OnMps(torch.Tensor):
    """Says that it lies there: without float64, and without pooling to cells of unequal size."""

    device = MPS

    def cpu(self) -> torch.Tensor:
        return self.as_subclass(torch.Tensor)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.Tensor.double, F.adaptive_avg_pool2d):
            raise TypeError(f"MPS cannot do {func}")
        return super().__torch_function__(func, types, args, kwargs)


@pytest.fixture
def moved(monkeypatch) -> list:
    """Where tensors of the CPU were moved to; they stay there."""
    places = []
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, place: places.append(place) or tensor)
    return places


def test_a_label_draws_its_pitches():
    generator = build_generator(ModelConfig("hybrid", dim=2))
    generator.fit_conditions(torch.zeros(3, dtype=torch.long), torch.full((3,), 60.0))
    generator.pitch_shares = generator.pitch_shares.as_subclass(OnMps)
    assert generator.draw_pitches(range(2), 0, [0, 0]) == [60.0, 60.0]


def test_spectra_are_measured():
    generator = build_generator(ModelConfig("specgan", dim=2))
    logs = generator.analyse(torch.from_numpy(tone(440))[None])
    generator.spectrum.fit([logs.as_subclass(OnMps)])
    measured = generator.spectrum.mean.clone()
    generator.spectrum.fit([logs])
    assert torch.equal(measured, generator.spectrum.mean)
    assert math.isfinite(measured.sum())


def test_pictures_are_pooled(moved):
    mels = dsp.mel(dsp.magnitude(torch.from_numpy(tone(440))[None], 1024, 256), 1024, 64, SAMPLE_RATE)
    moved.clear()
    assert torch.equal(dsp.pooled(mels.as_subclass(OnMps), (16, 8)), F.adaptive_avg_pool2d(mels, (16, 8)))
    assert moved == [MPS]


def test_its_random_numbers_are_part_of_a_run(monkeypatch):
    told, now = [], torch.arange(3, dtype=torch.uint8)
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: now)
    monkeypatch.setattr(torch.mps, "set_rng_state", told.append)
    state = TrainingState({}, {}, {}, {}, MPS)
    state.restore(state.tensors())
    assert told == [now]
