"""The index of training sounds: it finds copies, forgives loudness and a small shift, and survives its file."""

import os

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import LABELS, NUM_SAMPLES, SAMPLE_RATE, save_tiny_checkpoint, tone
from test_cli import refused

from audiogan import resemblance
from audiogan.audio import from_pcm16
from audiogan.cli import main
from audiogan.dataset import PreparedData
from audiogan.hub.pull import MAX_BYTES


@pytest.fixture(scope="module")
def data(prepared):
    return PreparedData(prepared)


@pytest.fixture(scope="module")
def index(data):
    return resemblance.build(data)


def test_a_quieter_later_copy_is_found_at_no_distance(index, data):
    row = data.rows("train")[4]
    copy = 0.2 * np.roll(from_pcm16(data.clips[row]), 400)
    first, second, _ = index.nearest(copy, SAMPLE_RATE, data.labels[data.label[row]])
    assert first.source == data.index[row]["source"]
    assert first.distance_db < 2
    assert first.distance_db < second.distance_db


def test_only_sounds_of_the_label_count(index):
    assert all(item.source.startswith("noise") for item in index.nearest(tone(440), SAMPLE_RATE, "Snare_drum"))
    assert index.nearest(tone(440), SAMPLE_RATE, "Theremin") == []
    assert len(index.nearest(tone(440), SAMPLE_RATE, None, count=5)) == 5


def test_typical_is_the_distance_to_the_nearest_other(index):
    rows = np.flatnonzero(index.label == index.labels.index("Flute"))
    marks = index.fingerprints[rows]
    found = [np.sort(resemblance.distances(mark, marks))[1] for mark in marks]
    assert index.typical("Flute") == pytest.approx(np.median(found))


def test_nothing_is_typical_of_a_label_with_one_sound_or_none():
    marks = np.zeros((3, resemblance.BANDS, resemblance.FRAMES), np.uint8)
    index = resemblance.Index(marks, np.array([0, 1, 1]), ["Gong", "Flute", "Cello"], ["a", "b", "c"])
    assert np.isnan([index.typical(label) for label in ("Gong", "Cello", "Theremin")]).all()
    assert index.typical("Flute") == 0


def test_distance_of_known_pictures():
    one = np.zeros((resemblance.BANDS, resemblance.FRAMES), np.uint8)
    other = np.full((1, *one.shape), 51, np.uint8)  # a fifth of 60 dB
    assert resemblance.distances(one, other)[0] == pytest.approx(12)


def test_silence_has_a_fingerprint():
    assert resemblance.fingerprint(np.zeros(NUM_SAMPLES, np.float32), SAMPLE_RATE).shape == (24, 24)


def test_an_index_survives_its_file_and_may_be_missing(index, tmp_path):
    assert resemblance.load(tmp_path) is None
    resemblance.save(index, tmp_path)
    again = resemblance.load(tmp_path)
    np.testing.assert_array_equal(again.fingerprints, index.fingerprints)
    assert (again.labels, again.sources) == (index.labels, index.sources)


def test_a_damaged_index_is_named(index, tmp_path):
    path = resemblance.save(index, tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"no usable nearest\.safetensors"):
        resemblance.load(tmp_path)


@pytest.mark.parametrize(
    ("fingerprints", "words"),
    [
        (torch.zeros(1, 24, 24, dtype=torch.uint8), {"labels": "[" * 100_000}),
        (torch.zeros(1, 24, 24, dtype=torch.bfloat16), {}),
        (torch.zeros(1, 24, 24).to(torch.float8_e4m3fn), {}),
    ],
    ids=["deep", "bfloat16", "float8"],
)
def test_a_strangers_index_costs_no_more_than_itself(fingerprints, words, tmp_path):
    tensors = {"fingerprints": fingerprints, "label": torch.zeros(1, dtype=torch.int64)}
    words = {"labels": '["Flute"]', "sources": '["one"]'} | words
    safetensors.torch.save_file(tensors, tmp_path / "nearest.safetensors", words)
    with pytest.raises(ValueError, match=r"no usable nearest\.safetensors"):
        resemblance.load(tmp_path)


def test_an_index_that_the_hub_would_not_give_is_not_read_either(index, tmp_path):
    path, most = resemblance.save(index, tmp_path), MAX_BYTES["nearest.safetensors"]
    os.truncate(path, most + 1)  # on disk it takes no more than before
    with pytest.raises(ValueError, match=f"larger than {most} bytes"):
        resemblance.load(tmp_path)


def test_the_command_puts_an_index_beside_a_checkpoint(prepared, tmp_path, capsys):
    save_tiny_checkpoint(tmp_path / "tiny", "wavegan")
    assert main(["index", "tiny", "--data", str(prepared), "--checkpoints", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "tiny" / "nearest.safetensors")
    assert resemblance.load(tmp_path / "tiny").labels == ["Flute", "Snare_drum"]


def test_the_command_refuses_data_of_other_labels(prepared, tmp_path, capsys):
    save_tiny_checkpoint(tmp_path / "tiny", "wavegan", labels=(*LABELS[:1], "Theremin"))
    message = refused(capsys, main, "index", "tiny", "--data", prepared, "--checkpoints", tmp_path)
    assert "tiny and the data have different labels (only tiny: Theremin; only the data: Snare_drum)" in message
    assert resemblance.load(tmp_path / "tiny") is None
