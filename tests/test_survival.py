"""What preparing leaves behind when it is stopped or killed or the disk is full: nothing that the next run meets."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiogan import cores
from audiogan.dataset import PreparedData
from training.data.seen import Seen, fingerprint

ROOT = Path(__file__).parent.parent
RATE = 16000
PATIENCE_SECONDS = 300  # a busy machine takes a minute to import what a process needs


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """Six short noises."""
    folder = tmp_path_factory.mktemp("recordings")
    random = np.random.default_rng(0)
    for number in range(6):
        soundfile.write(folder / f"{number}.wav", 0.1 * random.standard_normal(RATE), RATE)
    return folder


def command(recordings: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "training", "prepare", "folder", str(recordings), "--out", str(out), "--no-pitch"]


def slow_command(recordings: Path, out: Path) -> list[str]:
    """The same, with workers that never come to an end."""
    script = (
        "import sys, time; from training.data import recordings\n"
        "def stuck(job, slots, form, max_crops): time.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    recordings._hear_each = stuck\n"
        "    from training.cli import main; sys.exit(main(sys.argv[1:]))\n"
    )
    path = out.parent / "stuck.py"
    path.write_text(script)
    return [sys.executable, str(path), *command(recordings, out)[3:]]


def children(pid: int) -> set[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return set(map(int, found.split()))


def started(arguments: list[str], folder: Path) -> tuple[subprocess.Popen, set[int]]:
    """A preparing process once its partial folder is there and its workers run."""
    process = subprocess.Popen(
        arguments, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if any(folder.glob(".out.partial-*")) and len(workers := children(process.pid)) >= 2:
            return process, workers
        time.sleep(0.05)
    process.kill()
    pytest.fail("it did not begin")


def gone(pids: set[int]) -> bool:
    """Whether all these processes end in time."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc").is_dir() or cores.count() < 2, reason="needs /proc and two cores")
class TestStopped:
    def test_ctrl_c_leaves_nothing(self, recordings, tmp_path):
        process, workers = started(slow_command(recordings, tmp_path / "out"), tmp_path)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert "interrupted" in process.communicate(timeout=PATIENCE_SECONDS)[1]
        assert process.returncode == 2
        assert gone(workers)
        assert [path.name for path in tmp_path.iterdir()] == ["stuck.py"]

    def test_kill_9_leaves_no_process_and_the_next_run_sweeps_up(self, recordings, tmp_path):
        process, workers = started(slow_command(recordings, tmp_path / "out"), tmp_path)
        process.kill()
        process.communicate()
        assert gone(workers)
        assert not (tmp_path / "out").exists()
        assert len(list(tmp_path.glob(".out.partial-*"))) == 1
        done = subprocess.run(command(recordings, tmp_path / "out"), cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 0
        assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "stuck.py"]
        assert len(PreparedData(tmp_path / "out").index) == 6


def test_a_full_disk_is_one_sentence_and_leaves_nothing(recordings, tmp_path):
    done = subprocess.run(
        command(recordings, tmp_path / "out"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert done.returncode == 2
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


class TestSeen:
    CLIPS = np.random.default_rng(0).integers(-9999, 9999, (3, 64)).astype(np.int16)

    @pytest.fixture
    def seen(self, tmp_path):
        with contextlib.closing(Seen(tmp_path / "seen.sqlite3", lambda number: self.CLIPS[number])) as seen:
            yield seen
        assert list(tmp_path.iterdir()) == []

    def test_copies_are_seen(self, seen):
        assert [seen.add(self.CLIPS[number], number) for number in (0, 1, 0, 2, 1)] == [True, True, False, True, False]

    def test_others_of_the_same_fingerprint_are_not_copies(self, seen, monkeypatch):
        monkeypatch.setattr("training.data.seen.fingerprint", lambda pcm: 7)
        assert [seen.add(self.CLIPS[number], number) for number in (0, 1, 0, 1, 2)] == [True, True, False, False, True]

    def test_a_fingerprint_tells_samples_and_their_order(self):
        clip = self.CLIPS[0]
        changed = [clip, clip[::-1], np.roll(clip, 4), *(clip ^ (np.arange(64) == place) for place in range(64))]
        assert len({fingerprint(pcm) for pcm in changed}) == len(changed)
        assert fingerprint(clip) == fingerprint(np.repeat(clip, 2)[::2])
