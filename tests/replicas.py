"""Two app processes, each of which may be killed and started again; what both write is below one folder."""

import os
import signal
import subprocess
from pathlib import Path

from listeners import free_port, serve, wait_for

ROOT = Path(__file__).parent.parent


class Replicas:
    """They run at once.

    Args:
        folder: for their logs and temporary files.
        checkpoints: the models that both serve.
        environment: variables of both; none of ours is taken over from this process.
    """

    def __init__(self, folder: Path, checkpoints: Path, environment: dict[str, str]):
        self.folder, self.checkpoints = folder, checkpoints
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOGAN_")}
        self.environment = clean | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)} | environment
        self.ports = free_port(), free_port()
        self.processes = [self.begin(number) for number in range(2)]
        for number in range(2):
            self.wait(number)

    def begin(self, number: int) -> subprocess.Popen:
        """Start a process."""
        temporary = self.folder / f"temporary-{number}"
        temporary.mkdir(exist_ok=True)
        with open(self.folder / f"log-{number}", "ab") as log:
            return serve(self.ports[number], self.checkpoints, self.environment | {"TMPDIR": str(temporary)}, log)

    def wait(self, number: int) -> None:
        """Until a process serves."""
        wait_for(f"http://127.0.0.1:{self.ports[number]}", self.processes[number])

    def kill(self, number: int) -> None:
        """`kill -9`."""
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()

    def restart(self, number: int) -> None:
        """Start one that was killed."""
        self.processes[number] = self.begin(number)
        self.wait(number)
