"""The benchmarks run and give rows with the promised keys. What they measure is no business of a test."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import save_tiny_checkpoint

from benchmarks import BENCHMARKS, app, generate, griffin_lim, pages, train_step
from benchmarks.gradient_error import gradient_errors
from benchmarks.timing import alternate
from benchmarks.train_step import noise_data, our_step

KEYS = {"name", "ours_s", "baseline_s", "ratio", "baseline", "machine"}


@pytest.mark.parametrize(
    ("run", "rows"),
    [
        (lambda: griffin_lim.run(clips=1, rounds=1), 2),
        (lambda: generate.run(dim=2, rounds=1), 3),
        pytest.param(lambda: train_step.run(sizes=((2, 2),), rounds=1), 2, marks=pytest.mark.long),
    ],
    ids=["griffin-lim", "generate", "train-step"],
)
def test_rows_have_the_promised_keys(run, rows):
    check(run(), rows)


def check(measured: list[dict], rows: int) -> None:
    assert len(measured) == rows
    for row in measured:
        assert set(row) >= KEYS
        assert row["ours_s"] > 0
        assert row["baseline_s"] > 0
        assert row["ratio"] > 0


@pytest.mark.long
def test_both_apps_make_the_same_sounds_and_are_opened_whole(tmp_path):
    save_tiny_checkpoint(tmp_path / "tiny", "wavegan")
    with pages.serve(tmp_path) as (ours, plain):
        rows = app.compare(ours, plain, rounds=1)
        clips, files = ours.sounds(5)[0], plain.sounds(5)[0]
        documents = [page.client.get("/") for page in (ours, plain)]
    check(rows, 3)
    assert len(clips) == len(files) == 16
    for clip, file in zip(clips, files, strict=True):
        pcm, whole = np.frombuffer(clip, "<i2").astype(float), soundfile.read(io.BytesIO(file))[0]
        assert np.corrcoef(pcm, whole[: len(pcm)])[0, 1] > 0.999  # Gradio makes each as loud as can be
    sizes = rows[1]["ours_bytes"], rows[1]["baseline_bytes"]
    for document, received in zip(documents, sizes, strict=True):
        assert {name.rpartition(".")[2] for name in pages.NAMED.findall(document.text)} == {"js", "css"}
        assert received > document.num_bytes_downloaded
    assert [document.text.count('"pcm"') for document in documents] == [16, 0]


def test_an_app_that_does_not_start_says_why(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print('one'); raise SystemExit('no room for two')")
    with (
        pages.started([str(script)], tmp_path) as process,
        pytest.raises(OSError, match=r"script\.py .*no room for two"),
    ):
        pages.wait_for("http://127.0.0.1:1", process, tmp_path)


def test_make_runs_every_benchmark():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text()
    assert re.search(r"^BENCHMARKS \?= (.*)$", makefile, re.MULTILINE)[1].split() == list(BENCHMARKS)


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
