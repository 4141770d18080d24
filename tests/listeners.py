"""Listeners that are programs: they speak Gradio's own protocol over HTTP, and keep what was acknowledged."""

import random
import secrets
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field

import httpx
from tiny_study import CONSENT

PAGE_SECONDS = 30


def plain_client(**options) -> httpx.Client:
    """A client without certificates: nobody speaks TLS here, and reading them takes 30 ms."""
    return httpx.Client(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **options)


class Line:
    """The tabs of a running app, as their page calls them.

    Args:
        urls: of the processes that serve it; each call goes to one of them.
        headers: of every request.
    """

    def __init__(self, *urls: str, headers: dict[str, str] | None = None):
        self.urls, self.session = [url.rstrip("/") for url in urls], secrets.token_hex(6)
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self.client = plain_client(timeout=PAGE_SECONDS, limits=limits, headers=headers)
        self._components: dict[str, dict[str, int]] = {}

    def component(self, url: str, tab: str = "rate") -> int:
        """The number under which a process knows a tab."""
        if url not in self._components:
            config = self.client.get(f"{url}/config").json()
            self._components[url] = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
        return self._components[url][tab]

    def post(self, data, function: str = "listen", tab: str = "rate", **changes) -> httpx.Response:
        """One call; `changes` are to the body around the data."""
        url = random.choice(self.urls)
        body = {"data": data, "fn_name": function, "component_id": self.component(url, tab)}
        body["session_hash"] = self.session
        return self.client.post(f"{url}/gradio_api/component_server", json=body | changes)

    def call(self, data, function: str = "listen", tab: str = "rate") -> dict:
        """One call's answer."""
        response = self.post(data, function, tab)
        response.raise_for_status()
        return response.json()


@dataclass
class Listener:
    """Someone who goes through a whole session, sending each answer until it is acknowledged.

    Attributes:
        rude: also sends answers twice, old ones again and later ones too early.
        pause: seconds to think over an answer, at most.
        acknowledged: receipts with the values that they stand for.
        latencies: of each acknowledged submission, seconds.
        give_up: when to stop, `time.monotonic`.
    """

    line: Line
    seed: int
    seconds: float
    rude: bool = False
    pause: float = 0.0
    give_up: float = float("inf")
    acknowledged: dict[str, dict] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    retries: int = 0
    view: dict = field(default_factory=dict)

    def __post_init__(self):
        self.key, self.listener = secrets.token_hex(16), secrets.token_hex(16)
        self.random = random.Random(self.seed)
        self.old: list[dict] = []

    def run(self) -> "Listener":
        """Go through the session."""
        self.begin()
        while self.view["stage"] not in ("done", "withdrawn") and time.monotonic() < self.give_up:
            self.step()
        return self

    def begin(self) -> None:
        """Agree to take part."""
        consent = {"action": "consent", "listener": self.listener, "device": "desktop", "version": CONSENT}
        self.view = self.ask(consent)["view"]

    def step(self) -> None:
        """Finish the step that is open."""
        request = {"action": "answer", "token": self.view["token"]}
        if self.view["stage"] == "headphones":
            request["choices"] = None
        elif self.view["stage"] != "level":
            request |= self.listen()
        self.submit(request)

    def listen(self) -> dict:
        """Fetch and hear the trial's sounds, and think."""
        clips = [*self.view["clips"], *filter(None, [self.view["exemplar"]])]
        self.ask({"clips": clips}, "sounds")
        heard = self.seconds * len(self.view["clips"])
        time.sleep(heard + 0.05 + self.pause * self.random.random())
        answers = {one["name"]: self.random.choice(one["choices"])["value"] for one in self.view["questions"]}
        return {"answers": answers, "plays": 1, "listened_ms": round(1000 * heard) + 1, "response_ms": 800}

    def submit(self, request: dict) -> None:
        """Send an answer until it is acknowledged; the rude do more."""
        if self.rude and self.random.random() < 0.3:
            self.provoke(request)
        begun = time.perf_counter()
        told = self.ask(request)
        if "answers" in request:
            self.latencies.append(time.perf_counter() - begun)
            self.acknowledge(told, request)
        if self.rude and self.random.random() < 0.3:
            again = self.ask(request | ({"answers": self.other(request["answers"])} if "answers" in request else {}))
            assert again["repeated"]
            assert again.get("receipt") == told.get("receipt")
        self.old.append(request)
        self.view = told["view"]

    def acknowledge(self, told: dict, request: dict) -> None:
        """Remember a receipt. After a lost reply the first of several submissions is the one that counts."""
        assert told["receipt"] not in self.acknowledged
        self.acknowledged[told["receipt"]] = request["answers"]

    def provoke(self, request: dict) -> None:
        """An old answer again, and a token that nobody issued: neither may count."""
        if self.old:
            assert self.ask(self.random.choice(self.old))["repeated"]
        told = self.line_call({"session": self.key} | request | {"token": secrets.token_hex(16)}, "listen")
        assert told is None or "receipt" not in told

    def other(self, answers: dict) -> dict:
        return {name: (value % 5 + 1 if isinstance(value, int) else value) for name, value in answers.items()}

    def ask(self, request: dict, function: str = "listen") -> dict:
        """Call until there is an answer, as the page does."""
        while time.monotonic() < self.give_up:
            told = self.line_call({"session": self.key} | request, function)
            if told is not None and "error" not in told:
                return told
            if told is not None and told["wait_ms"] is None:
                raise AssertionError(told["error"])
            self.retries += 1
            time.sleep(min(told["wait_ms"] / 1000, 1) if told else 0.3 + 0.4 * self.random.random())
        raise TimeoutError("the app did not answer in time")

    def line_call(self, request: dict, function: str) -> dict | None:
        """One call, None where no sensible answer came."""
        try:
            return self.line.call(request, function)
        except (httpx.HTTPError, ValueError):
            return None


def serve(port: int, checkpoints, environment: dict, log, program: str = "app.py") -> subprocess.Popen:
    """An app process of its own."""
    command = [sys.executable, program, "--port", str(port), "--checkpoints", str(checkpoints), "--device", "cpu"]
    return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)


def wait_for(url: str, process: subprocess.Popen, seconds: float = 600) -> None:
    """Until the app answers.

    Raises:
        RuntimeError: it ended, or took too long.
    """
    until = time.monotonic() + seconds
    with plain_client(timeout=5) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                client.get(f"{url}/config").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return
    raise RuntimeError(f"the app did not serve {url}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
