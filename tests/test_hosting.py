"""The app as a service: whether it is alive and ready, what it logs and what it keeps; `test_stopping` has its end."""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from conftest import save_tiny_checkpoint
from listeners import free_port, serve, wait_for

from audiogan.listening.store import Store, StoreError
from audiogan.ui import health
from audiogan.ui.headers import policy
from audiogan.ui.health import Health
from audiogan.ui.surface import ROUTES, template

ROOT = Path(__file__).parent.parent
SECRET_WORDS = ("Flute", "secret", "127.0.0.1", "tiny", "seed")


class Service:
    """`python app.py`, or another program, on a free port, its log in a file."""

    def __init__(self, folder: Path, program: str = "app.py", **environment: str):
        self.folder, self.port = folder, free_port()
        save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
        self.url = f"http://127.0.0.1:{self.port}"
        environment |= os.environ | {"AUDIOGAN_DATABASE_URL": f"sqlite:///{folder / 'votes.sqlite3'}"}
        environment |= {"GRADIO_TEMP_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
        with open(folder / "log", "ab") as log:
            self.process = serve(self.port, folder / "checkpoints", environment, log, program)
        wait_for(self.url, self.process)
        self.client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        self.components = {
            one["props"].get("elem_id"): one["id"] for one in self.client.get("/config").json()["components"]
        }

    def lines(self) -> list[dict]:
        """The log's lines of JSON."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines() if line.startswith("{")]

    def sounds(self, session: str = "tests", **changes) -> dict:
        """What the Play tab is answered."""
        sound = {"model": "tiny", "label": "Flute", "seed": 5, "index": 0} | changes
        body = {"data": {"sounds": [sound]}, "fn_name": "answer", "component_id": self.components["play"]}
        reply = self.client.post("/gradio_api/component_server", json=body | {"session_hash": session})
        return reply.raise_for_status().json()


def since(identifier: str, lines: list[dict]) -> list[dict]:
    """The lines from that request on: one that was answered before may be written while it is being asked."""
    return list(itertools.dropwhile(lambda line: line.get("id") != identifier, lines))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("service"))
    yield service
    service.process.kill()
    service.process.wait()


def test_it_is_alive_and_ready(service):
    assert service.client.get("/healthz").json() == {"alive": True}
    told = service.client.get("/readyz")
    assert told.status_code == 200
    assert told.headers["cache-control"] == "no-store"
    assert told.json()["ready"]
    assert told.json()["checkpoints"] == 1
    assert told.json()["database"] == "writable"
    assert told.json()["sync"] == {"status": "off", "waiting": 0, "synced_utc": ""}


def test_log_has_a_line_of_json_for_each_request_and_nothing_personal(service):
    secret = {"x-request-id": "from-nginx_7", "x-forwarded-for": "198.51.100.7", "user-agent": "secret-agent"}
    service.client.get("/healthz?secret=1", headers=secret)
    service.client.get("/gradio_api/file=/etc/secret")
    service.client.get("/secret/../secret")
    service.sounds(seed=77)
    until = time.monotonic() + 60
    while len(new := since("from-nginx_7", service.lines())) < 4 and time.monotonic() < until:
        time.sleep(0.01)  # a line is written once its answer is on its way
    assert [(line["method"], line["route"], line["status"]) for line in new] == [
        ("GET", "/healthz", 200),
        ("GET", "/gradio_api/file={path}", 404),
        ("GET", "none", 404),
        ("POST", "/gradio_api/component_server", 200),
    ]
    assert {frozenset(line) for line in new} == {frozenset(("method", "route", "status", "ms", "id"))}
    assert new[0]["id"] == "from-nginx_7"
    assert all(re.fullmatch("[0-9a-f]{16}", line["id"]) for line in new[1:])
    assert not [word for word in (*SECRET_WORDS, "198.51") if word in json.dumps(new)]


@pytest.mark.parametrize("identifier", ["x" * 65, "a b", '"}', "<b>", ""])
def test_identifier_that_could_forge_a_line_is_replaced(service, identifier):
    answered = service.client.get("/healthz", headers={"x-request-id": identifier}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{16}", answered)


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("GZIP ; q=1.000,br;q=0.000", "gzip"),
        ("gzip;q=0, *", "br"),
        ("*;q=0", None),
        ("br;q=0, gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("br;q=nan, gzip;level=9, zstd", None),
        ("", None),
    ],
)
def test_encoding_is_one_that_the_browser_takes(service, accepted, sent):
    reply = service.client.get("/", headers={"accept-encoding": accepted})
    assert reply.headers.get("content-encoding") == sent
    assert reply.text.startswith("<!doctype html>")


def test_page_comes_compressed_once_and_not_again_where_a_browser_has_it(service):
    page = service.client.get("/", headers={"accept-encoding": "br"})
    plain = service.client.get("/", headers={"accept-encoding": "identity"})
    assert page.headers["content-encoding"] == "br"
    assert page.text == plain.text
    assert int(page.headers["content-length"]) < len(plain.content) / 1.5
    again = service.client.get("/?seed=7", headers={"accept-encoding": "br", "if-none-match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]
    script = re.search(r"\./(assets/[\w-]+\.js)", plain.text)[1]
    asset = service.client.get(f"/{script}")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert service.client.get("/assets/missing.js").status_code == 404


def test_page_names_the_address_at_which_it_is_read(service):
    for host in ("a.example", "b.example"):
        assert f'"root":"http://{host}"' in service.client.get("/config", headers={"host": host}).text.replace(" ", "")


def test_page_below_a_path_says_so(tmp_path):
    service = Service(tmp_path, GRADIO_ROOT_PATH="/sounds")
    for path in ("/", "/config"):
        told = service.client.get(path, headers={"host": "a.example"}).text
        assert '"root":"http://a.example/sounds"' in told.replace(" ", "")
    page = service.client.get("/").text
    assert 'rel="manifest" href="./manifest.json"' in page
    icons = service.client.get("/manifest.json").json()["icons"]
    assert icons
    assert all(service.client.get(f"/{icon['src']}").status_code == 200 for icon in icons)
    assert not any(icon["src"].startswith("/") for icon in icons)
    service.process.kill()
    service.process.wait()


@pytest.mark.parametrize(("name", "given"), [("list_models", {}), ("generate", {"model": "tiny", "num": 1})])
def test_addresses_that_the_api_page_prints_answer(service, name, given):
    snippet = service.client.get("/gradio_api/info").json()["named_endpoints"][f"/{name}"]["code_snippets"]["bash"]
    asked, heard = (re.sub("^https?://[^/]+", "", url) for url in re.findall(r"https?://[^ $]+", snippet))
    event = service.client.post(asked, json=given).json()["event_id"]
    assert "event: complete" in service.client.get(f"{heard}{event}").text


def test_same_sound_again_is_the_same_answer(service):
    assert service.sounds(seed=123) == service.sounds(seed=123) != service.sounds(seed=124)


def test_quiet_log_has_no_line_for_a_request(tmp_path):
    save_tiny_checkpoint(tmp_path / "checkpoints" / "tiny", "wavegan")
    port = free_port()
    environment = os.environ | {"AUDIOGAN_DATABASE_URL": "sqlite://", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "app.py", "--port", str(port), "--checkpoints", str(tmp_path / "checkpoints")]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([*command, "--log-level", "warning"], cwd=ROOT, env=environment, stderr=log)
        wait_for(f"http://127.0.0.1:{port}", process)
        process.terminate()
        assert process.wait(300) == 0
    assert "{" not in (tmp_path / "log").read_text()


class Models:
    """A library of one."""

    names = ("one",)


class TestHealth:
    def test_database_that_takes_no_writes_is_not_ready_until_it_does(self):
        class Moody:
            broken = True

            def touch(self):
                if self.broken:
                    raise StoreError("host secret.example cannot be reached")

        now, store = [0.0], Moody()
        state = Health(Models, store, clock=lambda: now[0])
        told = asyncio.run(state.ready())
        assert told == {"ready": False, "checkpoints": 1, "database": "cannot be written", "sync": told["sync"]}
        store.broken = False
        assert not asyncio.run(state.ready())["ready"]  # remembered for a second
        now[0] = 1.5
        assert asyncio.run(state.ready())["ready"]

    def test_database_that_says_nothing_is_asked_once_and_holds_no_probe_for_long(self, monkeypatch):
        monkeypatch.setattr(health, "CHECK_SECONDS", 0.2)
        answers, asked = threading.Event(), []

        class Silent:
            def touch(self):
                asked.append(threading.current_thread())
                answers.wait(60)

        async def probe(state: Health) -> list[dict]:
            return await asyncio.gather(*(state.ready() for _ in range(100)))

        state, begun = Health(Models, Silent()), time.monotonic()
        told = [*asyncio.run(probe(state)), *asyncio.run(probe(state))]
        assert time.monotonic() - begun < 30
        assert {one["database"] for one in told} == {"cannot be written"}
        assert len(asked) == 1
        assert asked[0].daemon  # the process may end meanwhile
        answers.set()
        asked[0].join(0.3)
        assert asyncio.run(state.ready())["ready"]

    def test_touch_writes_to_a_real_database_and_fails_on_one_that_is_read_only(self, tmp_path):
        store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
        store.touch()
        store.touch()
        store.close()
        read_only = Store(f"sqlite:///file:{tmp_path / 'votes.sqlite3'}?mode=ro&uri=true")
        with pytest.raises(StoreError):
            read_only.touch()
        read_only.close()

    def test_stopping_is_not_ready(self):
        state = Health(Models, Store("sqlite://"))
        state.stopping.set()
        told = asyncio.run(state.ready())
        assert told["stopping"]
        assert not told["ready"]


def test_routes_are_told_by_their_paths():
    assert template("/") == "/"
    assert template("/assets/a/b.js") == "/assets/{path}"
    assert template("/gradio_api/call/generate") == "/gradio_api/call/{name}"
    assert template("/gradio_api/call/generate/0") == "/gradio_api/call/{name}/{event}"
    assert template("/gradio_api/queue/join/") == "/gradio_api/queue/join"
    assert template("/gradio_api/upload") is None
    assert template("/config/../etc") is None
    for spelling in ("/assets/a/../b.js", "/assets/./b.js", "/assets//b.js", "/static/img/logo.svg/", "/svelte/.."):
        assert template(spelling) is None
    assert len(ROUTES) == len(set(ROUTES))


def test_policy_names_inline_scripts_by_hash_and_allows_no_other():
    told = policy(b"<script>alert(1)</script><script src='x.js'></script><script data-x>2</script>")
    assert told.count("sha256-") == 2
    assert "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='" in told
    assert "'unsafe-inline'" not in re.search("script-src[^;]*", told)[0]
