"""An app with a study, its votes, and its Rate tab in a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import save_tiny_checkpoint
from listeners import free_port, serve, wait_for
from playwright.sync_api import Page
from tiny_study import write_study

from audiogan.listening.store import Store
from audiogan.listening.study import Study

from ..rating import open_rate

DESIGN = {
    "trials": {"training": 2, "test": 4, "gold": 1, "repeat": 1},
    "modules": {"naming": 1, "preference": 1, "diversity": 1},
}
TRIALS = 2 + 4 + 1 + 1 + 3


@dataclass
class RateSite:
    """A running app with a study whose systems are none of the app's models."""

    url: str
    study: Study
    store: Store
    log: Path


@pytest.fixture(scope="package")
def rate_site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("rate"), **DESIGN) as site:
        yield site


@contextmanager
def running(folder: Path, **design) -> Iterator[RateSite]:
    """The app with a study of that design."""
    save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
    study = Study.load(write_study(folder / "study", **design))
    url, port = f"sqlite:///{folder / 'votes.sqlite3'}", free_port()
    environment = os.environ | {"AUDIOGAN_DATABASE_URL": url, "AUDIOGAN_STUDY": str(study.folder)}
    with open(folder / "log", "wb") as log:
        process = serve(port, folder / "checkpoints", environment | {"GRADIO_TEMP_DIR": str(folder)}, log)
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield RateSite(f"http://127.0.0.1:{port}/", study, Store(url), folder / "log")
        assert "Traceback" not in (folder / "log").read_text()
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def visit(chromium, rate_site):
    """Opens the Rate tab in a fresh profile, or in a given one; errors on the page fail the test."""
    contexts, complaints = [], []

    def open_tab(width=1280, height=800, address="", **options) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_rate(page, rate_site.url + address)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


def votes(site: RateSite) -> list[dict]:
    return [row for row in site.store.rows() if row["kind"] == "vote"]
