"""PCM and WAV: exact round trips, and one sentence for what is not audio."""

import os
import stat

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


def test_missing_empty_and_nan_audio_are_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        audio.read_audio(tmp_path / "none.wav")
    soundfile.write(tmp_path / "zero.wav", np.zeros(0), SAMPLE_RATE)
    with pytest.raises(ValueError, match="no samples"):
        audio.read_audio(tmp_path / "zero.wav")
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(ValueError, match="not finite"):
        audio.read_audio(tmp_path / "nan.wav")


def test_atomic_write_keeps_the_old_file_when_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "file"
    audio.write_atomically(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        audio.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_new_file_is_as_readable_as_the_umask_says_and_an_old_one_stays_as_it_was(tmp_path):
    path, before = tmp_path / "votes.csv", os.umask(0o077)
    try:
        audio.write_atomically(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o664)
        audio.write_atomically(path, b"newer")
        assert stat.S_IMODE(path.stat().st_mode) == 0o664
    finally:
        os.umask(before)
    audio.write_atomically(tmp_path / "other", b"")
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o666 & ~before


def test_files_are_written_together_or_not_at_all(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "old").write_bytes(b"old")
    for last, words in (("folder", "Is a directory"), ("pipe", "Is no regular file"), ("none/new", "No such file")):
        with pytest.raises(OSError, match=words) as caught:
            audio.write_together({tmp_path / "old": b"new", tmp_path / "more": b"", tmp_path / last: b""})
        assert caught.value.filename == str(tmp_path / last)
        assert sorted(os.listdir(tmp_path)) == ["folder", "old", "pipe"]
        assert (tmp_path / "old").read_bytes() == b"old"
    audio.write_together({tmp_path / "old": b"new", tmp_path / "more": b"too"})
    assert [(tmp_path / name).read_bytes() for name in ("old", "more")] == [b"new", b"too"]
