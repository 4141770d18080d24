"""A run that begins with a checkpoint's generator: fine-tuning."""

import json

import pytest
import torch
from conftest import save_tiny_checkpoint, tiny_generator
from test_trainer import CPU
from torch import nn

from audiogan import checkpoint
from audiogan.config import ModelConfig
from audiogan.dataset import PreparedData
from audiogan.models import ARCHITECTURES, build_generator
from training.config import load_preset
from training.export import export
from training.run import RunFolder
from training.start import begin_with, check_form
from training.trainer import Trainer


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_weights_are_the_checkpoints(checkpoints, architecture):
    subject = build_generator(tiny_generator(architecture).config)
    subject.fit_conditions(torch.tensor([0]), torch.tensor([33.0]))
    begin_with(subject, checkpoints / f"tiny-{architecture}")
    learnt = checkpoint.load(checkpoints / f"tiny-{architecture}")[1].state_dict()
    for name, tensor in subject.state_dict().items():
        assert torch.equal(tensor, learnt[name]), name


def test_labels_are_found_by_name_and_new_ones_begin_anew(checkpoints):
    subject = build_generator(ModelConfig("hybrid", dim=4, labels=("Gong", "Snare_drum")))
    new = subject.mapping.embedding.weight[0].clone()
    begin_with(subject, checkpoints / "tiny-hybrid")
    learnt = checkpoint.load(checkpoints / "tiny-hybrid")[1]
    assert torch.equal(subject.mapping.embedding.weight[0], new)
    assert torch.equal(subject.mapping.embedding.weight[1], learnt.mapping.embedding.weight[1])
    assert torch.equal(subject.dense.weight, learnt.dense.weight)


def test_what_follows_the_last_layer_can_be_added_goes_along_by_label_and_cannot_be_left_out(tmp_path):
    save_tiny_checkpoint(tmp_path / "plain", "wavegan", ("Flute", "Gong"))
    form = {"dim": 4, "post_filter": 33, "envelope": True}
    subject = build_generator(ModelConfig("wavegan", labels=("Gong", "Flute", "Cello"), **form))
    begin_with(subject, tmp_path / "plain")
    assert torch.equal(subject.dense.weight, checkpoint.load(tmp_path / "plain")[1].dense.weight)
    torch.manual_seed(0)
    nn.init.normal_(subject.post.responses)
    checkpoint.save(tmp_path / "filtered", subject, {}, "", exact=True)
    again = build_generator(ModelConfig("wavegan", labels=("Cello", "Gong"), **form))
    begin_with(again, tmp_path / "filtered")
    assert torch.equal(again.post.responses, subject.post.responses[[2, 0]])
    with pytest.raises(ValueError, match="envelope True, not False"):
        begin_with(build_generator(ModelConfig("wavegan", dim=4, labels=("Gong",))), tmp_path / "filtered")


def test_ratios_can_be_added_go_along_by_label_and_cannot_be_left_out(tmp_path):
    save_tiny_checkpoint(tmp_path / "plain", "hybrid", ("Flute", "Gong"))
    form = {"dim": 4, "partial_ratios": True}
    subject = build_generator(ModelConfig("hybrid", labels=("Gong", "Chime"), **form))
    begin_with(subject, tmp_path / "plain")
    assert torch.equal(subject.partial_ratios, torch.arange(1.0, 49).repeat(2, 1))
    subject.partial_ratios[1, 0] = 0.625
    checkpoint.save(tmp_path / "measured", subject, {}, "")
    again = build_generator(ModelConfig("hybrid", labels=("Chime", "Cello"), **form))
    begin_with(again, tmp_path / "measured")
    assert torch.equal(again.partial_ratios[0], subject.partial_ratios[1])
    with pytest.raises(ValueError, match="partial_ratios True, not False"):
        begin_with(build_generator(ModelConfig("hybrid", dim=4, labels=("Gong",))), tmp_path / "measured")


def test_a_filter_without_labels_goes_along(tmp_path):
    torch.manual_seed(0)
    learnt, subject = (build_generator(ModelConfig("wavegan", dim=4, post_filter=33)) for _ in range(2))
    nn.init.normal_(learnt.post.responses)
    checkpoint.save(tmp_path / "filtered", learnt, {}, "", exact=True)
    begin_with(subject, tmp_path / "filtered")
    assert torch.equal(subject.post.responses, learnt.post.responses)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (ModelConfig("hybrid", dim=8, labels=("Flute",)), "dim 4, not 8"),
        (ModelConfig("specgan", dim=4, labels=("Flute",)), "architecture 'hybrid', not 'specgan'"),
        (ModelConfig("hybrid", dim=4), "conditional"),
    ],
)
def test_another_form_is_refused_in_a_sentence(checkpoints, config, words):
    with pytest.raises(ValueError, match=words):
        begin_with(build_generator(config), checkpoints / "tiny-hybrid")


