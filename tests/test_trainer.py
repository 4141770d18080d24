"""The trainer: every architecture learns a step, resumes to the same weights, keeps its best, does as it is told."""

import functools
import itertools
import re

import pytest
import torch

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.device import choose_device
from audiogan.lengths import PEAK
from audiogan.models import ARCHITECTURES
from audiogan.models.critics import compressed_spectrogram
from training import features, precision
from training.config import LOSSES, load_preset
from training.evenness import Evenness
from training.export import export
from training.run import RunFolder
from training.schedule import factor
from training.trainer import Trainer
from training.validation import Score, Validation

CPU = choose_device("cpu")
SMALL = ["dim=2", "batch_size=4", "precision=float32", "feature_steps=1"]


def trainer(run, prepared, *settings: str, preset: str = "wavegan") -> Trainer:
    return Trainer(load_preset(preset, [*SMALL, *settings]), PreparedData(prepared), CPU, RunFolder(run))


def states(run) -> dict:
    return {file: file.read_bytes() for file in (run / "states").iterdir()}


def weights(subject: Trainer) -> torch.Tensor:
    parts = (subject.game.generator, subject.game.discriminator, subject.game.average)
    return torch.cat([value.flatten().float() for part in parts for value in part.state_dict().values()])


def judgements() -> list:
    """Each architecture with each loss and critics; short are one loss for each, and each loss for one."""
    cases = []
    for case in itertools.product(ARCHITECTURES, LOSSES, ("own", "ensemble")):
        architecture, loss, critics = case
        short = loss == "rpgan" or (architecture == "wavegan" and (critics == "own" or loss == "wgan-gp"))
        cases.append(pytest.param(*case, marks=[] if short else [pytest.mark.long]))
    return cases


@pytest.mark.parametrize(("architecture", "loss", "critics"), judgements())
def test_a_step_changes_every_weight(tmp_path, prepared, architecture, loss, critics):
    settings = (f"loss={loss}", f"critics={critics}", "critic_width=0")
    subject = trainer(tmp_path / "run", prepared, *settings, preset=f"{architecture}-cpu")
    game = subject.game
    networks = {"generator": game.generator, "discriminator": game.discriminator, "average": game.average}
    before = {name: {k: v.clone() for k, v in network.named_parameters()} for name, network in networks.items()}
    for step in range(2):
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
@pytest.mark.parametrize("loss", ["wgan-gp", pytest.param("rpgan", marks=pytest.mark.long)])
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


@pytest.mark.parametrize("architecture", ["wavegan", "hybrid", pytest.param("report-specgan", marks=pytest.mark.long)])
def test_resume_gives_the_weights_of_an_uninterrupted_run(tmp_path, prepared, architecture):
    begin = functools.partial(trainer, preset=f"{architecture}-cpu")
    whole = begin(tmp_path / "whole", prepared, "steps=6")
    assert whole.train() == "done"
    part = begin(tmp_path / "parts", prepared, "steps=6")
    play = part.game.round

    def three_rounds(step: int):
        part.stopping = step == 2
        return play(step)

    part.game.round = three_rounds
    assert part.train() == "interrupted"
    torch.manual_seed(99)  # whatever happens to the global generator in between
    rest = begin(tmp_path / "parts", prepared, "steps=6")
    assert rest.step == 3
    rest.train()
    assert torch.equal(weights(whole), weights(rest))


def test_the_best_by_held_out_score_is_kept_and_resumed(tmp_path, prepared, monkeypatch):
    scores = iter([Score(5.0, 1.0), Score(3.0, 2.0), Score(4.0, 0.5)])
    monkeypatch.setattr(Validation, "score", lambda *_: next(scores))
    trainer(tmp_path / "run", prepared, "steps=2", "preview_every=1").train()
    best = (tmp_path / "run/best.safetensors").read_bytes()
    trainer(tmp_path / "run", prepared, "steps=3", "preview_every=1").train()
    assert (tmp_path / "run/best.safetensors").read_bytes() == best
    assert RunFolder(tmp_path / "run").load_best()[1]["step"] == 2
    assert exported_step(tmp_path) == 2
    assert "--last" not in checkpoint.read(tmp_path / "ck/mine").card()
    assert exported_step(tmp_path, "last") == 3
    assert "export RUN --name mine --last\n" in checkpoint.read(tmp_path / "ck/mine").card()
    assert checkpoint.read(tmp_path / "ck/mine").training["distance"] == 4.0
    assert exported_step(tmp_path, 2) == 2
    assert "export RUN --name mine --step 2\n" in checkpoint.read(tmp_path / "ck/mine").card()
    with pytest.raises(ValueError, match="keeps no state of step 7; kept: 2, 3"):
        exported_step(tmp_path, 7)


def exported_step(tmp_path, which: str | int = "best") -> int:
    folder = export(tmp_path / "run", "mine", tmp_path / "ck", which=which, replace=True)
    return checkpoint.read(folder).training["steps"]


