"""Descriptors: right on tones, ramps and silence whose answer is known."""

import numpy as np
import pytest
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan import descriptors


def test_brightness_is_a_tones_frequency_and_the_mean_of_two():
    clips = np.stack([tone(1000), tone(1000) + tone(3000)])
    np.testing.assert_allclose(descriptors.brightness(clips, SAMPLE_RATE), [1000, 2000], rtol=0.02)


def test_level_of_a_sine_and_of_silence():
    clips = np.stack([tone(440), np.zeros(NUM_SAMPLES)])
    np.testing.assert_allclose(descriptors.level(clips, SAMPLE_RATE), [-9.03, -100], atol=0.01)


def test_attack_and_length_follow_the_envelope():
    time = np.arange(NUM_SAMPLES) / SAMPLE_RATE
    ramp = np.minimum(time / 0.4, 1) * tone(1000)  # a tenth at 40 ms, nine tenths at 360 ms
    burst = np.where(time < 0.25, tone(1000), 0)
    clips = np.stack([ramp, burst])
    np.testing.assert_allclose(descriptors.attack(clips, SAMPLE_RATE), [320, 0], atol=10)
    assert descriptors.length(burst[None], SAMPLE_RATE)[0] == pytest.approx(250, abs=10)


@pytest.mark.parametrize("midi", [33, 57, 69.3, 88])
def test_pitch_of_harmonic_tones(midi):
    hz = 440 * 2 ** ((midi - 69) / 12)
    clip = sum(tone(k * hz) / k for k in range(1, 5))
    assert descriptors.pitch(clip[None], SAMPLE_RATE)[0] == pytest.approx(midi, abs=0.1)


def test_noise_and_silence_have_no_pitch():
    noise = np.random.default_rng(0).standard_normal(NUM_SAMPLES)
    assert np.isnan(descriptors.pitch(np.stack([noise, np.zeros(NUM_SAMPLES)]), SAMPLE_RATE)).all()


@pytest.mark.parametrize("descriptor", descriptors.DESCRIPTORS, ids=lambda item: item.name)
def test_every_descriptor_survives_silence_and_a_click(descriptor):
    clips = np.zeros((2, NUM_SAMPLES), np.float32)
    clips[1, 5000] = 1
    values = descriptor.measure(clips, SAMPLE_RATE)
    assert values.shape == (2,)
    assert not np.isinf(values).any()
