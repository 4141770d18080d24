"""What a step learns from: balanced classes, and pairs."""

import numpy as np
import pytest
import torch
from conftest import LABELS, NUM_SAMPLES
from test_trainer import CPU, SMALL

from audiogan.dataset import PreparedData
from training.batches import Batches
from training.config import load_preset
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.run import RunFolder
from training.trainer import Trainer


def test_batches_are_class_balanced_and_training_clips_only(prepared):
    data = PreparedData(prepared)
    batches = Batches(data, CPU, torch.Generator().manual_seed(0))
    audio, label, pitch = batches.draw(2000)
    assert label.float().mean().item() == pytest.approx(0.5, abs=0.05)
    assert audio.abs().max() <= 1
    assert (pitch.isnan() == (label == LABELS.index("Snare_drum"))).all()
    assert pitch[~pitch.isnan()].max() < 76  # notes from 76 on are the test split's
    assert len(batches) == 32


@pytest.fixture(scope="module")
def chords(tmp_path_factory) -> PreparedData:
    """Three clips of one label at two pitches, and three of another at none."""
    folder, random = tmp_path_factory.mktemp("chords") / "data", np.random.default_rng(0)
    rows = [("a", 60.0), ("a", 60.2), ("a", 64.0), ("b", None), ("b", None), ("b", None)]
    with DataSetWriter(folder, ClipFormat(), ("a", "b"), "pairs") as writer:
        for number, (label, pitch) in enumerate(rows):
            noise = random.standard_normal(NUM_SAMPLES).astype(np.float32)
            writer.add(Clip(fit(noise, ClipFormat()), label, str(number), pitch=pitch))
    return PreparedData(folder)


def test_pairs_share_label_and_pitch_and_are_two_clips(chords):
    batches = Batches(chords, CPU, torch.Generator().manual_seed(0), paired=True)
    audio, label, pitch = batches.draw(400)
    pairs = audio.view(200, 2, -1)
    assert (pairs[:, 0] != pairs[:, 1]).any(1).all()
    assert (label[::2] == label[1::2]).all()
    torch.testing.assert_close(pitch[::2], pitch[1::2], equal_nan=True)
    middle_c = audio[(label == 0) & (pitch < 61)].unique(dim=0)
    assert len(middle_c) == 2  # the third clip of its label is never paired with those of another pitch


def test_a_model_without_labels_hears_every_clip_as_often(tmp_path):
    """Nine clips of one label, one of another: a tenth is of that, alone and as first or second of a pair."""
    with DataSetWriter(tmp_path / "data", ClipFormat(), ("a", "b"), "tests") as writer:
        for number in range(10):
            noise = np.random.default_rng(number).standard_normal(NUM_SAMPLES).astype(np.float32)
            writer.add(Clip(fit(noise, ClipFormat()), "ab"[number == 9], str(number)))
    data = PreparedData(tmp_path / "data")
    rare = torch.from_numpy(data.clips[9] / 32768).float()
    for settings, share in ((["conditional=false"], 0.1), (["conditional=false", "paired=true"], 0.1), ([], 0.5)):
        config = load_preset("wavegan", [*SMALL, *settings])
        game = Trainer(config, data, CPU, RunFolder(tmp_path / str(settings))).game
        audio, label, _ = game.batches.draw(600)
        drawn = (audio == rare).all(1).float()
        assert drawn[::2].mean() == pytest.approx(share, abs=0.06)
        assert drawn[1::2].mean() == pytest.approx(share, abs=0.06)
        assert label.any() == (not settings)


def test_pairs_of_a_model_without_pitch_share_the_label_alone(tmp_path, chords):
    batches = Batches(chords, CPU, torch.Generator().manual_seed(0), paired=True, by_pitch=False)
    audio, label, pitch = batches.draw(400)
    assert (label[::2] == label[1::2]).all()
    assert len(audio[(label == 0) & (pitch < 61)].unique(dim=0)) == 3
    for preset, spread in (("wavegan-cpu", 3), ("hybrid-cpu", 2)):
        settings = load_preset(preset, [*SMALL, "paired=true"])
        drawn = Trainer(settings, chords, CPU, RunFolder(tmp_path / preset)).game.batches.draw(400)
        assert len(drawn[0][(drawn[1] == 0) & (drawn[2] < 61)].unique(dim=0)) == spread
