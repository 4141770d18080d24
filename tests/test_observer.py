"""What a training shows of itself: lines, previews and scalars."""

import io
import json
import math
import re
import resource

import pytest
import soundfile
from conftest import no_room
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_trainer import trainer

from training.batches import Batches
from training.board import Board
from training.observer import Bar
from training.run import RunFolder
from training.validation import Score, Validation


def test_progress_lines_have_the_reports_form(tmp_path, prepared, capsys):
    trainer(tmp_path / "run", prepared, "steps=4", "report_every=2").train()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch")]
    assert len(lines) == 2
    assert all(re.fullmatch(r"Epoch \[\d+/\d+\] d_loss -?\d+\.\d{4} g_loss -?\d+\.\d{3}", line) for line in lines)
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "d_loss" in row] == [2, 4]


@pytest.mark.parametrize("settings", [[], ["share_batch=true"], ["share_batch=true", "head_start=2"], ["head_start=2"]])
def test_an_epoch_is_a_pass_over_the_training_clips(tmp_path, prepared, capsys, monkeypatch, settings):
    """Of 32 clips, also where the run went on."""
    sizes, draw = [], Batches.draw
    monkeypatch.setattr(Batches, "draw", lambda self, size, part: sizes.append(size) or draw(self, size, part))
    for steps in (3, 5):
        trainer(tmp_path / "run", prepared, f"steps={steps}", "critic_steps=3", "report_every=1", *settings).train()
        *_, last = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch"))
        assert last.startswith(f"Epoch [{math.ceil(sum(sizes) / 32)}/{math.ceil(sum(sizes) / 32)}]")


def test_previews_are_sounds_as_they_are_played(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2", "preview_every=2").train()
    audio, rate = soundfile.read(tmp_path / "run/previews/step-00000002.wav")
    assert (len(audio), rate) == (20 * 16384, 16000)
    assert not audio.reshape(20, -1)[:, [0, -1]].any()
    assert (tmp_path / "run/previews/step-00000002.png").read_bytes().startswith(b"\x89PNG")


def test_metrics_reach_tensorboard(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2", "report_every=1", "preview_every=2").train()
    events = EventAccumulator(str(tmp_path / "run/tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("d_loss")] == [1, 2]
    assert len(events.Scalars("score")) == len(events.Scalars("kad")) == 1
    row = json.loads((tmp_path / "run/metrics.jsonl").read_text().splitlines()[-1])
    assert set(row) == {"step", "score", "kad", "floor", "kad_floor"}
    trainer(tmp_path / "run", prepared, "steps=3", "report_every=1", "preview_every=2").train()
    events.Reload()
    assert [event.step for event in events.Scalars("d_loss")] == [1, 2, 3]  # that of the stop, too
    assert [event.step for event in events.Scalars("score")] == [2, 3]


def test_a_full_disk_costs_outputs_and_one_sentence(tmp_path, prepared, monkeypatch, capsys):
    """Full while step 2 is reported, scored and heard."""
    scores = iter([Score(1.0, 0.0), Score(2.0, 0.0)])
    monkeypatch.setattr(Validation, "score", lambda *_: next(scores))
    subject = trainer(tmp_path / "run", prepared, "steps=3", "report_every=1", "preview_every=2", "critic_steps=1")
    play = subject.game.round

    def fill_and_free(step: int) -> tuple:
        for name in ("training.run.append", "training.board.append", "training.observer.write_atomically"):
            full.setattr(name, no_room)
        for name in ("save_best", "save_state"):
            full.setattr(RunFolder, name, no_room)
        if step != 1:
            full.undo()
        return play(step)

    subject.game.round = fill_and_free
    with pytest.MonkeyPatch.context() as full:
        assert subject.train() == "done"
    assert capsys.readouterr().err.count("training goes on without what cannot be written") == 1
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [(row["step"], "score" in row) for row in rows] == [(1, False), (3, False), (3, True)]
    assert [file.stem for file in subject.run.previews.glob("*.wav")] == ["step-00000003"]
    assert subject.run.load_best()[1]["step"] == 3
    events = EventAccumulator(str(tmp_path / "run/tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("d_loss")] == [1, 3]


def test_events_begin_once_there_is_room(tmp_path):
    board, limits = Board(tmp_path / "tensorboard", 5), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            board.scalar("d_loss", 1.0, 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    board.scalar("d_loss", 2.0, 6)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert events.file_version == 2
    assert [(event.step, event.value) for event in events.Scalars("d_loss")] == [(6, 2.0)]


def test_a_bar_that_cannot_be_drawn_is_not(monkeypatch):
    log = io.StringIO()
    bar = Bar(total=2, file=log, mininterval=0)
    monkeypatch.setattr(log, "write", no_room)
    bar.update()
    assert bar.n == 1
    monkeypatch.undo()
    bar.close()
