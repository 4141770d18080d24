"""PCM and WAV: exact round trips, and one sentence for what is not audio."""

import os

import numpy as np
import pytest
import soundfile
from conftest import SAMPLE_RATE, tone

from audiogan import audio


def test_pcm16_round_trip_is_exact():
    every = np.arange(-32768, 32768).astype(np.int16)
    np.testing.assert_array_equal(audio.to_pcm16(audio.from_pcm16(every)), every)


def test_pcm16_clips_and_rounds():
    np.testing.assert_array_equal(audio.to_pcm16([2.0, -2.0, 0.6 / 32768]), [32767, -32768, 1])


def test_wav_round_trip(tmp_path):
    wave = tone(440)
    audio.write_wav(tmp_path / "a.wav", wave, SAMPLE_RATE)
    read, rate = audio.read_audio(tmp_path / "a.wav")
    assert rate == SAMPLE_RATE
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_16"
    np.testing.assert_allclose(read, wave, atol=0.5 / 32768)
    assert os.listdir(tmp_path) == ["a.wav"]


def test_stereo_is_mixed_down(tmp_path):
    soundfile.write(tmp_path / "s.flac", np.stack([tone(440), -tone(440)], axis=1), SAMPLE_RATE)
    read, _ = audio.read_audio(tmp_path / "s.flac")
    assert read.ndim == 1
    assert np.abs(read).max() < 1e-4


def test_a_tone_keeps_its_pitch_and_an_ultrasonic_one_dies():
    low, high = (audio.resample(tone(hz, 1.0, 48000), 48000, 16000) for hz in (1000, 12000))
    spectrum = np.abs(np.fft.rfft(low * np.hanning(len(low))))
    assert np.argmax(spectrum) == pytest.approx(1000, abs=1)
    assert np.abs(high[200:-200]).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "data"), [("ten.wav", b"RIFF\x00\x00\x00\x00WA"), ("empty.wav", b""), ("text.wav", b"hello " * 99)]
)
def test_what_is_not_audio_is_refused_in_a_sentence(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=f"{name} cannot be read as audio") as caught:
        audio.read_audio(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_an_mp3_that_is_none_is_not_said_to_be_missing(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"ID3 and no more")
    with pytest.raises(ValueError, match=r"a\.mp3 cannot be read as audio: it is not MPEG audio$"):
        audio.read_audio(tmp_path / "a.mp3")


def test_missing_empty_and_nan_audio_are_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        audio.read_audio(tmp_path / "none.wav")
    soundfile.write(tmp_path / "zero.wav", np.zeros(0), SAMPLE_RATE)
    with pytest.raises(ValueError, match="no samples"):
        audio.read_audio(tmp_path / "zero.wav")
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match="not finite"):
        audio.read_audio(tmp_path / "nan.wav")
