"""A database that answers nothing: who does not need it hears sounds, who does is told so."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa
from conftest import save_tiny_checkpoint
from listeners import Line
from postgres import postgres_server
from tiny_study import CONSENT, write_study

from audiogan.listening.store import Store, patience
from audiogan.listening.study import Study
from audiogan.ui import Library, build_app, health, launch_options, rate

ENDLESS = "&options=-c%20lock_timeout%3D0%20-c%20statement_timeout%3D0"  # nothing but threads of their own helps
PROBES, BEGINNERS = 60, 130  # more than anyio's pool and Gradio's have threads


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A running app, and its database's address."""
    monkeypatch.setattr(patience, "SILENT_SECONDS", 600.0)
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.5)
    monkeypatch.setattr(rate, "SECONDS", 2.0)
    save_tiny_checkpoint(tmp_path / "checkpoints" / "tiny", "wavegan")
    with postgres_server(fsync="off") as url:
        store = Store(url + ENDLESS)
        study = Study.load(write_study(tmp_path / "study"))
        app = build_app(Library(tmp_path / "checkpoints", "cpu"), store, study)
        options = {"prevent_thread_lock": True, "quiet": True, "server_name": "127.0.0.1"}
        _, address, _ = app.launch(**options, **launch_options(app))
        yield Line(address), url
        app.close()
        store.close()


def sound(line: Line) -> str:
    """The address of a file with a sound that was not heard before."""
    base = line.urls[0]
    asked = {"model": "tiny", "label": "Flute", "seed": time.monotonic_ns() % 10**6}
    event = line.client.post(f"{base}/gradio_api/call/v2/generate", json=asked).json()["event_id"]
    told = line.client.get(f"{base}/gradio_api/call/generate/{event}").text
    return f"{base}/gradio_api/file=" + told.partition('"path": "')[2].partition('"')[0]


def test_tables_that_are_locked_stop_neither_pads_nor_files_and_are_told_of(site):
    line, url = site
    base, engine = line.urls[0], sa.create_engine(url)

    def ask(path: str) -> int | None:
        try:
            return line.client.get(f"{base}{path}", timeout=10).status_code
        except httpx.TimeoutException:
            return None

    def begin(number: int) -> dict:
        key, listener = secrets.token_hex(16), secrets.token_hex(16)
        consent = {"action": "consent", "session": key, "listener": listener, "device": "desktop", "version": CONSENT}
        return line.call(consent)

    line.component(base)
    with ThreadPoolExecutor(PROBES + BEGINNERS) as pool, engine.connect() as connection:
        connection.execute(sa.text("LOCK TABLE settings, sessions, steps, votes IN ACCESS EXCLUSIVE MODE"))
        results = [pool.submit(ask, "/results/results.csv") for _ in range(PROBES)]
        probes = list(pool.map(ask, ["/readyz"] * PROBES))
        listeners = [pool.submit(begin, number) for number in range(BEGINNERS)]
        assert line.client.get(sound(line)).content[:4] == b"RIFF"
        pad = {"sounds": [{"model": "tiny", "label": "Flute", "seed": 5, "index": 0}]}
        assert line.call(pad, "answer", "play")["sounds"]
        assert {one.result()["wait_ms"] for one in listeners} == {1000}
        assert set(probes) == {503}
        assert {one.result() for one in results} == {None}
        connection.rollback()
    engine.dispose()
    assert "view" in begin(0)
    assert line.client.get(f"{base}/results/results.csv").status_code == 404  # nobody has voted
    time.sleep(health.REMEMBERED_SECONDS)
    assert line.client.get(f"{base}/readyz").status_code == 200
