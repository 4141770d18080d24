"""Requests that Gradio stumbles over: each has an answer of its own, and no trace of it is in the log."""

import socket
import time

import pytest
from test_hosting import Service

ROUTES = ("queue/join", "reset", "cancel", "run/generate", "call/generate")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("malformed"))
    yield service
    service.process.kill()
    service.process.wait()


@pytest.fixture(autouse=True)
def _no_trace(service):
    yield
    log = (service.folder / "log").read_text()
    assert "Traceback" not in log
    assert "ASGI callable" not in log  # which uvicorn writes of an answer without an end


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", ["NaN", '{"data": [NaN], "session_hash": NaN}', "[Infinity]"])
def test_numbers_that_are_none_are_refused(service, route, body):
    reply = service.client.post(f"/gradio_api/{route}", content=body, headers={"content-type": "application/json"})
    assert 400 <= reply.status_code < 500


@pytest.mark.parametrize("route", ["run/predict", "queue/join", "call/show"])
def test_value_that_a_component_refuses_is_in_neither_answer_nor_log(service, route):
    number = next(
        one["id"] for one in service.client.get("/config").json()["dependencies"] if one["api_name"] == "show"
    )
    body = {"data": ['\n{"forged": "line"}\n' + "x" * 1_900_000], "fn_index": number, "session_hash": "flood"}
    log, size = service.folder / "log", (service.folder / "log").stat().st_size
    reply = service.client.post(f"/gradio_api/{route}", json=body)
    assert len(reply.content) < 200
    if route == "run/predict":
        assert reply.status_code == 500
        assert reply.json()["error"] == "this function does not take such values"
    elif route == "queue/join":
        with service.client.stream("GET", "/gradio_api/queue/data?session_hash=flood") as told:
            heard = "".join(told.iter_text())
        assert "this function does not take such values" in heard
        assert "xxxx" not in heard
    assert service.client.get("/healthz").status_code == 200
    assert log.stat().st_size - size < 1000
    assert "forged" not in log.read_text()


def test_streams_that_are_left_end_quietly(service):
    for number in range(5):
        with socket.create_connection((service.client.base_url.host, service.client.base_url.port)) as line:
            line.sendall(f"GET /gradio_api/queue/data?session_hash={number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.1)
    assert service.client.get("/readyz").status_code == 200
    time.sleep(0.5)


def test_whoever_asks_for_several_parts_of_a_file_gets_the_whole(service):
    reply = service.client.post("/gradio_api/call/v2/generate", json={"model": "tiny", "label": "Flute", "seed": 1})
    event = service.client.get(f"/gradio_api/call/generate/{reply.json()['event_id']}").text
    address = "/gradio_api/file=" + event.partition('"path": "')[2].partition('"')[0]
    whole = service.client.get(address)
    assert whole.content[:4] == b"RIFF"
    several = service.client.get(address, headers={"range": "bytes=0-0,5-5"})
    assert (several.status_code, several.content) == (200, whole.content)
    assert service.client.get(address, headers={"range": "bytes=0-9"}).content == whole.content[:10]
