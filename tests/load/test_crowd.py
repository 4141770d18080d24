"""A hundred listeners at once, on SQLite and on PostgreSQL behind two processes; then with everything going wrong.

Every acknowledged vote is there exactly once: with replies lost, answers sent twice and out of order, the app killed at
random, and the disk full. Each test prints what it measured; the numbers are of this machine and of what else it does.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import sqlalchemy as sa
from conftest import save_tiny_checkpoint
from listeners import Line, Listener, free_port, wait_for
from postgres import postgres_server
from tiny_study import SAMPLE_RATE, write_study

from audiogan.listening.store import Store
from audiogan.listening.tokens import parse_receipt, vote_id

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
LISTENERS, TRIALS = int(os.environ.get("SOAK_LISTENERS", "100")), 20
PAUSE_SECONDS, WATCH_SECONDS = 4.0, 5.0
STARTS, KILLS, P95_SECONDS, GIVE_UP_SECONDS = 5, 10, 0.5, 1500
DESIGN = {"trials": {"training": 0, "test": 16, "gold": 2, "repeat": 2}}


class Stand:
    """One or more app processes on one database and one study."""

    def __init__(self, folder: Path, url: str, processes: int):
        self.folder, self.url = folder, url
        save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
        study = write_study(folder / "study", num_samples=SAMPLE_RATE, **DESIGN)
        self.environment = os.environ | {"AUDIOGAN_DATABASE_URL": url, "AUDIOGAN_STUDY": str(study)}
        self.environment |= {"GRADIO_TEMP_DIR": str(folder / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        self.log = open(folder / "log", "ab")  # noqa: SIM115
        command = [sys.executable, str(Path(__file__).parent / "nursery.py")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log, "text": True}
        self.nursery = subprocess.Popen(command, env=self.environment, bufsize=1, **pipes)
        self.ports = [free_port() for _ in range(processes)]
        self.processes = [self.begin(port) for port in self.ports]
        self.line = Line(*(f"http://127.0.0.1:{port}" for port in self.ports))
        for address in self.line.urls:
            self.line.component(address)

    def begin(self, port: int) -> "Process":
        """A process that serves. On a busy machine Gradio may give up on its first call to itself: then another."""
        for _ in range(STARTS):
            with suppress(RuntimeError):
                process = self.start(port)
                wait_for(f"http://127.0.0.1:{port}", process)
                return process
        raise RuntimeError("the app does not start")

    def start(self, port: int) -> "Process":
        self.nursery.stdin.write(f"{port} {self.folder / 'checkpoints'}\n")
        return Process(int(self.nursery.stdout.readline()))

    def seconds(self) -> float:
        """CPU time that the processes which serve now have used."""
        return sum(process.seconds() for process in self.processes)

    def kill_one(self) -> None:
        """`kill -9` a process at random, and start it again."""
        at = random.randrange(len(self.ports))
        self.processes[at].end(signal.SIGKILL)
        self.processes[at] = self.begin(self.ports[at])

    def close(self) -> None:
        for process in self.processes:
            process.end(signal.SIGTERM)
        self.nursery.stdin.close()
        self.nursery.wait(60)
        self.log.close()


@dataclass(frozen=True)
class Process:
    """An app that the nursery started."""

    pid: int

    def poll(self) -> int | None:
        """None while it runs, as `subprocess.Popen.poll`."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 1
        return None

    def seconds(self) -> float:
        """CPU time so far: fields 14 and 15 of its `stat`, in clock ticks."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how: signal.Signals) -> None:
        """Send a signal and see it go."""
        os.kill(self.pid, how)
        while self.poll() is None:
            time.sleep(0.01)


@contextmanager
def database(kind: str, folder: Path):
    """The URL of a database of a kind, with all that makes it durable."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'votes.sqlite3'}"
    else:
        with postgres_server() as url:
            yield url


@contextmanager
def stand(kind: str, folder: Path, processes: int | None = None):
    """A running stand on a database of a kind."""
    with database(kind, folder) as url:
        standing = Stand(folder, url, processes or {"sqlite": 1, "postgresql": 2}[kind])
        try:
            yield standing
        finally:
            standing.close()


def made(line: Line, rude: bool = False) -> list[Listener]:
    """Listeners who have yet to begin."""
    until = time.monotonic() + GIVE_UP_SECONDS
    return [Listener(line, seed, 1.0, rude, PAUSE_SECONDS, until) for seed in range(LISTENERS)]


def crowd(listeners: list[Listener]) -> None:
    """Let them begin together and go on to the end."""
    with ThreadPoolExecutor(len(listeners)) as pool:
        list(pool.map(Listener.run, listeners))


