"""The hybrid: lines where the pitch says, one clip one latent, critics that compare pairs."""

import numpy as np
import pytest
import torch
from conftest import LABELS, NUM_SAMPLES, SAMPLE_RATE

from audiogan import latent
from audiogan.config import ModelConfig
from audiogan.models import build_discriminator, build_generator
from audiogan.models.critics import compressed_spectrogram, other_of_pair
from audiogan.models.ensembles import WINDOWS
from audiogan.models.hybrid import pitch_features


def generator(**settings):
    torch.manual_seed(0)
    return build_generator(ModelConfig("hybrid", **{"dim": 8, "labels": LABELS, **settings})).eval()


def test_pitch_features_repeat_at_the_octave_and_vanish_without_a_pitch():
    low, high, none = pitch_features(torch.tensor([60.0, 72.0, torch.nan]))
    torch.testing.assert_close(low[4:8], high[4:8], atol=1e-4, rtol=0)  # whole turns an octave, and faster
    assert not torch.allclose(low[:4], high[:4])
    assert none.abs().sum() == 0


def test_a_given_pitch_is_heard():
    subject = generator()
    with torch.no_grad():
        subject.harmonics.level.bias.fill_(-2.0)
        subject.harmonics.level.weight.zero_()
        audio = subject(torch.randn(2, 100), torch.tensor([0, 0]), torch.tensor([57.0, 64.0]))[:, 0]
    spectrum = torch.fft.rfft(audio * torch.hann_window(NUM_SAMPLES)).abs()
    for row, midi in zip(spectrum, (57, 64), strict=True):
        hz = 440 * 2 ** ((midi - 69) / 12)
        strongest = row.topk(5).indices * SAMPLE_RATE / NUM_SAMPLES / hz
        assert (strongest - strongest.round()).abs().max() < 0.02


def test_each_label_has_ratios_of_its_own():
    subject, z = generator(partial_ratios=True), torch.randn(1, 100).repeat(2, 1)
    plain, pitch = generator(), torch.tensor([60.0, 60.0])
    subject.load_state_dict(plain.state_dict() | {"partial_ratios": subject.partial_ratios})
    subject.partial_ratios[1, 2] = 2.756
    ours, theirs = (model(z, torch.tensor([0, 1]), pitch) for model in (subject, plain))
    torch.testing.assert_close(ours[0], theirs[0])
    assert not torch.allclose(ours[1], theirs[1], atol=1e-4)


def test_noise_is_a_function_of_the_latent():
    z = torch.randn(3, 100)
    noise = latent.noise_of(z, 1000)
    torch.testing.assert_close(latent.noise_of(z[1:2], 1000)[0], noise[1], atol=0, rtol=0)
    assert abs(np.corrcoef(noise[0], noise[1])[0, 1]) < 0.1
    assert noise.std().item() == pytest.approx(1.0, abs=0.05)


def test_a_given_noise_is_used():
    subject, z, label = generator(), torch.randn(1, 100), torch.tensor([1])
    drawn = subject(z, label)
    given = subject(z, label, None, latent.noise_of(z, subject.noise_dim))
    torch.testing.assert_close(given, drawn, atol=0, rtol=0)
    assert not torch.equal(subject(z, label, None, torch.randn(1, subject.noise_dim)), drawn)


def test_other_of_pair():
    assert other_of_pair(torch.arange(6)).tolist() == [1, 0, 3, 2, 5, 4]
    assert other_of_pair(torch.arange(3)).tolist() == [1, 0, 2]


def test_critics_compare_the_two_clips_of_a_pair():
    torch.manual_seed(0)
    critic = build_discriminator(ModelConfig("hybrid", dim=8)).eval()
    one, two = torch.randn(2, 1, 1, NUM_SAMPLES) * 0.1
    same, different = critic(torch.cat([one, one])), critic(torch.cat([one, two]))
    assert (same[0] != different[0]).all()


def test_only_the_long_window_sees_between_the_harmonics_of_a_low_note():
    time = torch.arange(NUM_SAMPLES) / SAMPLE_RATE
    note = sum(torch.sin(2 * torch.pi * 100 * order * time) / order for order in range(1, 20)) / 4
    noisy = note + 0.03 * torch.randn(NUM_SAMPLES, generator=torch.Generator().manual_seed(0))

    def valley(audio, window):
        n_fft, hop_length = WINDOWS[window]
        magnitude = compressed_spectrogram(audio[None], n_fft, hop_length)[0, 0]
        return magnitude[round(150 * n_fft / SAMPLE_RATE), 4:-4].mean()

    assert valley(noisy, "harmonic") > 1.5 * valley(note, "harmonic")
    assert valley(noisy, "spectral") < 1.05 * valley(note, "spectral")


def test_the_spectrogram_of_the_critic_is_compressed_alike():
    audio = torch.randn(1, NUM_SAMPLES) * 0.3
    magnitude, real, imaginary = compressed_spectrogram(audio, 256, 64)[0]
    torch.testing.assert_close(real.square() + imaginary.square(), magnitude.square(), atol=1e-2, rtol=0)


def test_sixty_four_thousand_samples_and_a_hundred_labels():
    labels = tuple(f"label {number}" for number in range(100))
    subject = generator(num_samples=65536, labels=labels)
    assert subject(torch.randn(1, 100), torch.tensor([99]), torch.tensor([60.0])).shape == (1, 1, 65536)
