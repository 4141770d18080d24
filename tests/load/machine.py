"""All that a lecture hall runs on, and someone who looks after it as systemd would."""

import subprocess
import threading
import time
from pathlib import Path

import httpx
from hub.door import OWNER, TOKEN
from hub.server import HubServer
from postgres import Postgres
from replicas import Replicas

from audiogan.listening.hub_dataset import VARIABLE
from audiogan.ui.health import REMEMBERED_SECONDS

ROOT = Path(__file__).parents[2]
DATASET = f"{OWNER}/votes"
LOOK_SECONDS = 1.0


class Machine:
    """All the parts, and the caretaker."""

    def __init__(self, folder: Path, disk: Path, hub: HubServer):
        self.folder, self.disk, self.hub = folder, disk, hub
        (disk / "postgres").mkdir()
        self.postgres = Postgres(disk / "postgres")
        self.postgres.start()
        environment = {"AUDIOGAN_DATABASE_URL": self.postgres.url, VARIABLE: DATASET}
        environment |= {"AUDIOGAN_SECRET": "the secret of the tests", "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN}
        environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HOME": str(folder / "hub")}
        self.replicas = Replicas(disk, ROOT / "checkpoints", environment)
        self.held: set = set()  # what the caretaker leaves alone
        self.closing = threading.Event()
        self.caretaker = threading.Thread(target=self.look_after, daemon=True)
        self.caretaker.start()

    def look_after(self) -> None:
        """Start again what is not there, every second."""
        while not self.closing.wait(LOOK_SECONDS):
            if "postgres" not in self.held and not self.postgres.runs:
                self.attempt(self.postgres.start)
            for number, process in enumerate(self.replicas.processes):
                if number not in self.held and process.poll() is not None:
                    self.attempt(self.replicas.restart, number)

    def attempt(self, start, *arguments) -> None:
        try:
            start(*arguments)
        except (subprocess.CalledProcessError, RuntimeError, OSError) as error:
            print(f"caretaker: {error}", flush=True)

    def wait_until_ready(self) -> None:
        """Both replicas would take listeners."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                told = [httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False) for port in self.replicas.ports]
            except httpx.HTTPError:
                told = []
            if [one.status_code for one in told] == [200, 200]:
                return
            time.sleep(0.2)
        raise TimeoutError("the replicas are not ready")

    def says_so(self, begun: float) -> None:
        """No replica is ready; each may remember for a second that it was."""
        time.sleep(max(begun + REMEMBERED_SECONDS + 0.5 - time.monotonic(), 0))
        told = [httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False) for port in self.replicas.ports]
        assert [one.status_code for one in told] == [503, 503]

    def close(self) -> None:
        self.closing.set()
        self.caretaker.join()
        for process in self.replicas.processes:
            process.terminate()
        for process in self.replicas.processes:
            process.wait(60)
        if self.postgres.runs:
            self.postgres.stop("fast")
