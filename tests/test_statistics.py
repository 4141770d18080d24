"""Statistics kept with a data set: what torch says of the same clips, by hand, and used instead of a pass over them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import LABELS, NUM_SAMPLES, SAMPLE_RATE

from audiogan import dsp, spectra
from audiogan.audio import from_pcm16
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.models import build_generator
from training.data import statistics
from training.data.clips import Clip, ClipFormat, DataSetWriter

SPECTRAL = ("specgan", "report-specgan")


def copy(folder: Path, to: Path, **changed: bytes) -> Path:
    """A data set again, some of its files (by their stem) replaced."""
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(changed.get(file.stem, file.read_bytes()))
    return to


def fitted(architecture: str, data: PreparedData, kept: dict) -> torch.nn.Module:
    generator = build_generator(
        ModelConfig(architecture, dim=2, num_samples=data.num_samples, sample_rate=data.sample_rate)
    )
    audio = torch.from_numpy(from_pcm16(data.clips[data.rows("train")]))
    generator.fit(iter([audio[:2], audio[2:]]), kept)
    return generator.spectrum


@pytest.mark.parametrize("sample_rate", [4000, 16000, 44100, 96000])
@pytest.mark.filterwarnings("ignore:At least one mel filterbank has all zero values")
def test_mel_filters_are_torchaudios(sample_rate):
    theirs = dsp.mel_filters(spectra.MEL.n_fft, spectra.MEL.n_mels, sample_rate).numpy()
    np.testing.assert_allclose(statistics.mel_filters(spectra.MEL, sample_rate), theirs, atol=2e-6)


@pytest.mark.parametrize("architecture", SPECTRAL)
def test_the_kept_statistics_are_those_of_the_training_clips(prepared, architecture):
    data = PreparedData(prepared)
    kept, measured = fitted(architecture, data, data.statistics), fitted(architecture, data, {})
    torch.testing.assert_close(kept.mean, measured.mean, atol=1e-3, rtol=1e-5)
    torch.testing.assert_close(kept.std, measured.std, atol=1e-3, rtol=1e-4)
    assert measured.std.min() > 0.1


@pytest.mark.parametrize("architecture", SPECTRAL)
@pytest.mark.parametrize(("sample_rate", "num_samples"), [(8000, 8192), (22050, 32768), (44100, 65536)])
def test_other_rates_and_lengths(tmp_path, architecture, sample_rate, num_samples):
    form, random = ClipFormat(sample_rate, num_samples), np.random.default_rng(0)
    with DataSetWriter(tmp_path / "out", form, (), "test") as writer:
        for number in range(3):
            writer.add(Clip(random.integers(-9999, 9999, num_samples).astype(np.int16), "", str(number)))
    data = PreparedData(tmp_path / "out")
    kept, measured = fitted(architecture, data, data.statistics), fitted(architecture, data, {})
    torch.testing.assert_close(kept.mean, measured.mean, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(kept.std, measured.std, atol=1e-4, rtol=1e-4)


def test_no_audio_is_touched_where_the_statistics_are_there(prepared):
    generator = build_generator(ModelConfig("specgan", dim=2))
    generator.fit((pytest.fail("drawn") for _ in range(1)), PreparedData(prepared).statistics)
    assert generator.spectrum.std.min() > 0.1


def test_statistics_of_another_transform_are_not_taken(prepared):
    data = PreparedData(prepared)
    others = {name.replace("16000", "44100").replace("256", "512"): value for name, value in data.statistics.items()}
    for architecture in SPECTRAL:
        expected = fitted(architecture, data, {}).mean
        torch.testing.assert_close(fitted(architecture, data, others).mean, expected, atol=0, rtol=0)


def test_test_clips_and_copies_do_not_count(tmp_path):
    random, form = np.random.default_rng(0), ClipFormat()
    clips = random.integers(-9999, 9999, (3, NUM_SAMPLES)).astype(np.int16)
    with DataSetWriter(tmp_path / "out", form, LABELS, "test") as writer:
        for number, (row, split) in enumerate([(0, "train"), (1, "test"), (0, "train"), (2, "train")]):
            writer.add(Clip(clips[row], "Flute", str(number), split))
    kept = PreparedData(tmp_path / "out").statistics
    for spectrogram in spectra.EVERY:
        logs = statistics.log_spectra(from_pcm16(clips[[0, 2]]), spectrogram, SAMPLE_RATE).reshape(-1, 128)
        both = kept[spectrogram.name(SAMPLE_RATE)]
        np.testing.assert_allclose(both, [logs.mean(0), logs.std(0)], atol=1e-4)


def test_of_many_clips_some_are_measured_from_first_to_last(monkeypatch):
    clips = np.random.default_rng(0).integers(-9999, 9999, (9, NUM_SAMPLES)).astype(np.int16)
    monkeypatch.setattr(statistics, "MOST_CLIPS", 3)
    some = statistics.measure(clips, np.arange(9), SAMPLE_RATE)
    alone = statistics.measure(clips, np.array([0, 4, 8]), SAMPLE_RATE)
    for name, values in some.items():
        np.testing.assert_array_equal(values, alone[name])


def test_a_clip_of_zeros_by_hand():
    kept = statistics.measure(np.zeros((1, NUM_SAMPLES), np.int16), np.array([0]), SAMPLE_RATE)
    assert set(kept) == {"log-magnitude-256-128", "log-mel-1024-128-128-16000"}
    for mean, std in kept.values():
        np.testing.assert_allclose(mean, np.log(1e-6), rtol=1e-6)
        assert std.max() < 1e-3


def test_data_sets_from_before_have_none(prepared, tmp_path):
    older = copy(prepared, tmp_path / "older")
    (older / "statistics.npz").unlink()
    data = PreparedData(older)
    assert data.statistics == {}
    assert fitted("specgan", data, data.statistics).std.min() > 0.1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x80\x04pickle"])
def test_a_damaged_file_is_one_sentence(prepared, tmp_path, content):
    data = PreparedData(copy(prepared, tmp_path / "damaged", statistics=content))
    with pytest.raises(ValueError, match=r"statistics\.npz cannot be read"):
        _ = data.statistics


@pytest.mark.parametrize(
    "values", [np.zeros(5), np.zeros((2, 3), np.float32), np.full((2, 3), np.nan), np.array([[None, 1], [1, 1]])]
)
def test_hostile_values_are_refused(prepared, tmp_path, values):
    np.savez(tmp_path / "hostile.npz", **{"log-magnitude-256-128": values})
    content = (tmp_path / "hostile.npz").read_bytes()
    with pytest.raises(ValueError, match=r"statistics\.npz"):
        _ = PreparedData(copy(prepared, tmp_path / "data", statistics=content)).statistics