@contextmanager
def watched(line: Line):
    """Somebody downloads the results every few seconds meanwhile, from one process after the other."""
    over, seen = threading.Event(), []

    def watch():
        while not over.wait(WATCH_SECONDS):
            for url in line.urls:
                begun = time.perf_counter()
                status = httpx.get(f"{url}/results/results.csv", timeout=60, trust_env=False).status_code
                seen.append((status, time.perf_counter() - begun))

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(watch)
        yield seen
        over.set()
        watching.result()


def check(url: str, listeners: list[Listener], name: str, complete: bool = True) -> list[float]:
    """Every acknowledged vote is stored once, with the values that were acknowledged; nothing is there twice."""
    store = Store(url)
    votes = [row for row in store.rows() if row["kind"] == "vote"]
    stored: dict[str, dict] = {}
    for vote in votes:
        answers = stored.setdefault(vote["vote_id"], {})
        assert vote["question"] not in answers
        answers[vote["question"]] = vote["value"]
    keys = [(vote["session_id"], vote["trial_index"], vote["question"]) for vote in votes]
    assert len(set(keys)) == len(keys)
    acknowledged = {vote_id(parse_receipt(one)): given for who in listeners for one, given in who.acknowledged.items()}
    for name_, answers in acknowledged.items():
        assert stored.get(name_) == answers
    if complete:
        assert len(acknowledged) == len(listeners) * TRIALS == len(stored)
    if url.startswith("sqlite"):
        with sa.create_engine(url).connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    latencies = sorted(seconds for listener in listeners for seconds in listener.latencies)
    p50, p95, worst = np.quantile(latencies, [0.5, 0.95, 1.0])
    retries, load = sum(listener.retries for listener in listeners), os.getloadavg()[0]
    print(
        f"\n{name}: {len(listeners)} listeners, {len(acknowledged)} trials acknowledged, {len(stored)} stored, "
        f"{retries} retries; submit p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms, worst {1000 * worst:.0f} ms; "
        f"load average {load:.1f} on {os.cpu_count()} cores",
        flush=True,
    )
    store.close()
    return latencies


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_crowd_loses_no_vote_and_waits_little(kind, tmp_path):
    with stand(kind, tmp_path) as standing:
        begun, ours, theirs = time.monotonic(), time.process_time(), standing.seconds()
        listeners = made(standing.line)
        with watched(standing.line) as seen:
            crowd(listeners)
        took = time.monotonic() - begun
        ours, theirs = time.process_time() - ours, standing.seconds() - theirs
        print(f"\n{kind}: {took:.0f} s; CPU {theirs:.0f} s of the app, {ours:.0f} s of the listeners themselves")
        slowest = max(seconds for _, seconds in seen)
        print(f"results looked at {len(seen)} times meanwhile, at worst in {1000 * slowest:.0f} ms")
        assert {status for status, _ in seen} <= {200, 404}  # 404 until the first sitting is over
        latencies = check(standing.url, listeners, f"{kind}, {len(standing.ports)} process(es)")
    assert np.quantile(latencies, 0.95) < P95_SECONDS


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_at_random_loses_no_acknowledged_vote(kind, tmp_path):
    with stand(kind, tmp_path) as standing:
        listeners = made(standing.line, rude=True)
        moments = sorted(random.sample(range(1, len(listeners) * TRIALS - len(listeners)), KILLS))
        kills = []

        def murder():
            """Kill when so many answers have been acknowledged, with others on their way."""
            while moments and time.monotonic() < listeners[0].give_up:
                if sum(len(listener.acknowledged) for listener in listeners) >= moments[0]:
                    moments.pop(0)
                    standing.kill_one()
                    kills.append(time.monotonic())
                time.sleep(0.02)

        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(murder)
            crowd(listeners)
            work.result()
        assert all(listener.view["stage"] == "done" for listener in listeners)
        check(standing.url, listeners, f"{kind}, {len(standing.ports)} process(es), killed {len(kills)} times")
        assert len(kills) == KILLS


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 5 MB that can grow; mounting one takes root and Linux."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.fail("mounting a small file system takes root on Linux: run this test as root there")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_full_disk_loses_no_acknowledged_vote_and_goes_on_when_there_is_room(small_disk, tmp_path):
    url = f"sqlite:///{small_disk / 'votes.sqlite3'}"
    standing = Stand(tmp_path, url, 1)
    full = threading.Event()

    def make_room():
        while not full.wait(0.5):
            if shutil.disk_usage(small_disk).free < 8192:
                full.set()
        time.sleep(10)
        while_full.append(sum(len(listener.acknowledged) for listener in listeners))
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)

    listeners = made(standing.line, rude=True)
    while_full: list[int] = []
    try:
        with ThreadPoolExecutor(1) as pool:
            room = pool.submit(make_room)
            crowd(listeners)
            full.set()
            room.result()
        assert "disk is full" in (tmp_path / "log").read_text()
        assert 0 < while_full[0] < LISTENERS * TRIALS
        check(url, listeners, f"sqlite, disk full after {while_full[0]} trials")
    finally:
        standing.close()