def test_the_form_is_compared_before_there_are_labels(tmp_path):
    save_tiny_checkpoint(tmp_path / "learnt", "hybrid")
    check_form(tmp_path / "learnt", ModelConfig("hybrid", dim=4))
    with pytest.raises(ValueError, match="dim 4, not 8"):
        check_form(tmp_path / "learnt", ModelConfig("hybrid", dim=8))
    (tmp_path / "learnt/model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"has no usable model\.safetensors"):
        check_form(tmp_path / "learnt", ModelConfig("hybrid", dim=4))


@pytest.mark.parametrize(("name", "words"), [("none", "must be one of"), ("tiny-wavegan", "dim 4, not 2")])
def test_a_run_that_cannot_begin_leaves_no_folder(prepared, checkpoints, tmp_path, name, words):
    config = load_preset("wavegan", ["dim=2", "batch_size=4", f"start={checkpoints / name}"])
    with pytest.raises(ValueError, match=words):
        Trainer(config, PreparedData(prepared), CPU, RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_what_only_the_critics_learnt_is_not_exported(prepared, tmp_path):
    """A run that is stopped in their head start has the generator that it began with, however well that scores."""
    settings = ["dim=2", "batch_size=4", "precision=float32", "head_start=2", "steps=3", "preview_every=1"]
    subject = Trainer(load_preset("wavegan", settings), PreparedData(prepared), CPU, RunFolder(tmp_path / "run"))
    assert subject.train(max_minutes=1e-9) == "time"
    with pytest.raises(ValueError, match="step 1 is within the critics' head_start of 2 steps"):
        export(tmp_path / "run", "x", tmp_path / "ck")
    assert not (tmp_path / "ck").exists()
    assert subject.train() == "done"
    assert checkpoint.read(export(tmp_path / "run", "x", tmp_path / "ck")).training["steps"] == 3


def test_a_run_goes_on_from_what_was_learnt_and_its_card_says_so(prepared, tmp_path):
    save_tiny_checkpoint(tmp_path / "learnt", "hybrid")
    settings = ["dim=4", "latent_dim=100", "latent_distribution=uniform", "batch_size=4", "feature_steps=2"]
    settings += [f"start={tmp_path / 'learnt'}", "precision=float32", "steps=1"]
    subject = Trainer(load_preset("hybrid-cpu", settings), PreparedData(prepared), CPU, RunFolder(tmp_path / "run"))
    learnt = checkpoint.load(tmp_path / "learnt")[1]
    for player in (subject.game.generator, subject.game.average):
        assert torch.equal(player.dense.weight, learnt.dense.weight)
        assert player.pitch_range(0) == (60.0, 75.0)  # what this data set plays, not what the checkpoint's did
    subject.train()
    card = checkpoint.read(export(tmp_path / "run", "tuned", tmp_path / "out")).card()
    assert "the weights of `learnt`" in card
    assert "--set start=learnt" in card
    assert str(tmp_path) not in card


def test_steps_add_up_over_checkpoints_whatever_takes_their_place(prepared, tmp_path):
    generator = tiny_generator("wavegan")
    checkpoint.save(tmp_path / "third", generator, {"steps": 500, "steps_before": 6000}, "")
    parent = checkpoint.weights_hash(tmp_path / "third")
    settings = ["dim=4", "batch_size=4", "precision=float32", "steps=1", f"start={tmp_path / 'third'}"]
    for more in ("", "steps=2"):  # the second goes on where the first ended
        config = load_preset("wavegan", [*settings, more] if more else settings)
        Trainer(config, PreparedData(prepared), CPU, RunFolder(tmp_path / "run")).train()
        entry = checkpoint.read(export(tmp_path / "run", "third", tmp_path, replace=True, which="last"))
        assert entry.training["steps_before"] == 6500
        assert entry.training["start_sha256"] == parent != checkpoint.weights_hash(tmp_path / "third")
        assert entry.describe()["steps"] == 6500 + entry.training["steps"]
        assert f"the weights of `third`, SHA-256 {parent[:12]}, after 6,500 steps" in entry.card()
    assert entry.training["steps"] == 2


def test_a_run_of_before_that_was_kept_says_nothing_of_it(prepared, tmp_path):
    save_tiny_checkpoint(tmp_path / "learnt", "wavegan")
    settings = ["dim=4", "batch_size=4", "precision=float32", "steps=1", f"start={tmp_path / 'learnt'}"]
    Trainer(load_preset("wavegan", settings), PreparedData(prepared), CPU, RunFolder(tmp_path / "run")).train()
    file = tmp_path / "run/config.json"
    file.write_text(json.dumps({key: value for key, value in json.loads(file.read_text()).items() if key != "origin"}))
    entry = checkpoint.read(export(tmp_path / "run", "tuned", tmp_path / "ck"))
    assert not {"steps_before", "start_sha256"} & set(entry.training)
    assert "| begun with | the weights of `learnt` |" in entry.card()


def test_the_card_shows_how_its_scores_fell(prepared, tmp_path):
    settings = ["dim=2", "batch_size=2", "steps=1", "precision=float32"]
    subject = Trainer(load_preset("wavegan", settings), PreparedData(prepared), CPU, RunFolder(tmp_path / "run"))
    subject.step = 1
    subject.save(subject.game.round(0))  # interrupted before its first preview
    card = checkpoint.read(export(tmp_path / "run", "unscored", tmp_path / "out")).card()
    assert "No score was kept." in card
    floors = {"floor": 12.5, "kad_floor": 0.51}
    subject.run.log({"step": 1, "score": 80.0, **floors})  # as runs before KAD was kept
    for step in range(1000, 26000, 1000):
        subject.run.log({"step": step, "score": 1090.04, "kad": 7.004, **floors})
    card = checkpoint.read(export(tmp_path / "run", "scored", tmp_path / "out")).card()
    assert "| 1, this one | 80.0 | not measured |" in card
    assert "| 25,000 | 1,090.0 | 7.00 |\n| real training clips | 12.5 | 0.51 |" in card
    assert 6 <= card.count(" | 1,090.0 | 7.00 |") <= 12
