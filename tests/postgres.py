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


@contextmanager
def postgres_server(**settings: str) -> Iterator[str]:
    """A running server's SQLAlchemy URL, database `postgres`; `settings` go into its configuration."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = _demotion(folder)
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    start = f"-h 127.0.0.1 -p {port} -k {folder} {options}"

    def control(*arguments: str) -> None:
        command = [binaries / "pg_ctl", "-D", data, "-w", "-t", START_SECONDS, *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    try:
        initialise = [
            binaries / "initdb",
            "-N",
            "-D",
            data,
            "-U",
            "audiogan",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(initialise, check=True, cwd=folder, capture_output=True, **user)
        control("-o", start, "-l", str(folder / "log"), "start")
        yield f"postgresql+psycopg://audiogan@127.0.0.1:{port}/postgres?connect_timeout=10"
        control("-m", "immediate", "stop")
    finally:
        if (data / "postmaster.pid").exists():
            control("-m", "immediate", "stop")
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
