"""The loss that draws the quiet side of a label's sounds to that of real ones."""

import math

import pytest
import torch
from conftest import NUM_SAMPLES, SAMPLE_RATE

from audiogan.config import ModelConfig
from training.config import TrainConfig
from training.distributed import Workers
from training.quiet import Quiet, log_power

CONFIG = ModelConfig("wavegan", num_samples=NUM_SAMPLES, sample_rate=SAMPLE_RATE, labels=("Flute", "Gong"))
FLUTES = torch.zeros(4, dtype=torch.long)


def listener(floor_db: float = -60.0) -> Quiet:
    return Quiet(CONFIG, torch.device("cpu"), Workers(), floor_db)


def notes(seed: int, count: int = 4) -> torch.Tensor:
    """Sines of random pitch that stop half-way, [count, NUM_SAMPLES]."""
    random = torch.Generator().manual_seed(seed)
    hz = 200 * 2 ** (4 * torch.rand(count, 1, generator=random))
    time = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
    return 0.5 * torch.sin(2 * math.pi * hz * time) * (time < time[-1] / 2)


def whistle(amplitude: float) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * 1000 * torch.arange(NUM_SAMPLES) / SAMPLE_RATE)


def heard(subject: Quiet, extra: torch.Tensor | float, batches: int = 40) -> torch.Tensor:
    """The last of many batches' loss, of notes and the same kind of notes with something on top."""
    for number in range(batches):
        loss = subject(notes(2 * number), notes(2 * number + 1) + extra, FLUTES)
    return loss


def test_a_sine_of_any_level_has_the_power_of_one_and_silence_none():
    bin_of_line = round(1000 / SAMPLE_RATE * 2048)
    for amplitude in (1.0, 0.01):
        logs = log_power(whistle(amplitude)[None], 1e-6)
        assert logs[0, 3, bin_of_line].item() == pytest.approx(0.0, abs=0.01)
        assert logs[0, 3, bin_of_line + 100].item() == pytest.approx(math.log(1e-6), abs=0.1)
    assert log_power(torch.zeros(1, NUM_SAMPLES), 1e-6).max().item() == pytest.approx(math.log(1e-6))


def test_notes_of_other_pitches_cost_far_less_than_a_faint_whistle():
    assert heard(listener(), whistle(0.003)) > 5 * heard(listener(), 0.0)  # -50 dBFS under notes of -6


def test_below_its_floor_it_hears_nothing():
    faint = whistle(1e-4)  # 71 dB below the notes
    assert heard(listener(-60.0), faint) == 0
    assert heard(listener(-90.0), faint) > 2 * heard(listener(-90.0), 0.0)


def test_a_louder_whistle_costs_more():
    assert heard(listener(), whistle(0.03)) > 1.5 * heard(listener(), whistle(0.003))


def test_what_is_quieter_than_real_clips_is_drawn_up():
    subject = listener()
    levels = torch.full((4, 1), 0.01, requires_grad=True)
    for number in range(40):
        loss = subject(notes(number) + whistle(0.1), notes(1000 + number) + levels * whistle(1.0), FLUTES)
    loss.backward()
    assert (levels.grad < 0).all()


def test_its_gradient_takes_the_whistle_away_and_not_the_level():
    subject = listener()
    heard(subject, whistle(0.01))
    levels = torch.ones(2, requires_grad=True)
    note = notes(1000)
    subject(notes(1001), levels[0] * note + levels[1] * whistle(0.01), FLUTES).backward()
    assert levels.grad[1] > 0.01
    assert levels.grad.sum().abs() < 1e-5  # of both together


def test_each_label_has_its_own_means():
    subject = listener()
    label = torch.tensor([0, 0, 1, 1])
    for number in range(40):
        real = notes(number)
        real[2:] += whistle(0.1)  # gongs may
        fake = notes(1000 + number) + whistle(0.1)
        fake = fake.requires_grad_(True)
        subject(real, fake, label).backward()
    assert fake.grad[:2].abs().sum() > 3 * fake.grad[2:].abs().sum()


def test_its_state_is_restored():
    subject, other = listener(), listener()
    heard(subject, whistle(0.01), batches=5)
    other.load_state_dict({name: tensor.clone() for name, tensor in subject.state_dict().items()})
    assert torch.equal(heard(subject, 0.0, 2), heard(other, 0.0, 2))


def test_a_generator_of_spectrograms_is_refused():
    with pytest.raises(ValueError, match="quiet must be 0 for a generator of spectrograms"):
        TrainConfig(model={"architecture": "specgan"}, quiet=1.0)
