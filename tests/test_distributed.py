"""Several processes train as one: the same weights, one writer, and an end for all when one is gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.distributed as dist
from conftest import LABELS, NUM_SAMPLES
from test_trainer import CPU

from audiogan.dataset import PreparedData
from training.config import load_preset
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit
from training.distributed import OUTCOME, Workers, _follow
from training.run import RunFolder
from training.stop_checks import StopChecks
from training.trainer import Trainer

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 600  # a busy machine takes a minute to import what a process needs
SETTINGS = ["dim=2", "batch_size=4", "precision=float32", "report_every=1"]
PAPER = ["loss=wgan-gp", "critic_steps=2"]
SHORT = ["feature_steps=10", "warmup=0", "quiet=0.5", "quiet_floor=-60"]  # lower, it multiplies what rounding leaves
LEAVE = """
from pathlib import Path
import torch
from training.distributed import workers

with workers(torch.device("cpu")) as together:
    torch.optim.Adam([torch.ones(1)])
    together.mean(torch.ones(1))
threads = [file.read_text().strip() for file in Path("/proc/self/task").glob("*/comm")]
assert not [name for name in threads if "gloo" in name], threads
"""


def start(run, prepared, *settings: str, preset: str = "wavegan") -> subprocess.Popen:
    words = [word for setting in [*SETTINGS, *settings] for word in ("--set", setting)]
    return torchrun("-m", "training", "train", preset, "--data", prepared, "--out", run, "--device", "cpu", *words)


def torchrun(*command, cwd: Path = ROOT) -> subprocess.Popen:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *command],
        cwd=cwd,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("preset", "settings"), [("wavegan", PAPER), pytest.param("hybrid-cpu", SHORT, marks=pytest.mark.long)]
)
def test_two_processes_follow_one(tmp_path, prepared, preset, settings):
    with start(tmp_path / "two", prepared, "steps=2", *settings, preset=preset) as process:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors
    assert output.count("Epoch") == 2
    config = load_preset(preset, [*SETTINGS, "steps=2", *settings])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as each of the two has: what is compared is the sharing, not how a sum is split
    one = Trainer(config, PreparedData(prepared), CPU, RunFolder(tmp_path / "one"))
    before = networks(one.game.state().tensors())
    one.train()
    torch.set_num_threads(threads)
    together, numbers = RunFolder(tmp_path / "two").load_state()
    assert numbers["step"] == 2
    alone = networks(one.game.state().tensors())
    # where a gradient is nothing but rounding (a relativistic critic's biases cancel), Adam still makes a step of it,
    # and each step multiplies what came of the last: hence two steps, the norm of all, not each weight, and features
    # that tell clips apart; what rounding leaves is under 0.01, a loss that each takes of its half alone 0.06
    assert torch.linalg.vector_norm(networks(together) - alone) < 0.015 * torch.linalg.vector_norm(alone - before)


@pytest.fixture(scope="module")
def noises(tmp_path_factory) -> Path:
    """Data whose spectrograms have no even grey, where what rounding leaves could turn a layer's sign over."""
    folder, random = tmp_path_factory.mktemp("noises") / "data", np.random.default_rng(0)
    with DataSetWriter(folder, ClipFormat(), LABELS, "tests") as writer:
        for number in range(12):
            clip = fit(random.standard_normal(NUM_SAMPLES).astype(np.float32), ClipFormat())
            writer.add(Clip(clip, LABELS[number % 2], str(number), "test" if number > 7 else "train"))
    return folder


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        pytest.param("report-wavegan", ["share_batch=true"], marks=pytest.mark.long),
        pytest.param("report-specgan", ["loss=wgan-gp", "critic_steps=2"], marks=pytest.mark.long),
        ("report-specgan", ["loss=rpgan", "paired=true"]),
    ],
)
def test_batch_norm_and_dropout_are_those_of_the_whole_batch(tmp_path, noises, preset, settings):
    """Gradients are compared, as Adam remembers them: those of biases before a batch norm are nothing but rounding."""
    with start(tmp_path / "two", noises, "steps=1", *settings, preset=preset) as process:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors
    config = load_preset(preset, [*SETTINGS, "steps=1", *settings])
    Trainer(config, PreparedData(noises), CPU, RunFolder(tmp_path / "one")).train()
    alone, together = (RunFolder(tmp_path / run).load_state()[0] for run in ("one", "two"))
    for player in ("generator", "discriminator"):
        one, two = (gradients(tensors, player) for tensors in (alone, together))
        assert torch.linalg.vector_norm(two - one) < 1e-3 * torch.linalg.vector_norm(one)
    for name, value in alone.items():
        if "running_var" in name:  # means move with those biases
            torch.testing.assert_close(together[name], value, rtol=1e-4, atol=1e-6)


def gradients(tensors: dict, player: str) -> torch.Tensor:
    """The mean gradient of each of a player's weights, in one vector."""
    names = sorted(name for name in tensors if name.startswith(f"{player}_adam.") and name.endswith(".exp_avg"))
    return torch.cat([tensors[name].flatten().double() for name in names])


EACH_ITS_OWN = """
import os, sys
from training.cli import main

sys.exit(main([*sys.argv[1:], "--out", f"run{os.environ['RANK']}"]))
"""


