"""The loss for lines that stand where real clips of a label have none."""

import math

import pytest
import torch
from conftest import NUM_SAMPLES, SAMPLE_RATE

from audiogan.config import ModelConfig
from training.config import TrainConfig
from training.distributed import Workers
from training.whistle import Whistle, log_power, surroundings

CONFIG = ModelConfig("wavegan", num_samples=NUM_SAMPLES, sample_rate=SAMPLE_RATE, labels=("Flute", "Gong"))
FLUTES = torch.zeros(4, dtype=torch.long)


def listener() -> Whistle:
    return Whistle(CONFIG, torch.device("cpu"), Workers())


def notes(seed: int, count: int = 4) -> torch.Tensor:
    """Sines of random pitch that stop half-way, [count, NUM_SAMPLES]."""
    random = torch.Generator().manual_seed(seed)
    hz = 200 * 2 ** (4 * torch.rand(count, 1, generator=random))
    time = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
    return 0.5 * torch.sin(2 * math.pi * hz * time) * (time < time[-1] / 2)


def whistle(amplitude: float) -> torch.Tensor:
    return amplitude * torch.sin(2 * math.pi * 1000 * torch.arange(NUM_SAMPLES) / SAMPLE_RATE)


def heard(subject: Whistle, extra: torch.Tensor | float, batches: int = 40, label=FLUTES) -> torch.Tensor:
    """The last of many batches' loss, of notes and the same kind of notes with something on top."""
    for number in range(batches):
        loss = subject(notes(2 * number), notes(2 * number + 1) + extra, label)
    return loss


def test_a_full_sine_has_the_power_of_one():
    logs = log_power(whistle(1.0)[None])
    bin_of_line = round(1000 / SAMPLE_RATE * 2048)
    assert logs[0, 3, bin_of_line].item() == pytest.approx(0.0, abs=0.01)
    assert logs[0, 3, bin_of_line + 100].item() == pytest.approx(math.log(1e-8), abs=0.1)


def test_notes_of_other_pitches_cost_far_less_than_a_faint_whistle():
    assert heard(listener(), whistle(0.003)) > 5 * heard(listener(), 0.0)  # -50 dBFS under notes of -6


def test_a_louder_whistle_costs_more_and_noise_and_silence_nothing():
    loud, faint = heard(listener(), whistle(0.03)), heard(listener(), whistle(0.003))
    assert loud > 1.5 * faint
    subject, random = listener(), torch.Generator().manual_seed(0)
    for _ in range(40):
        hiss = subject(notes(0), 0.1 * torch.randn(4, NUM_SAMPLES, generator=random), FLUTES)
        silence = subject(notes(0), torch.zeros(4, NUM_SAMPLES), FLUTES)
    assert max(hiss, silence) < 0.1 * faint  # a whole spectrum is the critics' matter


def test_a_bin_is_held_against_those_around_it():
    values = torch.zeros(1, 1, 100)
    values[..., 48:53] = 7.0
    assert surroundings(values)[0, 0, 50] == 0
    assert surroundings(values)[0, 0, 43] == pytest.approx(7 * 5 / 20)
    torch.testing.assert_close(surroundings(torch.full((2, 3, 100), 4.0)), torch.full((2, 3, 100), 4.0))


def test_its_gradient_takes_the_whistle_away_and_leaves_the_note():
    subject = listener()
    heard(subject, whistle(0.01))
    levels = torch.ones(2, requires_grad=True)
    note = notes(1000)
    subject(notes(1001), levels[0] * note + levels[1] * whistle(0.01), FLUTES).backward()
    assert levels.grad[1] > 0.01
    assert levels.grad[0].abs() < 0.2 * levels.grad[1]


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


def test_without_labels_all_clips_are_one():
    subject = Whistle(ModelConfig("wavegan", num_samples=NUM_SAMPLES, sample_rate=SAMPLE_RATE), "cpu", Workers())
    assert heard(subject, whistle(0.01), label=None) == heard(listener(), whistle(0.01)) > 0


def test_a_generator_of_spectrograms_is_refused():
    with pytest.raises(ValueError, match="whistle must be 0 for a generator of spectrograms"):
        TrainConfig(model={"architecture": "specgan"}, whistle=1.0)
