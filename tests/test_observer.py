"""What a training shows of itself: lines, previews and scalars."""

import json
import math
import re

import pytest
import soundfile
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from test_trainer import trainer

from training.batches import Batches


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
