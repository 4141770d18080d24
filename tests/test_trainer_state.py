"""How a run ends, and what it leaves to go on from: lost, damaged, stopped and killed."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from conftest import no_room
from test_trainer import SMALL, states, trainer

from training.run import RunFolder

PATIENCE_SECONDS = 300  # a busy machine takes a minute to import what a process needs


def test_a_loss_that_is_not_finite_stops_with_the_step_and_keeps_the_good_state(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2").train()
    good = states(tmp_path / "run")
    subject = trainer(tmp_path / "run", prepared, "steps=9", "report_every=1")
    subject.game.generator.dense.bias.data.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="step 3"):
        subject.train()
    assert states(tmp_path / "run") == good


def test_a_run_is_not_mixed_with_another(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=1").train()
    with pytest.raises(ValueError, match="holds a run with dim 2, not 3"):
        trainer(tmp_path / "run", prepared, "dim=3")
    with pytest.raises(ValueError, match="batch_size 4, not 5"):
        trainer(tmp_path / "run", prepared, "batch_size=5")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="neither empty nor a training run"):
        trainer(tmp_path / "other", prepared)


def test_a_run_goes_on_with_the_same_labels_pitches_and_splits_only(tmp_path, prepared):
    """As prepared again with another --held-out or --no-pitch: the same clips. Where their sounds lay is no matter."""
    trainer(tmp_path / "run", prepared, "steps=1").train()
    text = (prepared / "index.csv").read_text()
    row = "0,Flute,60,train,tone 0,0.0000,\n"
    for column, other in enumerate(("0,Snare_drum,60,train,", "0,Flute,,train,", "0,Flute,60,test,")):
        shutil.copytree(prepared, tmp_path / f"other{column}")
        (tmp_path / f"other{column}/index.csv").write_text(text.replace(row, f"{other}tone 0,0.0000,\n"))
        with pytest.raises(ValueError, match="was trained on the same clips with other labels, pitches or splits"):
            trainer(tmp_path / "run", tmp_path / f"other{column}", "steps=2")
    shutil.copytree(prepared, tmp_path / "moved")
    (tmp_path / "moved/index.csv").write_text(text.replace(row, row.replace("tone 0", "elsewhere")))
    assert trainer(tmp_path / "run", tmp_path / "moved", "steps=2").step == 1


def test_a_run_from_before_the_index_was_hashed_goes_on(tmp_path, prepared):
    run = trainer(tmp_path / "run", prepared, "steps=1")
    run.train()
    document = json.loads(run.run.config_file.read_text())
    noted = document["data"].pop("index_sha256")
    run.run.config_file.write_text(json.dumps(document))
    assert trainer(tmp_path / "run", prepared, "steps=2").step == 1
    assert run.run.read()[2]["index_sha256"] == noted


def test_a_run_of_another_version_is_named_with_the_setting_that_is_not_known_here(tmp_path):
    run = RunFolder(tmp_path)
    run.config_file.write_text(json.dumps({"training": {"preset": "wavegan-cpu", "later": 1}}))
    with pytest.raises(ValueError, match=f"^{tmp_path} holds a run that this version cannot read: unknown .* 'later'"):
        run.read()


def test_a_config_that_is_no_text_is_no_run(tmp_path):
    run = RunFolder(tmp_path)
    run.config_file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(ValueError, match=f"^{tmp_path} is not a training run"):
        run.read()


def test_what_was_never_saved_claims_no_folder_and_leaves_no_scores(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "batch_size=6")
    first = trainer(tmp_path / "run", prepared)
    first.run.log({"step": 3, "score": 1.0})
    first.run.save_best(first.game.average.state_dict(), {"step": 3, "score": 1.0})
    with pytest.raises(ValueError, match="batch_size 4, not 6"):
        trainer(tmp_path / "run", prepared, "batch_size=6")
    assert first.run.load_best() is not None
    second = trainer(tmp_path / "run", prepared, "steps=1", "report_every=1")
    second.train()
    assert {json.loads(line)["step"] for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()} == {1}
    assert second.run.load_best()[1]["step"] == 1
    assert second.run.read()[0].batch_size == 4


@pytest.mark.parametrize("document", ['{"mine": 1}', '{"format": 1, "model": {}, "training": {"steps": 9}}'])
def test_another_programs_folder_stays_as_it_is(tmp_path, prepared, document):
    for name in ("config.json", "metrics.jsonl", "best.safetensors"):
        (tmp_path / name).write_text(document)
    with pytest.raises(ValueError, match=r"is not a training run|holds a run that this version cannot read"):
        trainer(tmp_path, prepared)
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == dict.fromkeys(
        ("config.json", "metrics.jsonl", "best.safetensors"), document
    )


def test_a_run_without_its_states_keeps_its_best(tmp_path, prepared):
    settings = ("steps=2", "preview_every=2", "save_every=1")
    trainer(tmp_path / "run", prepared, *settings).train()
    for state in states(tmp_path / "run"):
        state.unlink()
    kept = [(tmp_path / "run" / name).read_bytes() for name in ("best.safetensors", "metrics.jsonl")]
    with pytest.raises(ValueError, match="no state to resume from: name another folder"):
        trainer(tmp_path / "run", prepared, *settings)
    assert kept == [(tmp_path / "run" / name).read_bytes() for name in ("best.safetensors", "metrics.jsonl")]


def test_a_run_killed_before_it_saved_a_step_may_save_more_often(tmp_path, prepared):
    first = trainer(tmp_path / "run", prepared)
    first.run.save_best(first.game.average.state_dict(), {"step": 8, "score": 1.0})
    again = trainer(tmp_path / "run", prepared, "save_every=5")
    assert (again.step, again.best_score) == (0, math.inf)


def test_a_run_cannot_end_where_it_has_been(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=3").train()
    before = (tmp_path / "run/config.json").read_text()
    with pytest.raises(ValueError, match="is at step 3 already: the run cannot end at 2"):
        trainer(tmp_path / "run", prepared, "steps=2")
    assert (tmp_path / "run/config.json").read_text() == before


def test_what_a_killed_save_left_is_swept(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=1").train()
    names = "states/.step-00000001.safetensors.0a", ".best.safetensors.0b", "previews/.step-00000001.wav.0c"
    left = [tmp_path / "run" / name for name in names]
    for file in left:
        file.write_bytes(b"half")
    trainer(tmp_path / "run", prepared, "steps=1")
    assert not any(file.exists() for file in left)
    assert [file.stem for file in sorted(states(tmp_path / "run"))] == ["step-00000000", "step-00000001"]


def test_a_run_that_was_killed_in_its_first_write_begins(tmp_path, prepared):
    (tmp_path / ".config.json.0a").write_bytes(b"half")
    trainer(tmp_path, prepared)
    assert not (tmp_path / ".config.json.0a").exists()


@pytest.mark.parametrize("when", ["preview_every=3", "save_every=3"])
def test_weights_that_are_not_finite_are_not_kept(tmp_path, prepared, when):
    trainer(tmp_path / "run", prepared, "steps=2").train()
    good = states(tmp_path / "run")
    subject = trainer(tmp_path / "run", prepared, "steps=3", when)
    play = subject.game.round

    def overflow(step: int) -> tuple:
        losses = play(step)
        subject.game.average.dense.bias.fill_(float("nan"))
        return losses

    subject.game.round = overflow
    with pytest.raises(FloatingPointError, match="a weight is not finite at step 3"):
        subject.train()
    assert states(tmp_path / "run") == good


def test_a_damaged_best_says_how_to_go_on(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2", "preview_every=2").train()
    (tmp_path / "run/best.safetensors").write_bytes(b"half")
    with pytest.raises(ValueError, match=r"best\.safetensors is damaged .*: remove it, and the run resumes"):
        trainer(tmp_path / "run", prepared, "steps=3")
    (tmp_path / "run/best.safetensors").unlink()
    trainer(tmp_path / "run", prepared, "steps=3").train()


def test_a_damaged_state_is_one_sentence(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=1").train()
    for file in states(tmp_path / "run"):
        file.write_bytes(b"short")
    with pytest.raises(ValueError, match=r"every state in .* is damaged"):
        trainer(tmp_path / "run", prepared)


def test_state_that_lacks_a_tensor_is_refused_by_its_name(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2").train()
    run = RunFolder(tmp_path / "run")
    tensors, numbers = run.load_state()
    for lost in ("rng.batches", "generator.dense.bias", "generator_adam.0.exp_avg", "augment.probability"):
        run.save_state({name: tensor for name, tensor in tensors.items() if not name.startswith(lost)}, numbers)
        with pytest.raises(ValueError, match=r"the run's last state") as caught:
            trainer(tmp_path / "run", prepared, "steps=3").train()
        assert lost.split(".")[-1] in str(caught.value)


def test_a_run_goes_on_on_another_type_of_device_with_random_numbers_of_its_own(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2").train()
    run = RunFolder(tmp_path / "run")
    tensors, numbers = run.load_state()
    of_cuda = {"rng.cuda": torch.zeros(16, dtype=torch.uint8), "rng.batches": torch.full((16,), 7, dtype=torch.uint8)}
    run.save_state(tensors | of_cuda, numbers)
    resumed = [trainer(tmp_path / "run", prepared, "steps=3") for _ in range(2)]
    for subject in resumed:
        assert subject.step == 2
        kept = subject.game.state().tensors()
        for name in tensors:
            assert name.startswith("rng.") or torch.equal(kept[name], tensors[name])
        assert not torch.equal(kept["rng.cpu"], tensors["rng.cpu"])
    first, second = (subject.game.state().tensors()["rng.batches"] for subject in resumed)
    assert torch.equal(first, second)  # by where the run was, so that it can be repeated
    assert not torch.equal(first, trainer(tmp_path / "new", prepared).game.state().tensors()["rng.batches"])
    resumed[0].train()


def test_after_a_damaged_state_the_one_before_is_resumed(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=5", "save_every=1").train()
    files = sorted(states(tmp_path / "run"))
    assert [file.name for file in files] == ["step-00000004.safetensors", "step-00000005.safetensors"]
    files[-1].write_bytes(files[-1].read_bytes()[:-9])
    assert trainer(tmp_path / "run", prepared, "save_every=1").step == 4


def test_a_full_disk_keeps_the_state_before(tmp_path, prepared, monkeypatch):
    subject = trainer(tmp_path / "run", prepared, "steps=2")
    subject.game.round(0)
    subject.save()
    good = states(tmp_path / "run")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        subject.save()
    assert states(tmp_path / "run") == good


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_signal_saves_and_leaves_with_0(tmp_path, prepared, number):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "training", "train", "wavegan", "--data", prepared, "--out", run]
    settings = [word for setting in [*SMALL, "report_every=1"] for word in ("--set", setting)]
    with subprocess.Popen([*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not process.stdout.readline().startswith("Epoch"):
            assert process.poll() is None
        process.send_signal(number)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert output.splitlines()[-1].startswith("interrupted")
    assert RunFolder(run).load_state()[1]["step"] >= 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_twice_is_one_and_a_later_one_is_not_held_back(tmp_path, prepared, monkeypatch, number):
    """`timeout` sends it to the process, then to the group: perhaps after Python has run the handler."""
    heard = []
    with monkeypatch.context() as patch:
        patch.setattr("training.trainer.SAME_SIGNAL", 60.0)
        before = signal.signal(number, lambda *_: heard.append("before"))
        try:
            learner = trainer(tmp_path / "run", prepared)
            with learner._interruptible():
                signal.raise_signal(number)
                signal.raise_signal(number)
                assert learner.stopping
                assert not heard
                patch.setattr("training.trainer.SAME_SIGNAL", 0.0)
                time.sleep(0.01)
                signal.raise_signal(number)
                assert heard == ["before"]
        finally:
            signal.signal(number, before)


def test_kill_9_leaves_a_state_that_resumes(tmp_path, prepared):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "training", "train", "wavegan", "--data", prepared, "--out", run]
    settings = [word for setting in [*SMALL, "save_every=1"] for word in ("--set", setting)]
    with subprocess.Popen([*command, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not list(run.glob("states/step-*1.*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.kill()
    assert trainer(run, prepared, "save_every=1").step >= 1