def test_learning_rates_rise_and_fall(tmp_path, prepared):
    config = load_preset("wavegan-cpu", ["schedule=linear", "warmup=3", "steps=8"])
    assert [factor(config, step) for step in (0, 1, 4)] == [0.25, 0.5 * 7 / 8, 0.5]
    assert factor(load_preset("wavegan-cpu", ["schedule=cosine", "steps=8"]), 4) == pytest.approx(0.5)
    subject = trainer(tmp_path / "run", prepared, "schedule=linear", "steps=4")
    subject.game.round(2)
    rates = {group["lr"] for group in subject.game.generator_adam.param_groups}
    assert rates == {subject.config.learning_rate / 2}


def test_a_head_start_teaches_the_critics_alone(tmp_path, prepared):
    settings = ("head_start=2", "warmup=3", "schedule=constant")
    game = trainer(tmp_path / "run", prepared, *settings, preset="wavegan-cpu").game

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
    subject = trainer(tmp_path / "run", prepared, "feature_steps=60", preset="hybrid-cpu")
    network = subject.game.discriminator.train().features
    audio, label, _ = subject.game.batches.draw(32)
    assert (network.logits(audio.unsqueeze(1)).argmax(1) == label).float().mean() > 0.9
    assert not any(weight.requires_grad for weight in network.parameters())
    assert not network.training


def test_what_is_asked_for_beside_approval_may_change_in_a_run(tmp_path, prepared):
    first = trainer(tmp_path / "run", prepared, "steps=1", preset="hybrid-cpu")
    first.train()
    second = trainer(tmp_path / "run", prepared, "steps=2", "quiet=0", "diversity=0", preset="hybrid-cpu")
    assert any(second.game.deal(for_generator=True).shortfall > 0 for _ in range(8))  # a batch may have no note
    assert second.game.deal(for_generator=False).shortfall == 0
    assert second.train() == "done"
    third = trainer(tmp_path / "run", prepared, "steps=3", "aperiodicity=0", "diversity=0", preset="hybrid-cpu")
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


@pytest.mark.parametrize("preset", ["wavegan-cpu", pytest.param("specgan-cpu", marks=pytest.mark.long)])
def test_augmentation_and_what_was_heard_resume_too(tmp_path, prepared, preset):
    settings = ("augment=0.3", "augment_adaptive=true", "schedule=constant", "feature_steps=2")
    whole = trainer(tmp_path / "whole", prepared, "steps=5", *settings, preset=preset)
    whole.train()
    trainer(tmp_path / "parts", prepared, "steps=2", *settings, preset=preset).train()
    rest = trainer(tmp_path / "parts", prepared, "steps=5", *settings, preset=preset)
    rest.train()
    assert torch.equal(weights(whole), weights(rest))
    assert whole.game.augment.probability == rest.game.augment.probability != 0.3  # an odd number of moves
    memories = [subject.game.shortfall.memories() for subject in (whole, rest)]
    assert ("quiet" in memories[0]) == (preset == "wavegan-cpu")
    if "quiet" in memories[0]:
        assert torch.equal(memories[0]["quiet"].means, memories[1]["quiet"].means)
        assert memories[1]["quiet"].heard.sum() > 0


@pytest.mark.parametrize(("preset", "evened"), [("wavegan", False), ("wavegan", True), ("report-specgan-cpu", True)])
def test_even_phases_are_those_of_the_average_too(tmp_path, prepared, preset, evened):
    setting = f"even_phases={str(evened).lower()}"
    subject = trainer(tmp_path / "run", prepared, "steps=2", setting, preset=preset)
    subject.train()
    for network in (subject.game.generator, subject.game.average):
        excess = [(weight.flatten(2) @ each).abs().max() for weight, each in Evenness(network).kernels]
        assert (max(excess) < 1e-6) == evened


def test_waveforms_are_judged_as_they_are_played(tmp_path, prepared):
    fakes = []
    for value in ("false", "true"):
        game = trainer(tmp_path / value, prepared, "augment=0", f"as_played={value}").game
        game.generator.layers[-1].weight.data *= 10  # untrained it is quieter than what is brought up
        fakes.append(game.deal(for_generator=True).fake)
    raw, played = fakes
    torch.testing.assert_close(played.abs().amax((1, 2)), torch.full((len(played),), PEAK))
    assert (raw.abs().amax((1, 2)) - PEAK).abs().min() > 0.01
    assert raw[..., 0].abs().min() > 0
    assert played[..., 0].abs().max() == 0
    assert played.requires_grad


def test_precision_is_measured_once_and_kept(tmp_path, prepared, monkeypatch):
    monkeypatch.setattr(precision, "fastest", lambda device: "bfloat16")
    first = trainer(tmp_path / "run", prepared, "precision=auto")
    assert first.config.precision == "bfloat16"
    assert all(torch.isfinite(loss) for loss in first.game.round(0))
    monkeypatch.setattr(precision, "fastest", lambda device: "float32")
    assert trainer(tmp_path / "run", prepared, "precision=auto").config.precision == "bfloat16"
