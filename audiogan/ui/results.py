"""Results: what the listeners said so far."""

import html
import threading
import time
from collections.abc import Callable

import gradio as gr

from audiogan.listening.hub_sync import sync_state
from audiogan.listening.records import by_study, records
from audiogan.listening.session import PENDING_MS
from audiogan.listening.store import Store, place
from audiogan.listening.study import Study
from audiogan.ui import findings
from audiogan.ui.fields import AT_ONCE
from audiogan.ui.scripts import mounting
from audiogan.ui.toasts import toasts

FRESH_SECONDS = 5.0
COUNTING = '<p class="empty" role="status">Counting the votes…</p>'
REST = 20  # times as long as the last calculation took: at most a twentieth of one core
METHOD = """
Each number is the mean of listeners' means, one listener, one voice, with a 95 % interval that counts both that
listeners differ and that clips differ. `python -m audiogan ratings stats` prints the rest, `ratings export` writes
every vote.
"""


class Results:
    """One study's results, calculated at most every few seconds however many look at them.

    A sitting counts once it has ended, or was given up: else whoever sits could tell from what changes here which
    system they have just heard.

    Args:
        store: the votes.
        study: whose; None takes the one with most votes.
        clock: seconds; only differences count.
    """

    def __init__(self, store: Store, study: Study | None = None, clock: Callable[[], float] = time.monotonic):
        self._store, self._study, self._clock = store, study, clock
        self._busy = threading.Lock()
        self._until, self._results, self._pages = -1.0, None, {}

    def page(self, block: str) -> str:
        """The HTML of a block; an older one while another thread calculates.

        Raises:
            StoreError: the votes cannot be read.
        """
        if block not in findings.BLOCKS.values():
            raise ValueError(f"block must be one of {', '.join(findings.BLOCKS.values())}, not {block!r}")
        if self._clock() >= self._until and self._busy.acquire(blocking=self._results is None):
            try:
                if self._clock() >= self._until:
                    self._calculate()
            finally:
                self._busy.release()
        pages, results = self._pages, self._results
        if block not in pages:
            pages[block] = findings.page(results, block)
        return pages[block]

    def _calculate(self) -> None:
        from audiogan.listening.statistics.analysis import analyse  # scipy, which the page's start can do without

        started = self._clock()
        since_ms = round(1000 * time.time()) - PENDING_MS
        under_way = self._store.under_way(self._study.hash, since_ms) if self._study else set()
        ended = (row for row in self._store.rows() if row["session_id"] not in under_way)
        rows = by_study(records(ended, [self._study] if self._study else []))
        mine = rows.get(self._study.hash, []) if self._study else max(rows.values(), key=len, default=[])
        self._results, self._pages = analyse(mine) | {"under_way": len(under_way)}, {}
        self._until = self._clock() + max(FRESH_SECONDS, REST * (self._clock() - started))


def build(store: Store, opened, study: Study | None = None) -> None:
    """The tab's contents.

    Args:
        opened: the event at which they are first shown.
        study: whose results.
    """
    results = Results(store, study)
    if notice := place.warning():
        gr.Markdown(notice)
    block = gr.Radio(
        list(findings.BLOCKS.items()),
        value="screened",
        show_label=False,
        container=False,
        elem_classes="blocks",
        elem_id="results-block",
    )
    shown = gr.HTML(COUNTING, js_on_load=mounting("results.js", ("stale",)), apply_default_css=False, elem_id="results")
    gr.Markdown(METHOD)
    if sync_state().status != "off":
        opened(copied, None, gr.HTML(elem_id="sync-state", apply_default_css=False), **AT_ONCE)
    show = toasts(results.page)
    for event in (opened, block.change, shown.stale):
        event(show, block, shown, **AT_ONCE)


def copied() -> str:
    """How the votes' copy on the Hub stands, as HTML."""
    return f'<p role="status">{html.escape(sync_state().words())}</p>'