@pytest.mark.long
def test_processes_that_see_other_folders_do_not_go_on(tmp_path, prepared):
    """Two machines without a folder in common: a start trains, and only the first has saved, or only the beginning."""
    sets = [word for setting in [*SETTINGS, "steps=1"] for word in ("--set", setting)]
    words = ["train", "wavegan", "--data", prepared, "--device", "cpu", *sets]
    for expected in ("", *["must be one folder that all processes see"] * 2):
        with torchrun("--no-python", sys.executable, "-c", EACH_ITS_OWN, *words, cwd=tmp_path) as process:
            output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode == 0) == (not expected), output + errors
        assert expected in errors
        words[-1] = "steps=2"
        if expected:
            (tmp_path / "run0/states/step-00000001.safetensors").unlink(missing_ok=True)


def networks(tensors: dict) -> torch.Tensor:
    """Every weight of both players and the average, in one vector."""
    names = sorted(name for name in tensors if name.startswith(("generator.", "discriminator.", "average.")))
    return torch.cat([tensors[name].flatten().double() for name in names])


OTHERWISE = """
import os, sys
import torch
from audiogan.dataset import PreparedData
from training import trainer
from training.config import load_preset
from training.distributed import workers
from training.run import RunFolder

def teach(network, *_):
    for weight in network.parameters():
        weight.data.add_(0.01 * int(os.environ["RANK"]))

trainer.teach = teach
run, data, *settings = sys.argv[1:]
device = torch.device("cpu")
with workers(device) as together:
    subject = trainer.Trainer(load_preset("hybrid-cpu", settings), PreparedData(data), device, RunFolder(run), together)
    for name, value in subject.game.state().tensors().items():
        assert torch.equal(value, together.of_first(value)), name
"""


@pytest.mark.long
def test_all_begin_with_the_features_that_the_first_was_taught(tmp_path, prepared):
    command = ("--no-python", sys.executable, "-c", OTHERWISE, tmp_path / "run", prepared, *SETTINGS)
    with torchrun(*command) as process:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors


def test_when_one_dies_all_end_with_a_message(tmp_path, prepared):
    with start(tmp_path / "run", prepared) as process:
        while not process.stdout.readline().startswith("Epoch"):
            assert process.poll() is None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[1]), signal.SIGKILL)
        began = time.monotonic()
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert time.monotonic() - began < 240
    assert "SIGKILL" in errors or "lost another one" in errors


SLOWLY = """
import sys, time
from training.cli import main
from training.game import Game

play = Game.round
Game.round = lambda *arguments: time.sleep(1.5) or play(*arguments)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.long
def test_slow_steps_do_not_put_off_a_stop(tmp_path, prepared):
    """Torchrun passes a signal on and kills 30 s later."""
    sets = [word for setting in SETTINGS for word in ("--set", setting)]
    words = ["train", "wavegan", "--data", prepared, "--out", tmp_path / "run", "--device", "cpu", *sets]
    with torchrun("--no-python", sys.executable, "-c", SLOWLY, *words) as process:
        for _ in range(2):
            while not process.stdout.readline().startswith("Epoch"):
                assert process.poll() is None
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
    assert 1 <= RunFolder(tmp_path / "run").load_state()[1]["step"] <= 5


class Alike(Workers):
    """Stands for several processes that all take the same time."""

    def mean(self, values):
        return values


@pytest.mark.parametrize(
    ("seconds", "checks"), [(4.0, [*range(24)]), (0.3, [0, 1, 4, 7, 10, 13, 16, 19, 22]), (0.01, [0, 1, 11, 21])]
)
def test_processes_ask_each_other_every_second_at_most(monkeypatch, seconds, checks):
    now = SimpleNamespace(step=0)
    monkeypatch.setattr("training.stop_checks.time", SimpleNamespace(monotonic=lambda: seconds * now.step))
    stops, at = StopChecks(Alike(0, 2), CPU), []
    for now.step in range(24):
        at += [now.step] if stops(True) else []
    assert at == checks


@pytest.mark.long
def test_no_thread_outlives_the_group():
    with torchrun("--no-python", sys.executable, "-c", LEAVE) as process:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors


def test_a_batch_is_shared_evenly():
    assert [Workers(rank, 3).part(6) for rank in range(3)] == [slice(0, 2), slice(2, 4), slice(4, 6)]
    with pytest.raises(ValueError, match="multiple of the 3 processes, not 7"):
        Workers(0, 3).check_batch(7, paired=False)
    with pytest.raises(ValueError, match="whole pairs, not 6"):
        Workers(0, 2).check_batch(6, paired=True)
    with pytest.raises(ValueError, match="batch_size must be even, for whole pairs, not 3"):
        Workers().check_batch(3, paired=True)


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("wavegan", ["critics=ensemble"]),
        ("specgan", ["critics=spectral"]),
        ("hybrid", ["diversity=0", "aperiodicity=0"]),
    ],
)
def test_critics_that_compare_pairs_see_whole_ones_even_if_clips_are_not_drawn_in_pairs(
    tmp_path, prepared, preset, settings
):
    """Shared as 3 and 3, six clips would be other pairs than in one process."""
    config = load_preset(preset, ["dim=2", "precision=float32", "paired=false", "batch_size=6", *settings])
    with pytest.raises(ValueError, match="a multiple of twice the 2 processes, for whole pairs, not 6"):
        Trainer(config, PreparedData(prepared), CPU, RunFolder(tmp_path / "run"), Workers(0, 2))
    assert not (tmp_path / "run").exists()


def test_the_others_follow_the_first_or_end_with_it():
    store = dist.HashStore()
    store.set(OUTCOME, "done")
    _follow(store, rank=1)
    store.set(OUTCOME, "failed")
    with pytest.raises(ConnectionError, match="process 1 stops, since process 0 failed"):
        _follow(store, rank=1)
