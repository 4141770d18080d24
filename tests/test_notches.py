"""Whistles filtered out of a generator after its training, and notes left."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import LABELS, tiny_generator
from scipy import signal
from test_trainer import CPU

from audiogan import checkpoint
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.evaluation import whistle
from audiogan.models import build_generator
from audiogan.models.post_filter import PostFilter
from audiogan.synthesis import Synthesizer
from training import cli
from training.config import load_preset
from training.notches import excess, notched, without
from training.run import RunFolder
from training.trainer import Trainer

BINS, BIN_HZ = 2049, 16000 / 4096


def tails(lines: dict[float, float], clips: int = 32) -> np.ndarray:
    """Spectra of the ends of clips of faint noise with sines, Hz to RMS dBFS, in each."""
    random, time = np.random.default_rng(0), np.arange(16384) / 16000
    audio = 1e-5 * random.standard_normal((clips, len(time)))
    for hz, level in lines.items():
        phase = random.uniform(0, 2 * np.pi, (clips, 1))
        audio = audio + np.sqrt(2) * 10 ** (level / 20) * np.sin(2 * np.pi * hz * time + phase)
    return whistle.tail_spectra(audio)


def loudest(generator, label: str) -> float:
    player = Synthesizer(checkpoint.Checkpoint("tiny", Path(), generator.config, {}), generator.eval(), CPU)
    return whistle.loudest(whistle.tail_spectra(player.generate(32, 9, label=label)))


def test_a_line_that_fakes_alone_have_is_found_with_its_height():
    lines, cuts = excess(tails({1000.0: -40, 3000.0: -30, 5000.0: -80}), tails({3000.0: -29}))
    assert [round(line * BIN_HZ) for line in lines] == [1000]
    assert 60 < cuts[0] < 85  # down to the noise


@pytest.mark.parametrize("real", [3030.0, 2970.0])
def test_a_partial_a_little_out_of_tune_is_no_fault(real):
    assert len(excess(tails({3000.0: -30}), tails({real: -29}))[0]) == 0
    assert len(excess(tails({3000.0: -30}), tails({real + 120 * np.sign(real - 3000): -29}))[0]) == 1


def test_a_post_filter_falls_by_what_is_asked_for_and_stays_elsewhere():
    subject = PostFilter(1025, 0)
    with torch.no_grad():
        subject.responses[0, 500] = 0.3
    before = subject.notched()[0].detach().double().numpy()
    lines = np.array([203.0, 1062.5, 2500.0])
    subject.responses.data[0] = torch.from_numpy(without(before, lines / 16000, np.array([40.0, 30.0, 20.0])))
    after = subject.notched()[0].detach().double().numpy()
    frequencies = np.concatenate([lines, [440.0, 1500.0, 4000.0, 7900.0]])
    gains = [np.abs(signal.freqz(one, worN=frequencies, fs=16000)[1]) for one in (before, after)]
    falls = 20 * np.log10(gains[0] / gains[1])
    np.testing.assert_allclose(falls[:3], [40, 30, 20], atol=0.01)
    np.testing.assert_allclose(falls[3:], 0, atol=0.1)


def test_whistles_go_and_the_generator_that_had_them_is_left_as_it_was(prepared):
    torch.manual_seed(0)
    subject = build_generator(ModelConfig("wavegan", dim=4, labels=LABELS))  # at random: lines at the layers' rates
    with torch.no_grad():
        subject.layers[-2].bias.normal_()
    assert loudest(subject, "Flute") > -40
    better, counts = notched(subject, PreparedData(prepared))
    assert set(counts) == set(LABELS)
    assert loudest(better, "Flute") < -60
    assert (subject.config.post_filter, better.config.post_filter) == (0, 1025)
    again, _ = notched(better, PreparedData(prepared))
    assert again.config == better.config
    for name, tensor in subject.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_a_hybrid_is_notched_likewise(prepared):
    torch.manual_seed(0)
    subject = build_generator(ModelConfig("hybrid", dim=4, labels=LABELS))
    with torch.no_grad():
        subject.transient.second.bias[3] = 2.0  # a line at each multiple of 1 kHz
    assert loudest(subject, "Flute") > -50
    better, counts = notched(subject, PreparedData(prepared))
    assert counts["Flute"] >= 7
    assert loudest(better, "Flute") < -60


def test_other_models_are_refused_in_a_sentence(prepared):
    with pytest.raises(ValueError, match="wavegan or hybrid: not specgan"):
        notched(tiny_generator("specgan"), PreparedData(prepared))


def test_export_notches_says_so_in_the_card_and_refuses_other_data(prepared, tmp_path, capsys):
    settings = ["dim=2", "batch_size=2", "steps=1", "precision=float32", "post_filter=33"]  # too short for a notch
    Trainer(load_preset("wavegan", settings), PreparedData(prepared), CPU, RunFolder(tmp_path / "run")).train()
    arguments = ["export", tmp_path / "run", "--name", "quiet", "--checkpoints", tmp_path / "out", "--notch"]
    assert cli.main([str(argument) for argument in [*arguments, prepared]]) == 0
    made = checkpoint.read(tmp_path / "out" / "quiet")
    assert "whistles filtered out" in made.card()
    assert "export RUN --name quiet --notch DATA" in made.card()
    assert sum(made.training["notches"].values()) > 0
    assert made.config.post_filter == 1025
    response = checkpoint.load(tmp_path / "out" / "quiet")[1].post.responses[0]
    assert response[:400].abs().max() > 1e-4  # where the short filter had nothing
    shutil.copytree(prepared, tmp_path / "other")
    meta = json.loads((tmp_path / "other" / "meta.json").read_text())
    (tmp_path / "other" / "meta.json").write_text(json.dumps(meta | {"sha256": "0" * 64}))
    shutil.copytree(prepared, tmp_path / "split")
    index = (prepared / "index.csv").read_text()
    (tmp_path / "split" / "index.csv").write_text(index.replace(",train,tone 0,", ",test,tone 0,"))
    arguments.insert(1, "--replace")
    refusals = ("missing", "missing"), ("other", "not the data"), ("split", "has other labels, pitches or splits")
    for wrong, words in refusals:
        capsys.readouterr()
        assert cli.main([str(argument) for argument in [*arguments, tmp_path / wrong]]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
