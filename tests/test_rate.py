"""The Rate tab over HTTP: what Gradio's own protocol lets anybody send, and what it may learn from the answers."""

import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from conftest import save_tiny_checkpoint
from listeners import Line, Listener
from sitting import secrets_of
from tiny_study import CONSENT, SECONDS, write_study

from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.ui import Library, build_app, launch_options
from audiogan.ui.limits import MAX_BODY_BYTES
from audiogan.ui.visitors import address


class Site:
    """A running app with a study."""

    def __init__(self, folder):
        save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
        self.study = Study.load(write_study(folder / "study"))
        self.store = Store(f"sqlite:///{folder / 'votes.sqlite3'}")
        self.app = build_app(Library(folder / "checkpoints", "cpu"), self.store, self.study)
        options = {"prevent_thread_lock": True, "quiet": True, "server_name": "127.0.0.1"}
        _, url, _ = self.app.launch(**options, **launch_options(self.app))
        self.line = Line(url)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.app.close()
    site.store.close()


@pytest.fixture
def listener(site):
    """Someone at the first practice trial."""
    listener = Listener(site.line, 0, SECONDS)
    consent = {"action": "consent", "listener": listener.listener, "device": "phone", "version": CONSENT}
    listener.view = listener.ask(consent)["view"]
    while listener.view["stage"] != "rating":
        listener.step()
    return listener


def votes_in(site) -> int:
    return len(list(site.store.rows()))


def test_sessions_at_once_store_each_acknowledged_vote_once(site):
    before = votes_in(site)
    with ThreadPoolExecutor(4) as pool:
        listeners = list(pool.map(lambda seed: Listener(site.line, seed, SECONDS, rude=True).run(), range(4)))
    receipts = [receipt for listener in listeners for receipt in listener.acknowledged]
    assert len(set(receipts)) == 4 * 24
    assert votes_in(site) - before == 4 * 24 * 4
    assert all(listener.view["stage"] == "done" for listener in listeners)


def test_all_that_a_session_sends_is_blind(site):
    config = site.line.client.get(f"{site.line.urls[0]}/config").text
    page = site.line.client.get(site.line.urls[0]).text
    heard: list[str] = [config, page]
    original = site.line.client.post

    def recorded(*arguments, **named):
        response = original(*arguments, **named)
        heard.append(str(response.url) + str(response.headers) + response.text)
        return response

    site.line.client.post = recorded
    try:
        listener = Listener(site.line, 5, SECONDS).run()
    finally:
        site.line.client.post = original
    assert listener.view["stage"] == "done"
    assert "secretgan" in heard[-1]  # the debrief names systems
    for secret in secrets_of(site.study):
        assert not [text for text in heard[2:-1] if secret in text]
    for secret in secrets_of(site.study) - {"anchor"}:  # a word that a page may have for other reasons
        assert not [text for text in heard[:2] if secret in text]


def test_sounds_come_in_replies_of_one_length_and_one_set_of_headers(site, listener):
    shapes = set()
    while listener.view["stage"] == "rating":
        wanted = [*listener.view["clips"], listener.view["exemplar"]]
        reply = site.line.post({"session": listener.key, "clips": wanted}, "sounds")
        headers = {name: value for name, value in reply.headers.items() if name != "date"}
        assert len(headers.pop("x-request-id")) == 16  # random
        shapes.add((len(reply.content), json.dumps(headers, sort_keys=True)))
        listener.step()
    assert len(shapes) == 1


