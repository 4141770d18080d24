"""The benchmarks run and give rows with the promised keys. What they measure is no business of a test."""

import contextlib

import pytest
import torch

from benchmarks import generate, griffin_lim, train_step
from benchmarks.gradient_error import gradient_errors
from benchmarks.timing import alternate
from benchmarks.train_step import noise_data, our_step

KEYS = {"name", "ours_s", "baseline_s", "ratio", "baseline", "machine"}


@pytest.mark.parametrize(
    ("run", "rows"),
    [
        (lambda: griffin_lim.run(clips=1, rounds=1), 2),
        (lambda: generate.run(dim=2, rounds=1), 3),
        (lambda: train_step.run(sizes=((2, 2),), rounds=1), 2),
    ],
    ids=["griffin-lim", "generate", "train-step"],
)
def test_rows_have_the_promised_keys(run, rows):
    measured = run()
    assert len(measured) == rows
    for row in measured:
        assert set(row) >= KEYS
        assert row["ours_s"] > 0
        assert row["baseline_s"] > 0
        assert row["ratio"] > 0


def test_only_what_comes_after_the_untimed_rounds_counts():
    calls = []
    seconds = alternate([lambda: calls.append("a"), lambda: calls.append("b")], rounds=2, untimed=3)
    assert calls == ["a", "b"] * 5
    assert [len(taken) for taken in seconds] == [2, 2]


def test_rounding_moves_a_critic_far_less_than_the_next_batch_does(tmp_path):
    """The penalty may be in bfloat16 as long as this holds."""
    game = our_step(noise_data(tmp_path / "noise"), 8, 8, torch.device("cpu"))
    game.round(0)
    errors = gradient_errors(game)
    assert 0 < errors["gradient_error"] < 0.1
    assert errors["gradient_error"] < 0.25 * errors["gradient_of_another_batch"]


def test_there_is_no_gradient_error_in_float32(tmp_path, monkeypatch):
    """The distances come from rounding alone: the same random numbers are drawn for both sides."""
    monkeypatch.setattr(torch, "autocast", lambda *arguments, **options: contextlib.nullcontext())
    errors = gradient_errors(our_step(noise_data(tmp_path / "noise"), 4, 4, torch.device("cpu")), rounds=1)
    assert errors["gradient_error"] == errors["penalty_gradient_error"] == 0
    assert errors["gradient_of_another_batch"] > 0.01
