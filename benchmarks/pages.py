"""Two pages in separate processes, ours and a plain one, and the requests that a browser would make."""

import base64
import contextlib
import json
import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from audiogan import checkpoint
from benchmarks.generate import INSTRUMENT

ROOT = Path(__file__).parent.parent
SOUNDS, AT_ONCE = 16, 6  # connections that a browser opens to one server
START_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 600, 120, 30
API = "/gradio_api"
NAMED = re.compile(r'<(?:script|link)\b[^>]*\b(?:src|href)="\.?(/[^"]+\.(?:js|css))"')


class Page(ABC):
    """A page that is served at `url`, as a plain HTTP client sees it: nothing is cached, drawn or run.

    Args:
        url: without a slash at its end.
        model: a checkpoint's name.
    """

    def __init__(self, url: str, model: str):
        self.url, self.model, self.session = url, model, secrets.token_hex(6)
        self.client = _client(url)

    def open(self) -> int:
        """Fetch the document over a new connection, then the scripts and styles that it names; bytes as they came."""
        with _client(self.url) as client, ThreadPoolExecutor(AT_ONCE) as pool:
            document = client.get("/").raise_for_status()
            replies = [document, *pool.map(client.get, NAMED.findall(document.text))]
        return sum(reply.raise_for_status().num_bytes_downloaded for reply in replies)

    @abstractmethod
    def sounds(self, seed: int) -> tuple[list[bytes], int]:
        """Clips 0 to 15 of a seed, each drawing its own label, and the number of bytes received for them."""


class OurPage(Page):
    """`app.py`: the Play tab's own call."""

    def __init__(self, url: str, model: str):
        super().__init__(url, model)
        components = self.client.get("/config").raise_for_status().json()["components"]
        self.play = next(one["id"] for one in components if one["props"].get("elem_id") == "play")

    def sounds(self, seed: int) -> tuple[list[bytes], int]:
        """PCM16 of each clip, without the silence at its end."""
        wanted = [{"model": self.model, "seed": seed, "index": index} for index in range(SOUNDS)]
        body = {"data": {"sounds": wanted}, "fn_name": "answer", "component_id": self.play}
        reply = self.client.post(f"{API}/component_server", json=body | {"session_hash": self.session})
        told = reply.raise_for_status().json()
        if "error" in told:
            raise OSError(f"the app made no sounds: {told['error']}")
        return [base64.b64decode(one["pcm"]) for one in told["sounds"]], reply.num_bytes_downloaded


class PlainPage(Page):
    """`plain_app.py`: its button's event in the queue, then the file of each player."""

    def sounds(self, seed: int) -> tuple[list[bytes], int]:
        """A WAV file of each clip."""
        body = {"data": [seed], "fn_index": 0, "session_hash": self.session}
        self.client.post(f"{API}/queue/join", json=body).raise_for_status()
        events = self.client.stream("GET", f"{API}/queue/data", params={"session_hash": self.session})
        with events as stream, ThreadPoolExecutor(AT_ONCE) as pool:
            files = [file["url"] for file in _completed(stream)]
            replies = [reply.raise_for_status() for reply in pool.map(self.client.get, files)]
            received = stream.num_bytes_downloaded + sum(reply.num_bytes_downloaded for reply in replies)
        return [reply.content for reply in replies], received


def _completed(stream: httpx.Response) -> list[dict]:
    """An event's output, as soon as the queue reports it."""
    for line in stream.raise_for_status().iter_lines():
        told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
        if told.get("msg") == "process_completed" and told["success"]:
            return told["output"]["data"]
    raise OSError("the plain app made no sounds")


@contextlib.contextmanager
def serve(checkpoints: Path) -> Iterator[tuple[OurPage, PlainPage]]:
    """Both pages until the context ends: ours on a folder of checkpoints, the plain one on the flagship among them.

    Raises:
        ValueError: the folder holds no checkpoint.
        OSError: an app did not start.
    """
    names = [item.name for item in checkpoint.list_checkpoints(checkpoints)]
    if not names:
        raise ValueError(f"checkpoint folder {checkpoints} holds no checkpoint")
    name = INSTRUMENT if INSTRUMENT in names else names[0]
    ports = _free_ports(2)
    ours = ["app.py", "--host", "127.0.0.1", "--port", str(ports[0]), "--checkpoints", str(checkpoints.resolve())]
    plain = ["benchmarks/plain_app.py", str((checkpoints / name).resolve()), str(ports[1])]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        processes = [stack.enter_context(started(command, scratch)) for command in (ours, plain)]
        for url, process in zip(urls, processes, strict=True):
            wait_for(url, process, scratch)
        pages = OurPage(urls[0], name), PlainPage(urls[1], name)
        for page in pages:
            stack.enter_context(contextlib.closing(page.client))
        yield pages


@contextlib.contextmanager
def started(command: list[str], scratch: Path) -> Iterator[subprocess.Popen]:
    """Run a script in a clean environment: no votes, study or Hub of ours. Its output goes to a log in `scratch`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUDIOGAN_", "GRADIO_"))}
    kept |= {"AUDIOGAN_DATABASE_URL": f"sqlite:///{scratch / 'votes.sqlite3'}", "PYTHONPATH": str(ROOT)}
    kept |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(scratch / "files")}
    with open(_log(scratch, command), "wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=kept, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _log(scratch: Path, command: list[str]) -> Path:
    return scratch / f"{Path(command[0]).stem}.log"


def wait_for(url: str, process: subprocess.Popen, scratch: Path) -> None:
    """Wait until a page answers.

    Raises:
        OSError: its script ended or took too long; quotes its last line.
    """
    until = time.monotonic() + START_SECONDS
    with _client(url) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                client.get("/config").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return
    said = _log(scratch, process.args[1:]).read_text(errors="replace").strip().splitlines() or ["nothing"]
    raise OSError(f"{process.args[1]} did not start; its last line: {said[-1]}")


def _client(url: str) -> httpx.Client:
    """A client that accepts browsers' encodings and, with no TLS here, saves the 30 ms of loading certificates."""
    return httpx.Client(
        base_url=url,
        timeout=ANSWER_SECONDS,
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        headers={"accept-encoding": "gzip, deflate, br"},
    )


def _free_ports(count: int) -> list[int]:
    """Ports that are free."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
