"""The app as a process of its own, and a browser that reports whatever a visitor should not have to see."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
from conftest import save_tiny_checkpoint, save_tiny_evaluation
from playwright.sync_api import Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is missing: install it (Debian: apt-get install chromium; macOS: brew install --cask chromium)"
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
EXPORT_KEY = "only the one who runs this page has it"
START_SECONDS, WAIT_MILLISECONDS = 300, 60_000
expect.set_options(timeout=WAIT_MILLISECONDS)


@dataclass(frozen=True)
class Site:
    """A running app: its address, database, checkpoints, folder of temporary files and process."""

    url: str
    database: Path
    checkpoints: Path
    folder: Path
    process: subprocess.Popen


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The app on four tiny checkpoints, an evaluation of one of them, and an empty database."""
    folder = tmp_path_factory.mktemp("site")
    for name, labels in (("tiny-one", ("Flute", "Snare_drum")), ("tiny-two", ("Cello",)), ("tiny-unlabelled", ())):
        save_tiny_checkpoint(folder / "checkpoints" / name, "wavegan", labels)
    save_tiny_checkpoint(folder / "checkpoints" / "tiny-pitched", "hybrid", ("Flute", "Snare_drum"))
    save_tiny_evaluation(folder / "checkpoints" / "evaluation", "tiny-one")
    with serving(folder, folder / "checkpoints") as site:
        yield site


@contextmanager
def serving(folder: Path, checkpoints: Path):
    """The app on a free port; what it writes goes into the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, database = f"http://127.0.0.1:{port}/", folder / "votes.sqlite3"
    environment = os.environ | {"AUDIOGAN_DATABASE_URL": f"sqlite:///{database}", "GRADIO_TEMP_DIR": str(folder)}
    environment |= {"AUDIOGAN_EXPORT_KEY": EXPORT_KEY}
    command = [sys.executable, "app.py", "--port", str(port), "--checkpoints", str(checkpoints), "--device", "cpu"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(urlsplit(url), process, folder / "log")
        yield Site(url, database, checkpoints, folder, process)
        assert "Traceback" not in (folder / "log").read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser


@contextmanager
def launched(playwright: Playwright):
    """A headless Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.fail(MISSING)
    browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, "--no-first-run"])
    yield browser
    browser.close()


def in_schemes(wide: str, narrow: str) -> pytest.MarkDecorator:
    """Run a test at 1280x800 and on a phone, each in the scheme named; in the other one if `long` is asked for."""
    sizes = (1280, 800, wide), (390, 844, narrow)
    cases = [
        pytest.param(width, height, scheme, marks=[] if scheme == now else [pytest.mark.long])
        for width, height, now in sizes
        for scheme in ("light", "dark")
    ]
    return pytest.mark.parametrize(("width", "height", "scheme"), cases)


@pytest.fixture
def visit(chromium, site):
    """Opens the page in a fresh browser profile; afterwards nothing may have failed or left this machine."""
    contexts, complaints = [], []

    def open_page(
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        path: str = "",
        script: str = "",
        touch: bool = False,
        site: Site = site,
    ) -> Page:
        """The page in a new profile; `script` runs before the page's own."""
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, color_scheme=scheme, has_touch=touch, accept_downloads=True)
        context.set_default_timeout(WAIT_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: complaints.append(request.url) if _leaves(request.url, site.url) else None)
        page.add_init_script(script)
        page.goto(site.url + path)
        expect(page.locator(".pad")).to_have_count(16)  # the first sounds are there unasked
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _leaves(url: str, home: str) -> bool:
    return not url.startswith((home, "data:", f"blob:{home}"))


def _wait(url: SplitResult, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((url.hostname, url.port), timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"app.py did not serve {url.geturl()}: {log.read_text()}")
