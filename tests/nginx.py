"""A real nginx in front of the tests' own app processes: `docs/nginx.conf`, unprivileged, on loopback."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from listeners import free_port

CONFIGURATION = Path(__file__).parent.parent / "docs" / "nginx.conf"
MISSING = "nginx is missing: install it (Debian: apt-get install nginx-light; macOS: brew install nginx)"
START_SECONDS = 60
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/audiogan.conf;
}}
"""


@contextmanager
def nginx(folder: Path, ports: tuple[int, int]) -> Iterator[str]:
    """The address at which the two processes are one."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.fail(MISSING)
    folder.mkdir()
    port, text = free_port(), CONFIGURATION.read_text()
    for theirs, ours in zip((7861, 7862, 8080), (*ports, port), strict=True):
        text = text.replace(f"127.0.0.1:{theirs}", f"127.0.0.1:{ours}")
    (folder / "audiogan.conf").write_text(text)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    process = subprocess.Popen(command)
    try:
        _wait(f"http://127.0.0.1:{port}", process, folder)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _wait(url: str, process: subprocess.Popen, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/healthz", timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nginx does not serve: {(folder / 'error.log').read_text()}")
