"""The trainer: every architecture learns a step, resumes to the same weights, stops when told and when lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile
import torch
from conftest import LABELS, NUM_SAMPLES
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.device import choose_device
from audiogan.models import ARCHITECTURES
from audiogan.models.critics import compressed_spectrogram
from training import features, precision
from training.batches import Batches
from training.config import LOSSES, load_preset
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.export import export
from training.run import RunFolder
from training.schedule import factor
from training.trainer import Trainer
from training.validation import Score, Validation

CPU = choose_device("cpu")
SMALL = ["dim=2", "batch_size=4", "precision=float32", "feature_steps=2"]


def trainer(run, prepared, *settings: str, preset: str = "wavegan-cpu") -> Trainer:
    return Trainer(load_preset(preset, [*SMALL, *settings]), PreparedData(prepared), CPU, RunFolder(run))


def states(run) -> dict:
    return {file: file.read_bytes() for file in (run / "states").iterdir()}


def weights(subject: Trainer) -> torch.Tensor:
    parts = (subject.game.generator, subject.game.discriminator, subject.game.average)
    return torch.cat([value.flatten().float() for part in parts for value in part.state_dict().values()])


def judged_by(critics: str) -> list[tuple[str, str, str]]:
    return [(architecture, loss, critics) for architecture in ARCHITECTURES for loss in LOSSES]


@pytest.mark.parametrize(("architecture", "loss", "critics"), [*judged_by("own"), *judged_by("ensemble")])
def test_a_step_changes_every_weight(tmp_path, prepared, architecture, loss, critics):
    settings = (f"loss={loss}", f"critics={critics}")
    subject = trainer(tmp_path / "run", prepared, *settings, preset=f"{architecture}-cpu")
    game = subject.game
    networks = {"generator": game.generator, "discriminator": game.discriminator, "average": game.average}
    before = {name: {k: v.clone() for k, v in network.named_parameters()} for name, network in networks.items()}
    for step in range(3):
        losses = game.round(step)
    assert all(torch.isfinite(value) for value in losses)
    for name, network in networks.items():
        for key, value in network.named_parameters():
            assert torch.isfinite(value).all()
            # Wasserstein's loss leaves the critic's last bias alone, and so does the paired one; features are frozen
            if name != "discriminator" or not re.search(r"head\.(linear|local)\.bias$|^features\.", key):
                assert not torch.equal(value, before[name][key]), f"{name}.{key}"


@pytest.mark.parametrize("architecture", ["specgan", "report-specgan"])
def test_a_critic_hears_log_spectrograms_as_they_are_played(tmp_path, prepared, architecture):
    game = trainer(tmp_path / "run", prepared, "critics=harmonic", preset=f"{architecture}-cpu").game
    native = game.generator.from_audio(game.batches.draw(4)[0])
    (view,) = game.discriminator.views(native)
    played = compressed_spectrogram(game.generator.to_audio(native), 2048, 512)
    assert (view - played).abs().mean() < 0.05 * played.abs().mean()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("loss", ["wgan-gp", "rpgan"])
def test_a_penalised_step_holds_in_bfloat16(tmp_path, prepared, architecture, loss):
    settings = (f"loss={loss}", "precision=bfloat16", "penalty_every=1")
    game = trainer(tmp_path / "run", prepared, *settings, preset=f"{architecture}-cpu").game
    before = [weight.clone() for weight in game.critic_weights]
    assert all(torch.isfinite(loss) for loss in game.round(0))
    assert all(weight.dtype == weight.grad.dtype == torch.float32 for weight in game.critic_weights)
    assert any(not torch.equal(weight, old) for weight, old in zip(game.critic_weights, before, strict=True))


def test_the_critic_learns_to_tell_real_from_fake(tmp_path, prepared):
    subject = trainer(tmp_path / "run", prepared, "critic_learning_rate=0.002", "loss=bce", "penalty=0")
    hands = (subject.game.deal(for_generator=False) for _ in range(30))
    losses = [subject.game.discriminator_step(hand, penalised=False).item() for hand in hands]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])


@pytest.mark.parametrize("architecture", ["wavegan", "report-specgan", "hybrid"])
def test_resume_gives_the_weights_of_an_uninterrupted_run(tmp_path, prepared, architecture):
    preset = f"{architecture}-cpu"
    whole = trainer(tmp_path / "whole", prepared, "steps=6", preset=preset)
    assert whole.train() == "done"
    trainer(tmp_path / "parts", prepared, "steps=3", preset=preset).train()
    torch.manual_seed(99)  # whatever happens to the global generator in between
    rest = trainer(tmp_path / "parts", prepared, "steps=6", preset=preset)
    assert rest.step == 3
    rest.train()
    assert torch.equal(weights(whole), weights(rest))


def test_progress_lines_have_the_reports_form(tmp_path, prepared, capsys):
    trainer(tmp_path / "run", prepared, "steps=4", "report_every=2").train()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Epoch")]
    assert len(lines) == 2
    assert all(re.fullmatch(r"Epoch \[\d+/\d+\] d_loss -?\d+\.\d{4} g_loss -?\d+\.\d{3}", line) for line in lines)
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4]


def test_previews_are_sounds(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2", "preview_every=2").train()
    audio, rate = soundfile.read(tmp_path / "run/previews/step-00000002.wav")
    assert (len(audio), rate) == (20 * 16384, 16000)
    assert (tmp_path / "run/previews/step-00000002.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_by_held_out_score_is_kept_and_resumed(tmp_path, prepared, monkeypatch):
    scores = iter([Score(5.0, 1.0), Score(3.0, 2.0), Score(4.0, 0.5)])
    monkeypatch.setattr(Validation, "score", lambda self, generator: next(scores))
    trainer(tmp_path / "run", prepared, "steps=2", "preview_every=1").train()
    best = (tmp_path / "run/best.safetensors").read_bytes()
    trainer(tmp_path / "run", prepared, "steps=3", "preview_every=1").train()
    assert (tmp_path / "run/best.safetensors").read_bytes() == best
    assert RunFolder(tmp_path / "run").load_best()[1]["step"] == 2
    assert exported_step(tmp_path) == 2
    assert "--last" not in checkpoint.read(tmp_path / "ck/mine").card()
    assert exported_step(tmp_path, "last") == 3
    assert "export RUN --name mine --last\n" in checkpoint.read(tmp_path / "ck/mine").card()
    assert exported_step(tmp_path, 2) == 2
    assert "export RUN --name mine --step 2\n" in checkpoint.read(tmp_path / "ck/mine").card()
    with pytest.raises(ValueError, match="keeps no state of step 7, but of 2, 3"):
        exported_step(tmp_path, 7)


def exported_step(tmp_path, which: str | int = "best") -> int:
    folder = export(tmp_path / "run", "mine", tmp_path / "ck", which=which, replace=True)
    return checkpoint.read(folder).training["steps"]


def test_metrics_reach_tensorboard(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=2", "report_every=1", "preview_every=2").train()
    events = EventAccumulator(str(tmp_path / "run/tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("d_loss")] == [1, 2]
    assert len(events.Scalars("score")) == len(events.Scalars("kad")) == 1
    row = json.loads((tmp_path / "run/metrics.jsonl").read_text().splitlines()[-1])
    assert set(row) == {"step", "score", "kad", "floor", "kad_floor"}


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
    assert [json.loads(line)["step"] for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()] == [1]
    assert second.run.load_best() is None
    assert second.run.read()[0].batch_size == 4


def test_a_damaged_state_is_one_sentence(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=1").train()
    (tmp_path / "run/states/step-00000001.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="is damaged"):
        trainer(tmp_path / "run", prepared)


@pytest.mark.parametrize(
    "lost", ["rng.batches", "generator.dense.bias", "generator_adam.0.exp_avg", "augment.probability"]
)
def test_state_that_lacks_a_tensor_is_refused_by_its_name(tmp_path, prepared, lost):
    trainer(tmp_path / "run", prepared, "steps=2").train()
    run = RunFolder(tmp_path / "run")
    tensors, numbers = run.load_state()
    run.save_state({name: tensor for name, tensor in tensors.items() if not name.startswith(lost)}, numbers)
    with pytest.raises(ValueError, match=r"the run's last state") as caught:
        trainer(tmp_path / "run", prepared, "steps=3").train()
    assert lost.split(".")[-1] in str(caught.value)


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

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        subject.save()
    assert states(tmp_path / "run") == good


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


def test_pairs_of_a_model_without_pitch_share_the_label_alone(tmp_path, chords):
    batches = Batches(chords, CPU, torch.Generator().manual_seed(0), paired=True, by_pitch=False)
    audio, label, pitch = batches.draw(400)
    assert (label[::2] == label[1::2]).all()
    assert len(audio[(label == 0) & (pitch < 61)].unique(dim=0)) == 3
    for preset, spread in (("wavegan-cpu", 3), ("hybrid-cpu", 2)):
        settings = load_preset(preset, [*SMALL, "paired=true"])
        drawn = Trainer(settings, chords, CPU, RunFolder(tmp_path / preset)).game.batches.draw(400)
        assert len(drawn[0][(drawn[1] == 0) & (drawn[2] < 61)].unique(dim=0)) == spread


def test_learning_rates_rise_and_fall(tmp_path, prepared):
    config = load_preset("wavegan-cpu", ["schedule=linear", "warmup=3", "steps=8"])
    assert [factor(config, step) for step in (0, 1, 4)] == [0.25, 0.5 * 7 / 8, 0.5]
    assert factor(load_preset("wavegan-cpu", ["schedule=cosine", "steps=8"]), 4) == pytest.approx(0.5)
    subject = trainer(tmp_path / "run", prepared, "schedule=linear", "steps=4")
    subject.game.round(2)
    rates = {group["lr"] for group in subject.game.generator_adam.param_groups}
    assert rates == {subject.config.learning_rate / 2}


def test_a_head_start_teaches_the_critics_alone(tmp_path, prepared):
    settings = ("head_start=2", "warmup=3", "steps=8", "share_batch=true")
    game = trainer(tmp_path / "run", prepared, *settings).game

    def weights_of(network):
        return torch.cat([value.flatten().clone() for value in network.parameters()])

    def after(step):
        before = [weights_of(network) for network in networks]
        losses = game.round(step)
        return [torch.equal(old, weights_of(network)) for old, network in zip(before, networks, strict=True)], losses

    networks = game.generator, game.average, game.discriminator
    unchanged, (d_loss, g_loss) = after(1)
    assert unchanged == [True, True, False]
    assert g_loss == 0 < d_loss
    assert after(2)[0] == [False, False, False]
    assert game.generator_adam.param_groups[0]["lr"] == pytest.approx(game.config.learning_rate / 4)


def test_features_learn_the_labels_and_freeze(tmp_path, prepared, monkeypatch):
    monkeypatch.setattr(features, "BATCH_SIZE", 16)
    subject = trainer(tmp_path / "run", prepared, "feature_steps=150", preset="hybrid-cpu")
    network = subject.game.discriminator.train().features
    audio, label, _ = subject.game.batches.draw(32)
    assert (network.logits(audio.unsqueeze(1)).argmax(1) == label).float().mean() > 0.9
    assert not any(weight.requires_grad for weight in network.parameters())
    assert not network.training


def test_what_is_asked_for_beside_approval_may_change_in_a_run(tmp_path, prepared):
    first = trainer(tmp_path / "run", prepared, "steps=1", preset="hybrid-cpu")
    first.train()
    second = trainer(tmp_path / "run", prepared, "steps=2", "aperiodicity=0.5", "diversity=0", preset="hybrid-cpu")
    assert any(second.game.deal(for_generator=True).shortfall > 0 for _ in range(8))  # a batch may have no note
    assert second.game.deal(for_generator=False).shortfall == 0
    assert second.train() == "done"
    third = trainer(tmp_path / "run", prepared, "steps=3", "quiet=1", "diversity=0", preset="hybrid-cpu")
    assert third.game.deal(for_generator=True).shortfall > 0
    assert third.train() == "done"
    assert trainer(tmp_path / "run", prepared, "steps=4", preset="hybrid-cpu").train() == "done"
    with pytest.raises(ValueError, match="learning_rate"):
        trainer(tmp_path / "run", prepared, "learning_rate=0.1", preset="hybrid-cpu")


def test_sameness_is_one_for_the_same_sound_and_none_for_real_ones(tmp_path, prepared):
    subject = trainer(tmp_path / "run", prepared, "diversity=1.0", preset="hybrid-cpu")
    audio, label, _ = subject.game.batches.draw(8)
    real, diversity = audio.unsqueeze(1), subject.game.shortfall.diversity
    assert diversity(real, real[::2].repeat_interleave(2, 0), label) == pytest.approx(1.0, abs=0.05)
    assert diversity(real, real, label) < 0.5
    assert diversity.distance.min() > 0


def test_unconditional_training_ignores_labels(tmp_path, prepared):
    subject = trainer(tmp_path / "run", prepared, "conditional=false")
    assert subject.game.model.labels == ()
    subject.game.round(0)


@pytest.mark.parametrize("preset", ["wavegan-cpu", "specgan-cpu"])
def test_augmentation_and_what_was_heard_resume_too(tmp_path, prepared, preset):
    settings = ("augment=0.3", "augment_adaptive=true") + ("quiet=1",) * (preset == "wavegan-cpu")
    whole = trainer(tmp_path / "whole", prepared, "steps=4", *settings, preset=preset)
    whole.train()
    trainer(tmp_path / "parts", prepared, "steps=2", *settings, preset=preset).train()
    rest = trainer(tmp_path / "parts", prepared, "steps=4", *settings, preset=preset)
    rest.train()
    assert torch.equal(weights(whole), weights(rest))
    assert whole.game.augment.probability == rest.game.augment.probability != 0.3
    memories = [subject.game.shortfall.memories() for subject in (whole, rest)]
    assert ("quiet" in memories[0]) == (preset == "wavegan-cpu")
    if "quiet" in memories[0]:
        assert torch.equal(memories[0]["quiet"].means, memories[1]["quiet"].means)
        assert memories[1]["quiet"].heard.sum() > 0


def test_precision_is_measured_once_and_kept(tmp_path, prepared, monkeypatch):
    monkeypatch.setattr(precision, "fastest", lambda device: "bfloat16")
    first = trainer(tmp_path / "run", prepared, "precision=auto")
    assert first.config.precision == "bfloat16"
    assert all(torch.isfinite(loss) for loss in first.game.round(0))
    monkeypatch.setattr(precision, "fastest", lambda device: "float32")
    assert trainer(tmp_path / "run", prepared, "precision=auto").config.precision == "bfloat16"


def test_float32_convolutions_are_exact_on_cuda_and_nothing_is_set_elsewhere():
    with torch.backends.cudnn.flags(enabled=True):
        precision.settle(CPU)
        assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == (True, False)
        precision.settle(torch.device("cuda"))
        assert (torch.backends.cudnn.allow_tf32, torch.backends.cudnn.benchmark) == (False, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_leaves_with_0(tmp_path, prepared, number):
    run = tmp_path / "run"
    command = [sys.executable, "-m", "training", "train", "wavegan-cpu", "--data", prepared, "--out", run]
    settings = [word for setting in [*SMALL, "report_every=1"] for word in ("--set", setting)]
    with subprocess.Popen([*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not process.stdout.readline().startswith("Epoch"):
            assert process.poll() is None
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
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
    command = [sys.executable, "-m", "training", "train", "wavegan-cpu", "--data", prepared, "--out", run]
    settings = [word for setting in [*SMALL, "save_every=1"] for word in ("--set", setting)]
    with subprocess.Popen([*command, *settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list(run.glob("states/step-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.kill()
    assert trainer(run, prepared, "save_every=1").step >= 1
