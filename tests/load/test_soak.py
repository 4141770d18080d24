"""Two hundred listeners for ten minutes on one process, as it ships: `make soak` prints what they met with.

SOAK_LISTENERS and SOAK_SECONDS bound it; `hall` says what a listener does.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import pytest
from browser.conftest import launched
from hall import MODEL, RATE_SECONDS, Diary, Guest, Popular
from listeners import free_port, serve, wait_for
from playwright.sync_api import sync_playwright

from audiogan.listening.store import Store
from audiogan.listening.tokens import parse_receipt, vote_id

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
LISTENERS = int(os.environ.get("SOAK_LISTENERS", "200"))
SECONDS = int(os.environ.get("SOAK_SECONDS", "600"))
RAMP_SECONDS = min(30.0, SECONDS / 2)
CACHED_P95_SECONDS, FRESH_P95_SECONDS, FLAT_MIB, MAX_FILES, MAX_FILES_MIB = 0.3, 3.0, 100, 5000, 300
TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """`python app.py` on the shipped models and the shipped study; whatever it writes is below one folder."""

    def __init__(self, folder: Path):
        self.folder, self.url = folder, f"http://127.0.0.1:{free_port()}"
        self.database, self.temporary = f"sqlite:///{folder / 'votes.sqlite3'}", folder / "temporary"
        self.temporary.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AUDIOGAN_", "OMP_"))}
        environment |= {"AUDIOGAN_DATABASE_URL": self.database, "TMPDIR": str(self.temporary)}
        with open(folder / "log", "ab") as log:
            port = int(self.url.rpartition(":")[2])
            self.process = serve(port, ROOT / "checkpoints", environment | {"PYTHONPATH": str(ROOT)}, log)
        wait_for(self.url, self.process)

    def resident_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def files(self) -> tuple[int, float]:
        """How many temporary files there are, and their MiB."""
        sizes = [size for path in self.temporary.rglob("*") if (size := _size(path)) is not None]
        return len(sizes), sum(sizes) / 2**20


def _size(path: Path) -> int | None:
    """A file's bytes; None for a folder, and for what was deleted meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("soak"))
    yield server
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(30) == 0


def visited(url: str) -> list[str]:
    """What a browser fetches to show the page."""
    paths = []
    with sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.on("request", lambda request: paths.append((request.method, request.url.removeprefix(url))))
        page.goto(url)
        page.wait_for_selector(".pad")
        page.wait_for_timeout(3000)
    return [path for method, path in paths if method == "GET" and path.startswith("/") and "heartbeat" not in path]


def come(server: Server) -> tuple[list[Guest], Diary, list[tuple]]:
    """Everyone comes within the ramp, stays for `SECONDS` and goes. Meanwhile memory and files are looked at."""
    paths, diary, popular = visited(server.url), Diary(), Popular()
    listed = {one["name"]: one["labels"] for one in models(server.url)}
    begun = time.monotonic()
    end = begun + RAMP_SECONDS + SECONDS
    guests = [
        Guest(server.url, paths, listed[MODEL], number, begun + RAMP_SECONDS * random.random(), end, diary, popular)
        for number in range(LISTENERS)
    ]
    threads = [threading.Thread(target=guest.run) for guest in guests]
    for thread in threads:
        thread.start()
    looks = []
    while time.monotonic() < end:
        looks.append((time.monotonic() - begun, server.resident_mib(), *server.files()))
        time.sleep(2)
    for thread in threads:
        thread.join()
    return guests, diary, looks


def models(url: str) -> list[dict]:
    config = httpx.get(f"{url}/config", trust_env=False).json()
    return next(one for one in config["components"] if one["props"].get("elem_id") == "play")["props"]["props"][
        "models"
    ]


def test_a_lecture_hall_for_ten_minutes(server):
    begun, own, cpu, all_cpu = time.monotonic(), time.process_time(), server.cpu_seconds(), busy_seconds()
    guests, diary, looks = come(server)
    took = time.monotonic() - begun
    print(f"\n{LISTENERS} listeners for {SECONDS} s after a ramp of {RAMP_SECONDS:.0f} s, {os.cpu_count()} cores")
    server_cores, own_cores = (server.cpu_seconds() - cpu) / took, (time.process_time() - own) / took
    others = (busy_seconds() - all_cpu) / took - server_cores - own_cores
    print(f"CPU: server {server_cores:.2f} cores, listeners {own_cores:.2f}, everybody else's {others:.2f}")
    spread, files, mib = tell(guests, diary, looks)
    assert diary.errors == []
    assert sum(guest.rater.retries for guest in guests) == 0
    stored = votes(server.database)
    assert stored == acknowledgements(guests)
    assert len(stored) > LISTENERS * (SECONDS / RATE_SECONDS - 3)
    for where in ("alone", "hall"):  # nobody waits because others share their address, or because theirs is shared
        assert np.quantile(diary.seconds[f"cached sample, {where}"], 0.95) < CACHED_P95_SECONDS
        assert np.quantile(diary.seconds[f"fresh sample, {where}"], 0.95) < FRESH_P95_SECONDS
    assert spread < FLAT_MIB
    assert files < MAX_FILES
    assert mib < MAX_FILES_MIB


def tell(guests: list[Guest], diary: Diary, looks: list[tuple]) -> tuple[float, int, float]:
    """Print it all; within how many MiB memory stayed over the second half, most temporary files, and their MiB."""
    for kind, seconds in sorted(diary.seconds.items()):
        print(f"{kind}: {len(seconds)}, {quantiles(seconds)}")
    acknowledged, retries = acknowledgements(guests), sum(guest.rater.retries for guest in guests)
    print(f"trials: {len(acknowledged)} acknowledged, {retries} requests sent again, ", end="")
    print(quantiles([one for guest in guests for one in guest.rater.latencies]))
    half = [resident for seconds, resident, *_ in looks if seconds > looks[-1][0] / 2]
    spread, files, mib = max(half) - min(half), max(look[2] for look in looks), max(look[3] for look in looks)
    print(f"memory: {looks[0][1]:.0f} MiB, at the end {half[-1]:.0f}, over the second half within {spread:.0f}")
    print(f"temporary files: at most {files}, {mib:.0f} MiB; at the end {looks[-1][2]}")
    print(
        f"told their place in line: {sum(diary.busy.values())} times; errors: {Counter(it for _, it in diary.errors)}"
    )
    return spread, files, mib


def busy_seconds() -> float:
    """What all processes of the machine have had of its cores."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / TICKS


def quantiles(seconds: list[float]) -> str:
    middle, late, worst = np.quantile(seconds, [0.5, 0.95, 1.0])
    return f"p50 {1000 * middle:.0f} ms, p95 {1000 * late:.0f} ms, worst {1000 * worst:.0f} ms"


def votes(database: str) -> dict[str, dict]:
    """Answers by vote."""
    store, stored = Store(database), {}
    for vote in store.rows():
        stored.setdefault(vote["vote_id"], {})[vote["question"]] = vote["value"]
    store.close()
    return stored


def acknowledgements(guests: list[Guest]) -> dict[str, dict]:
    """Answers by the vote that their receipt names."""
    return {vote_id(parse_receipt(one)): given for it in guests for one, given in it.rater.acknowledged.items()}