@pytest.mark.parametrize(
    "data",
    [
        None,
        0,
        "listen",
        [],
        [[]],
        {},
        {"action": "<script>alert(1)</script>"},
        {"action": {"$gt": ""}},
        {"action": "open", "session": "' OR 1=1 --"},
        {"action": "open", "session": ["0" * 32] * 1000},
        {"action": "withdraw", "receipt": "=cmd|' /C calc'!A0"},
        {"action": "answer", "session": "0" * 32, "token": "0" * 32},
        {"action": "skip", "session": "0" * 32},
        {"action": "consent", "session": "<b>" * 11, "listener": "0" * 32, "device": "phone", "version": CONSENT},
        {"action": "consent", "session": "0" * 32, "listener": "0" * 32, "device": "<b>", "version": CONSENT},
        {"clips": ["../../../etc/passwd"]},
        {"session": "0" * 32, "clips": ["0" * 32] * 10_000},
    ],
)
@pytest.mark.parametrize("function", ["listen", "sounds"])
def test_hostile_call_is_one_sentence_and_stores_nothing(site, data, function):
    before = votes_in(site)
    told = site.line.call(data, function)
    if not (isinstance(data, dict) and data.get("action") == "open" and function == "listen"):
        assert set(told) == {"error", "wait_ms"}
    assert "<" not in json.dumps(told.get("error", ""))
    assert len(told.get("error", "")) < 300
    assert votes_in(site) == before


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "=1+1", "\x00", "\U0001f941" * 5000, "' OR 1=1 --"])
@pytest.mark.parametrize("field", ["token", "session", "answers", "plays", "listened_ms", "response_ms", "quality"])
def test_text_in_any_field_is_never_stored_or_echoed(site, listener, field, text):
    request = {"action": "answer", "session": listener.key, "token": listener.view["token"]} | listener.listen()
    before = votes_in(site)
    if field in request["answers"]:
        request["answers"][field] = text
    else:
        request[field] = text
    response = site.line.post(request)
    assert "error" in response.json()
    assert text not in response.text
    assert votes_in(site) == before


def test_forged_reordered_and_replayed_answers_store_nothing(site, listener):
    first = {"action": "answer", "session": listener.key, "token": listener.view["token"]} | listener.listen()
    before = votes_in(site)
    forged = site.line.call(first | {"token": "f" * 32})
    stolen = site.line.call(first | {"session": "e" * 32})
    assert "error" in forged
    assert "error" in stolen
    assert votes_in(site) == before
    receipt = site.line.call(first)["receipt"]
    replays = [site.line.call(first | {"answers": listener.other(first["answers"])}) for _ in range(3)]
    assert {told["receipt"] for told in replays} == {receipt}
    assert votes_in(site) == before + 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[", 400),
        (b"[" * 100_000, 400),
        (b'{"data": {}}', 400),
        (b"\xff\xfe", 400),
        (b"x" * (MAX_BODY_BYTES + 1), 413),
    ],
)
def test_body_that_is_no_call_is_refused(site, body, status):
    url = f"{site.line.urls[0]}/gradio_api/component_server"
    response = httpx.post(url, content=body, headers={"content-type": "application/json"}, trust_env=False, timeout=60)
    assert response.status_code == status


def test_endless_body_without_a_length_is_cut_off(site):
    url = f"{site.line.urls[0]}/gradio_api/component_server"
    chunks = (b"x" * 65536 for _ in range(100))
    headers = {"content-type": "application/json"}
    with contextlib.suppress(httpx.HTTPError):  # it may close the connection while we are still sending
        reply = httpx.post(url, content=chunks, headers=headers, trust_env=False, timeout=60)
        assert reply.status_code in (400, 413)
    assert site.line.call({"action": "open"})["view"]["stage"] == "consent"


@pytest.mark.parametrize(
    "changes",
    [
        {"component_id": 999_999},
        {"component_id": -1},
        {"component_id": "rate"},
        {"fn_name": "__init__"},
        {"fn_name": "postprocess"},
        {"fn_name": "get_config"},
        {"fn_name": "<script>"},
        {"session_hash": None},
        {"session_hash": {"a": 1}},
    ],
)
def test_other_functions_and_components_are_out_of_reach(site, changes):
    assert site.line.post({"action": "open"}, **changes).status_code in (400, 404, 422)


def test_address_is_the_connections_own_except_behind_a_spaces_proxy(monkeypatch):
    class Request:
        headers = httpx.Headers({"X-Forwarded-For": "6.6.6.6, 192.0.2.1"})
        client = type("Client", (), {"host": "198.51.100.7"})

    monkeypatch.delenv("SPACE_ID", raising=False)
    assert address(Request) == "198.51.100.7"
    monkeypatch.setenv("SPACE_ID", "someone/audiogan")
    assert address(Request) == "192.0.2.1"


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_subscriber_of_ipv6_is_one_address(host, counted):
    request = type("Request", (), {"headers": httpx.Headers(), "client": type("Client", (), {"host": host})})
    assert address(request) == counted


def test_listening_logic_needs_no_page():
    assert "gradio" not in sys.modules["audiogan.listening.session"].__dict__
