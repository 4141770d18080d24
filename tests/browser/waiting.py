"""For tests on a machine that may be busy: wait for what they need to have happened, and let nothing go meanwhile."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

SECONDS = 60
WAIT_MS = 600_000  # what a busy server asks for, longer than any stall: the page's clock is put forward instead
STANDING = """  // toasts stand twenty times as long: as long as a test needs to read them and to press what is on them
const later = setTimeout;
globalThis.setTimeout = (act, wait, ...rest) => later(act, wait > 3000 ? 20 * wait : wait, ...rest);
"""


def wait_until(page: Page, reached: Callable[[], bool]) -> None:
    """Let the page go on until something has happened here, where its requests are held."""
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(20)
