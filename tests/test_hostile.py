"""A hostile client: all that Gradio's routes would let anybody try. Refused, nothing leaks, the others play on."""

import itertools
import json
import socket
import threading
import time
from contextlib import ExitStack, suppress
from urllib.parse import quote

import httpx
import pytest
from test_hosting import Service

MARKUP = "<img src=x onerror=alert(1)>"
TARGET = "/etc/passwd"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("hostile"))
    yield service
    service.process.kill()
    service.process.wait()


@pytest.fixture(autouse=True)
def _others_play_on(service):
    """Whatever a test did, the next visitor hears sounds, and the process had no accident."""
    yield
    now = time.monotonic_ns()  # somebody new each time: one visitor may not ask as often as there are tests
    assert "sounds" in service.sounds(session=f"visitor {now}", seed=now % 10**6)
    assert service.client.get("/readyz").status_code == 200
    assert "root:" not in (service.folder / "log").read_text()


def innocent(reply: httpx.Response) -> bool:
    """Whether an answer gives nothing away: no file, no path, no trace."""
    leaks = ("root:x:", "Traceback", "site-packages", "votes.sqlite3", "safetensors")
    return not [leak for leak in leaks if leak in reply.text]


@pytest.mark.parametrize(
    "route", ["/gradio_api/file=", "/gradio_api/file/", "/static/", "/assets/", "/svelte/", "/", "/results/", "/votes/"]
)
@pytest.mark.parametrize(
    "path",
    [
        TARGET,
        "../../../../../../../../etc/passwd",
        "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "....//....//....//etc/passwd",
        "..\\..\\..\\etc\\passwd",
        "/proc/self/environ",
        "/etc/passwd%00.wav",
        "file:///etc/passwd",
        "http://127.0.0.1:1/x.wav",
        "https://example.com/x.wav",
        "//example.com/x.wav",
        "{folder}/votes.sqlite3",
        "{folder}/checkpoints/tiny/model.safetensors",
        "{folder}/cache/../votes.sqlite3",
        "{folder}/cache",
    ],
)
def test_no_path_and_no_url_is_opened(service, route, path):
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as line:  # httpx would tidy the path
        asked = f"GET {route}{path.format(folder=service.folder)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        line.sendall(asked.encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split()[1] in (b"400", b"403", b"404")
    assert b"root:x:" not in answer
    assert b"SQLite" not in answer


