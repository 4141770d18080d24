"""Scoring in a run: the state is saved before, and what a stop or a kill leaves is scored at the next start."""

import json
import signal

import pytest
import torch
from test_trainer import states, trainer, weights

from training import validation
from training.observer import Observer
from training.validation import Validation

SETTINGS = ("steps=3", "preview_every=2", "save_every=100", "critic_steps=1")


def killed(*_):
    raise SystemExit


def scored(run) -> list[tuple[int, float]]:
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    return [(row["step"], row["score"]) for row in rows if "score" in row]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, prepared):
    """A run that nothing stopped."""
    subject = trainer(tmp_path_factory.mktemp("whole") / "run", prepared, *SETTINGS)
    subject.train()
    return subject


@pytest.mark.parametrize("method", [(Validation, "score"), (Observer, "preview"), (Observer, "score")])
def test_a_run_killed_while_it_scores_ends_like_a_whole_one(tmp_path, prepared, monkeypatch, whole, method):
    """In the middle, and again at the end."""
    for step in (2, 3):
        with monkeypatch.context() as patch:
            patch.setattr(Observer, "preview", lambda *_: None)
            subject = trainer(tmp_path / "run", prepared, *SETTINGS)
            if step == 2:
                patch.setattr(*method, killed)
            else:  # which first scores what was left
                play = subject.game.round
                patch.setattr(subject.game, "round", lambda at, play=play: patch.setattr(*method, killed) or play(at))
            with pytest.raises(SystemExit):
                subject.train()
        assert subject.step == step
    rest = trainer(tmp_path / "run", prepared, *SETTINGS)
    assert (rest.step, rest.train()) == (3, "done")
    assert torch.equal(weights(whole), weights(rest))
    assert scored(rest.run.folder) == scored(whole.run.folder)
    (ours, numbers), (theirs, others) = rest.run.load_best(), whole.run.load_best()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert [numbers[key] for key in ("step", "score")] == [others[key] for key in ("step", "score")]


@pytest.mark.parametrize("steps", [2, 3])
def test_a_signal_while_it_scores_leaves_after_a_batch(tmp_path, prepared, monkeypatch, steps):
    settings = (*SETTINGS, f"steps={steps}")
    subject, summarised = trainer(tmp_path / "run", prepared, *settings), []

    def interrupted(self, audio):
        summarised.append(len(audio))
        signal.raise_signal(signal.SIGTERM)
        return torch.zeros(len(audio), 4)

    monkeypatch.setattr(Observer, "preview", lambda *_: None)
    with monkeypatch.context() as patch:
        patch.setattr(validation, "BATCH", 2)
        patch.setattr(Validation, "_summary", interrupted)
        assert subject.train() == "interrupted"
    assert summarised == [2]
    assert [file.stem for file in sorted(states(tmp_path / "run"))] == ["step-00000000", "step-00000002"]
    assert subject.run.load_best() is None
    assert trainer(tmp_path / "run", prepared, *settings).train() == "done"
    assert [step for step, _ in scored(tmp_path / "run")] == list(range(2, steps + 1))
