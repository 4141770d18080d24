"""A PostgreSQL server of the tests' own: in a temporary folder, on loopback, by a user without privileges."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MISSING = (
    "PostgreSQL's server is missing: install it (Debian: apt-get install postgresql; macOS: brew install postgresql)"
)
START_SECONDS = "60"


class Postgres:
    """A server with an empty database `postgres`.

    Args:
        folder: for its files; emptied of nothing, to be removed by the caller.
        settings: for its configuration.
    """

    def __init__(self, folder: Path, **settings: str):
        self.folder, self._binaries, self._user = folder, _binaries(), _demotion(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._options = f"-h 127.0.0.1 -p {port} -k {folder} {options}"
        self.url = f"postgresql+psycopg://audiogan@127.0.0.1:{port}/postgres?connect_timeout=10"
        text = ["-U", "audiogan", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command = [self._binaries / "initdb", "-N", "-D", folder / "data", *text]
        subprocess.run(command, check=True, cwd=folder, capture_output=True, **self._user)

    def start(self) -> None:
        """Until it takes connections."""
        self._control("-o", self._options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        """`immediate` is as if the power went; `fast` ends what is under way."""
        self._control("-m", mode, "stop")

    @property
    def runs(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists()

    def _control(self, *arguments: str) -> None:
        command = [self._binaries / "pg_ctl", "-D", self.folder / "data", "-w", "-t", START_SECONDS, *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self._user)


@contextmanager
def postgres_server(**settings: str) -> Iterator[str]:
    """A running server's SQLAlchemy URL, database `postgres`; `settings` go into its configuration."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        server = Postgres(folder, **settings)
        server.start()
        try:
            yield server.url
        finally:
            if server.runs:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [*filter(None, [shutil.which("initdb")])]
    if not found:
        pytest.fail(MISSING)
    return Path(found[-1]).parent


def _demotion(folder: Path) -> dict:
    """PostgreSQL refuses to run as root: then `nobody` runs it, in a folder of its own."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
