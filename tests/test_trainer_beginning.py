"""What a run does before its first step, and that none of it is lost: features, time, settings."""

import signal
import time

import pytest
import torch
from test_trainer import states, trainer, weights
from test_validation import few_clips

from training import features
from training.batches import Batches
from training.export import export


def test_a_signal_while_features_are_taught_is_heard_at_once(tmp_path, prepared, monkeypatch):
    settings = ("steps=2", "feature_steps=1000000", "critics=features", "paired=true")
    draw = Batches.draw

    def interrupted(*arguments) -> tuple:
        signal.raise_signal(signal.SIGTERM)
        return draw(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "draw", interrupted)
        subject = trainer(tmp_path / "run", prepared, *settings)
    assert (subject.train(), subject.step) == ("interrupted", 0)
    assert states(tmp_path / "run") == {}
    assert trainer(tmp_path / "run", prepared, "steps=2", "critics=features", "paired=true").train() == "done"


def test_data_that_are_refused_leave_no_folder(tmp_path):
    few_clips(tmp_path / "data", ("train", "test"))
    with pytest.raises(ValueError, match="at least 2 clips"):
        trainer(tmp_path / "run", tmp_path / "data")
    assert not (tmp_path / "run").exists()


def test_what_features_were_taught_outlives_a_run_that_saved_no_step(tmp_path, prepared):
    first = trainer(tmp_path / "run", prepared, preset="hybrid-cpu")
    again = trainer(tmp_path / "run", prepared, preset="hybrid-cpu")
    assert again.step == 0
    assert again.seconds == first.seconds > 0
    assert torch.equal(weights(again), weights(first))
    assert torch.equal(again.game.rng.get_state(), first.game.rng.get_state())
    with pytest.raises(ValueError, match="no saved state yet: train first"):
        export(tmp_path / "run", "name", tmp_path / "checkpoints", which="last")


def test_a_run_that_saved_no_step_may_begin_otherwise(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, preset="hybrid-cpu")
    other = trainer(tmp_path / "run", prepared, "learning_rate=0.1", "steps=1", preset="hybrid-cpu")
    assert other.train() == "done"


def test_what_comes_before_the_first_step_counts_as_time(tmp_path, prepared, monkeypatch):
    teach = features.teach

    def slowly(*arguments) -> None:
        teach(*arguments)
        time.sleep(0.2)

    monkeypatch.setattr("training.trainer.teach", slowly)
    subject = trainer(tmp_path / "run", prepared, "steps=2", preset="hybrid-cpu")
    assert subject.train(max_minutes=0.2 / 60) == "time"
    assert subject.step == 1
    again = trainer(tmp_path / "run", prepared, "steps=2", preset="hybrid-cpu")
    assert again.seconds > 0.2
    assert again.train(max_minutes=60) == "done"
