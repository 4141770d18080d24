"""Recorded rounds: what is played and what replayed, and that no round does what a recording cannot hold."""

import pytest
import torch
from test_trainer import SMALL, trainer, weights
from torch.utils._python_dispatch import TorchDispatchMode

from audiogan.dataset import PreparedData
from training.config import load_preset
from training.game import Game
from training.replay import Replay
from training.run import RunFolder
from training.trainer import Trainer

aten = torch.ops.aten
HELD_UP = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten._unique2, aten.lift_fresh}
ENSEMBLE = ("critics=ensemble", "share_batch=true", "paired=true", "diversity=0.5", "augment=0.5")
PAPER = ("loss=wgan-gp", "penalty_every=1", "critic_steps=2")
VARIANTS = [
    ("wavegan", ()),
    ("wavegan", PAPER),
    ("wavegan-cpu", ("critics=own", "conditional=false", "augment_adaptive=true")),
    ("wavegan-cpu", ()),
    ("specgan-cpu", ENSEMBLE),
    ("hybrid-cpu", ()),
    ("report-wavegan-cpu", ()),
    ("report-specgan-cpu", ENSEMBLE),
    *(
        pytest.param(*variant, marks=pytest.mark.long)
        for variant in [
            ("wavegan-cpu", ("critics=own",)),
            ("wavegan-cpu", ("conditional=false",)),
            ("specgan-cpu", ("critics=own", "critic_width=0", *PAPER)),
            ("specgan-cpu", ("augment=0.5", "augment_adaptive=true")),
            ("hybrid-cpu", ("conditional=false",)),
            ("hybrid-cpu", ("critics=features",)),
            ("report-specgan-cpu", ()),
        ]
    ),
]


class Watch(TorchDispatchMode):
    """Notes what makes the host wait for a device's values, or sends it some."""

    def __init__(self):
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func.overloadpacket in HELD_UP or func is aten.repeat_interleave.Tensor or _masks(func, args):
            self.seen.add(str(func))
        return func(*args, **(kwargs or {}))


def _masks(func, args) -> bool:
    """Whether it indexes by a mask, whose true elements have to be counted first."""
    indices = args[1] if func.overloadpacket in (aten.index, aten.index_put, aten.index_put_) else ()
    return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in indices)


def test_what_a_recording_cannot_hold_is_seen():
    numbers = torch.arange(4.0)
    with Watch() as watch:
        numbers.sum().item()
        numbers[numbers > 2]
        torch.tensor([1.0])
        numbers.repeat_interleave(torch.arange(4))
    assert len(watch.seen) == 4
    with Watch() as watch:
        numbers[torch.arange(2)].repeat_interleave(2).clamp_min(1.0)
    assert not watch.seen


@pytest.mark.parametrize(("preset", "settings"), VARIANTS)
def test_no_round_waits_for_the_device_or_sends_to_it(tmp_path, prepared, preset, settings):
    game = trainer(tmp_path / "run", prepared, *settings, preset=preset).game
    game.round(0)  # what is made once may be
    with Watch() as watch:
        game.round(0)
        game.round(1)
    assert not watch.seen


class Tape:
    """Stands for a graph: replayed, it adds 1 to the results."""

    def __init__(self, log: list[str], results: tuple):
        self.log, self.results = log, results

    def replay(self) -> None:
        self.log.append("replay")
        for result in self.results:
            result.add_(1)


class Recorder(Replay):
    def __init__(self):
        self.recordings, self.log = {}, []

    def _played(self, play):
        self.log.append("play")
        return play()

    def _recorded(self, play):
        self.log.append("record")
        results = play()
        return Tape(self.log, results), results


def test_each_kind_is_played_then_recorded_then_replayed():
    replay = Recorder()
    given = [replay(kind, lambda: (torch.zeros(()),))[0] for kind in "aaabab"]
    assert replay.log == ["play", "record", "replay", "replay", "play", "replay", "record", "replay"]
    assert [int(value) for value in given] == [0, 1, 2, 0, 3, 1]  # kept, though replays write over theirs


def test_a_kind_is_who_plays_and_which_steps_are_penalised(tmp_path, prepared):
    settings = ("critic_steps=2", "penalty_every=4", "head_start=1")
    game = trainer(tmp_path / "run", prepared, *settings).game
    assert [game.kind(step) for step in range(3)] == [
        (True, (True, False)),
        (False, (False, False)),
        (False, (True, False)),
    ]


def test_numbers_that_change_are_filled_in_place_and_resume(tmp_path, prepared, monkeypatch):
    settings = ("schedule=linear", "warmup=2", "steps=4")
    plain = trainer(tmp_path / "plain", prepared, *settings)
    plain.train()
    monkeypatch.setattr(Game, "_number", lambda self, value: torch.tensor(value, device=self.device))
    first = trainer(tmp_path / "run", prepared, *settings)
    numbers = [first.game.average_pace, *(group["lr"] for group in first.game.generator_adam.param_groups)]
    first.game.round(0)
    first.step = 1
    first.save()
    assert first.game.average_pace is numbers[0]
    assert first.game.generator_adam.param_groups[0]["lr"] is numbers[1]
    assert numbers[1] == pytest.approx(first.config.learning_rate / 3)
    rest = trainer(tmp_path / "run", prepared, *settings)
    assert rest.step == 1
    rest.train()
    torch.testing.assert_close(weights(rest), weights(plain), atol=1e-5, rtol=1e-4)


def test_graphs_may_be_switched_off_in_a_run(tmp_path, prepared):
    trainer(tmp_path / "run", prepared, "steps=1").train()
    assert trainer(tmp_path / "run", prepared, "steps=1", "graphs=false").step == 1


@pytest.mark.gpu
@pytest.mark.parametrize(("preset", "settings"), VARIANTS)
def test_replayed_rounds_are_what_played_ones_are(tmp_path, prepared, preset, settings):
    def after(name: str, graphs: str) -> tuple[Trainer, torch.Tensor]:
        config = load_preset(preset, [*SMALL, "penalty_every=2", *settings, f"graphs={graphs}", "steps=4"])
        subject = Trainer(config, PreparedData(prepared), torch.device("cuda"), RunFolder(tmp_path / name))
        before = weights(subject)
        subject.train()
        return subject, before

    (replayed, before), (played, _), (again, _) = after("a", "true"), after("b", "false"), after("c", "false")
    assert all(replayed.game.replay.recordings.values())
    ours, theirs = (subject.game.state().tensors() for subject in (replayed, played))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if name.startswith("rng.") or ".step" in name)
    moved, apart, chance = (
        torch.linalg.vector_norm(weights(played) - other) for other in (before, weights(replayed), weights(again))
    )  # atomics add in any order, and young optimisers make much of little
    assert apart < min(max(3 * chance, 0.02 * moved), 0.5 * moved)