def test_link_that_leaves_the_folder_of_sounds_is_not_followed(service):
    folder = service.folder / "cache"
    folder.mkdir(exist_ok=True)
    (folder / "link.wav").symlink_to(service.folder / "votes.sqlite3")
    assert service.client.get(f"/gradio_api/file={folder / 'link.wav'}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/proxy=https://someone.hf.space/"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=1"),
        ("POST", "/gradio_api/stream/1"),
        ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/deep_link?session_hash=1"),
        ("GET", "/gradio_api/custom_component/a/client/component/x.js"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/vibe-code"),
        ("POST", "/gradio_api/vibe-edit"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/votes/votes.csv"),
        ("POST", "/votes/votes.csv"),  # nobody set a key
        ("POST", "/results/results.csv"),
        ("GET", "/gradio_api/token"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
        ("GET", "/dev/reload"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("DELETE", "/"),
        ("PUT", "/config"),
        ("TRACE", "/"),
    ],
)
def test_doors_that_nobody_needs_are_closed(service, method, path):
    reply = service.client.request(method, path)
    assert reply.status_code == 404
    assert innocent(reply)


def test_uploads_are_refused_wherever_they_knock(service):
    files = {"files": ("x.wav", b"RIFF" + b"x" * 1000)}
    for path in ("/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/run/x"):
        assert service.client.post(path, files=files).status_code in (404, 415)


def test_upload_whose_second_content_type_is_another_is_refused(service):
    """Of a header that came twice Gradio reads the first."""
    sent = [("content-type", "multipart/form-data; boundary=x"), ("content-type", "application/json")]
    for path in ("/gradio_api/component_server", "/gradio_api/queue/join"):
        reply = service.client.post(path, headers=sent, content=b"--x--\r\n")
        assert reply.status_code == 415
        assert innocent(reply)


def test_100_mb_are_refused_before_they_are_read(service):
    called = ("/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/call/generate")
    for path in (*called, "/votes/votes.csv"):
        with socket.create_connection(("127.0.0.1", service.port), timeout=30) as line:
            line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n".encode())
            assert line.recv(65536).split()[1] == b"413"


@pytest.mark.parametrize("number", range(12))
@pytest.mark.parametrize("data", [[], [MARKUP] * 8, [{"path": TARGET, "meta": {"_type": "gradio.FileData"}}] * 6, None])
def test_private_endpoints_called_by_number_give_nothing_away(service, number, data):
    body = {"data": data, "fn_index": number, "session_hash": "forged", "event_data": {"path": TARGET}}
    for path in ("/gradio_api/run/predict", "/gradio_api/queue/join"):
        reply = service.client.post(path, json=body)
        assert innocent(reply)
        assert reply.headers["content-type"] == "application/json"  # what it repeats of a request is never a page


def test_page_may_not_hand_a_file_to_an_endpoint(service):
    for model in ({"path": TARGET, "meta": {"_type": "gradio.FileData"}}, {"url": "http://127.0.0.1:1/"}, TARGET):
        asked = service.client.post("/gradio_api/call/generate", json={"data": [model, 1, 0, None, None, 1.0]})
        if asked.status_code != 200:
            assert innocent(asked)
            continue
        told = service.client.get(f"/gradio_api/call/generate/{asked.json()['event_id']}")
        assert "event: error" in told.text
        assert innocent(told)


@pytest.mark.parametrize("forged", ["0" * 32, "../../x", MARKUP, "' OR 1=1 --", "x" * 10_000])
def test_forged_sessions_and_events_are_told_nothing(service, forged):
    client, quoted = service.client, quote(forged, safe="")
    for path in (f"/gradio_api/queue/data?session_hash={quoted}", f"/gradio_api/call/generate/{quoted}"):
        heard = ""
        with suppress(httpx.RemoteProtocolError), client.stream("GET", path) as reply:  # Gradio breaks off in its words
            for part in reply.iter_text():
                heard += part
        assert not [word for word in ("process_completed", "event: complete", "root:x:", "Traceback") if word in heard]
    cancelled = client.post("/gradio_api/cancel", json={"session_hash": forged, "fn_index": 0, "event_id": forged})
    assert innocent(cancelled)


@pytest.mark.parametrize("path", ["component_server", "run/generate", "call/generate", "queue/join"])
def test_long_session_id_is_refused_before_it_is_remembered(service, path):
    body = {"data": [], "fn_index": 0, "fn_name": "line", "component_id": service.components["play"]}
    reply = service.client.post(f"/gradio_api/{path}", json=body | {"session_hash": "x" * 65})
    assert reply.status_code == 400
    assert "at most 64 characters" in reply.text


def test_ticket_that_nobody_holds_has_no_place_in_line(service):
    body = {"data": "made up", "fn_name": "line", "component_id": service.components["play"], "session_hash": "x" * 64}
    assert service.client.post("/gradio_api/component_server", json=body).json() == {"place": None}


@pytest.mark.parametrize("component", [-1, 0, 1, 10**9, "play", None, [1], 1.5])
@pytest.mark.parametrize("function", ["answer", "__init__", "postprocess", "get_config", "__class__", MARKUP])
def test_functions_and_components_that_are_not_the_pages_are_out_of_reach(service, component, function):
    body = {"data": {}, "fn_name": function, "component_id": component, "session_hash": "forged"}
    reply = service.client.post("/gradio_api/component_server", json=body)
    assert reply.status_code in (400, 404, 422)
    assert innocent(reply)


@pytest.mark.parametrize("field", ["model", "label", "seed", "index", "z", "vary", "pitch", "truncation"])
@pytest.mark.parametrize("value", [MARKUP, "../" * 50, {"$gt": ""}, [[[]]], 1e400, "\x00", "x" * 100_000])
def test_whatever_a_sound_is_asked_for_with_is_one_sentence(service, field, value):
    body = {"fn_name": "answer", "component_id": service.components["play"], "session_hash": MARKUP}
    sound = {"model": "tiny", "label": "Flute", "seed": 5, "index": 0, field: value}
    sent = json.dumps(body | {"data": {"sounds": [sound]}})
    reply = service.client.post("/gradio_api/component_server", content=sent)
    assert reply.status_code in (200, 400)
    if reply.status_code == 200:
        assert set(reply.json()) == {"error"}
        assert len(reply.text) < 1000
        assert reply.headers["content-type"] == "application/json"


def test_every_answer_carries_the_headers_that_browsers_obey(service):
    for path in ("/", "/config", "/nothing", "/gradio_api/file=/etc/passwd", "/theme.css", "/healthz"):
        headers = service.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'self' https://huggingface.co" in headers["content-security-policy"]
        assert "camera=()" in headers["permissions-policy"]
        assert "script-src 'self' blob:" in headers["content-security-policy"]


@pytest.mark.parametrize(
    "forged",
    [
        [("x-gradio-server", "http://evil.example")],
        [("x-forwarded-host", "evil.example"), ("x-forwarded-host", "{own}.example")],
    ],
    ids=["gradio's", "twice"],
)
def test_no_request_says_for_others_where_the_page_lies(service, forged):
    own = f"r{time.monotonic_ns()}"  # an address at which nobody has read the page yet
    sent = [(name, value.format(own=own)) for name, value in forged]
    service.client.get("/config", headers=[("host", f"{own}.example"), *sent])
    for headers in ({}, {"x-forwarded-host": f"{own}.example"}):
        told = service.client.get("/config", headers={"host": f"{own}.example"} | headers).json()
        assert told["root"] == f"http://{own}.example"
    assert "evil.example" not in service.client.get("/gradio_api/info", headers=sent).text


@pytest.mark.parametrize("host", ["a:b", "[::1", "\x01"])
def test_address_that_is_none_is_one_sentence(service, host):
    for path in ("/", "/config"):
        reply = service.client.get(path, headers={"x-forwarded-host": host})
        assert reply.status_code == 400
        assert "X-Forwarded-Host" in reply.json()["detail"]


@pytest.mark.parametrize("name", ["generate", "nothing", "show", "answer"])
@pytest.mark.parametrize("body", [{}, {"nope": 1}, {"model": "tiny", "session_hash": MARKUP}])
def test_named_values_that_a_function_does_not_take_are_one_sentence(service, name, body):
    reply = service.client.post(f"/gradio_api/call/v2/{name}", json=body)
    assert reply.status_code == (422 if name == "generate" else 404)
    assert innocent(reply)
    assert isinstance(reply.json()["detail"], str)


def test_thousand_connections_that_say_nothing_or_drip_leave_room_for_others(service):
    with ExitStack() as held:
        lines = [
            held.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=30)) for _ in range(1000)
        ]
        for number, line in enumerate(lines):
            if number % 3 == 1:
                line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            elif number % 3 == 2:
                line.sendall(b"POST /gradio_api/component_server HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n{")
        for seed in range(5):
            assert service.sounds(seed=9000 + seed)["sounds"]
        silent = lines[0::3]
        until = time.monotonic() + 60
        silent[0].settimeout(60)
        assert silent[0].recv(1) == b""  # whoever says nothing is shown out
        assert time.monotonic() < until


def test_flood_from_one_page_is_told_to_wait_and_others_are_served(service):
    component, told, until = service.components["play"], [], time.monotonic() + 300

    def flood(start: int):
        with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client:
            for seed in itertools.count(start):
                if seed >= start + 60 and (any("busy" in one for one in told) or time.monotonic() > until):
                    break  # on a busy machine a page is allowed more before it has asked as often as that
                number = min(seed, start + 60)  # and then the same, which is answered from memory: faster than allowed
                wanted = {"sounds": [{"model": "tiny", "label": "Flute", "seed": 5, "index": 0, "n": number}]}
                body = {"data": wanted, "fn_name": "answer", "component_id": component, "session_hash": "flood"}
                told.append(client.post("/gradio_api/component_server", json=body).json())

    threads = [threading.Thread(target=flood, args=(10**6 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    assert service.sounds(seed=4242)["sounds"]
    for thread in threads:
        thread.join()
    refused = [one for one in told if "sounds" not in one]
    assert refused
    assert all(one["busy"] and one["wait_ms"] > 0 for one in refused)
