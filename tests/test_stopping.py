"""A process that is told to stop: what it finishes, what it gives up, and that it is gone in time."""

import http.client
import json
import signal
import time
from pathlib import Path

import httpx
import pytest
from test_hosting import Service

from audiogan.ui import serving
from audiogan.ui.gate import AT_ONCE, CLOSING

FINISH_SECONDS, CLOSE_SECONDS, TILE_SECONDS = 2.0, 4.0, 0.5
SLOW = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
import app
from audiogan.renderer import Renderer
from audiogan.ui import serving

serving.FINISH_SECONDS, serving.CLOSE_SECONDS = {FINISH_SECONDS}, {CLOSE_SECONDS}
quick = Renderer._compute_tile

def slow(*arguments):
    time.sleep({TILE_SECONDS})
    return quick(*arguments)

Renderer._compute_tile = slow
sys.exit(app.main())
"""

LAST_VOTES = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
import app
from audiogan.listening import hub_sync
from audiogan.ui import serving

class Sync:
    hurry = lambda self: print("hurry", flush=True)
    close = lambda self: print("close", flush=True)

stop = serving.stop
serving.stop = lambda app: (print("stop", flush=True), stop(app))
hub_sync.start = lambda store: Sync()
sys.exit(app.main())
"""


def ask(service: Service, count: int) -> list[http.client.HTTPConnection]:
    """Requests for 32 sounds each, sent on connections that the server has accepted."""
    body = {"fn_name": "answer", "component_id": service.components["play"], "session_hash": "t"}
    lines = [http.client.HTTPConnection("127.0.0.1", service.port, timeout=60) for _ in range(count)]
    for line in lines:
        line.request("GET", "/healthz")
        line.getresponse().read()  # each connection is the server's own before it is told to stop
    for number, line in enumerate(lines):
        wanted = [{"model": "tiny", "label": "Flute", "seed": number, "index": index} for index in range(32)]
        sent = json.dumps(body | {"data": {"sounds": wanted}})
        line.request("POST", "/gradio_api/component_server", sent, {"content-type": "application/json"})
    return lines


def answer(line: http.client.HTTPConnection) -> tuple[int, dict]:
    """Status and body."""
    reply = line.getresponse()
    return reply.status, json.load(reply)


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_told_to_stop_it_finishes_what_is_under_way_and_ends_with_0(tmp_path, how):
    service = Service(tmp_path)
    lines = ask(service, 5)
    told = [answer(lines[0])]
    with httpx.stream("GET", f"{service.url}/gradio_api/heartbeat/t", timeout=60, trust_env=False):
        service.process.send_signal(how)
        told += [answer(line) for line in lines[1:]]
        assert service.process.wait(300) == 0
    assert all(body.get("sounds") if status == 200 else body == {"detail": CLOSING} for status, body in told)
    assert told[0][0] == 200
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_told_to_stop_it_gives_up_what_takes_too_long_and_is_gone_in_time(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    service = Service(tmp_path, program=str(tmp_path / "slow.py"))
    count = AT_ONCE + 4
    endless = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    endless.putrequest("POST", "/gradio_api/component_server")
    endless.putheader("content-length", "9999")
    endless.endheaders(b"{")
    asked = {"model": "tiny", "num": 64, "seed": 1}
    event = service.client.post("/gradio_api/call/v2/generate", json=asked).json()["event_id"]
    program = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    program.request("GET", f"/gradio_api/call/generate/{event}")
    lines = ask(service, count)
    time.sleep(TILE_SECONDS)
    begun = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    told = [answer(line) for line in (*lines, endless)]
    assert CLOSING in program.getresponse().read().decode()
    assert service.process.wait(300) == 0
    seconds = time.monotonic() - begun
    assert told[-1][0] == 503
    for status, body in told:
        assert body.get("sounds") if status == 200 else (status, body) == (503, {"detail": CLOSING})
    assert sum(status == 503 for status, _ in told) >= 4
    assert seconds < 0.5 * count * 4 * TILE_SECONDS  # which all of it would have taken, and more on a busy machine
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert log.count('"status": 500') == 0


def test_the_last_votes_are_sent_while_the_rest_comes_to_its_end(tmp_path):
    (tmp_path / "last_votes.py").write_text(LAST_VOTES)
    service = Service(tmp_path, program=str(tmp_path / "last_votes.py"))
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(300) == 0
    said = (tmp_path / "log").read_text().split()
    assert [word for word in said if word in ("hurry", "stop", "close")] == ["hurry", "stop", "close"]


def test_supervisors_wait_long_enough():
    assert serving.FINISH_SECONDS + 2 <= serving.CLOSE_SECONDS < 10  # `docker stop` kills after 10
