"""Results: what listeners have said so far."""

import html

import gradio as gr

from audiogan.listening.hub_sync import sync_state
from audiogan.listening.store import place
from audiogan.ui import findings
from audiogan.ui.desk import Desk
from audiogan.ui.downloads import Downloads, links
from audiogan.ui.scripts import mounting
from audiogan.ui.toasts import toasts

AT_ONCE = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}  # options of events
COUNTING = '<p class="empty" role="status">Counting the votes…</p>'
METHOD = """
Each listener counts once, however many sounds they rated. The 95 % intervals allow for differences between listeners
and between sounds.
"""
COMMANDS = """<details class="votes"><summary>For whoever runs this page</summary>
<p><code>python -m audiogan ratings stats</code> prints the rest, <code>ratings export</code> writes every vote.</p>
</details>"""
VOTES = """<details class="votes"><summary>Every vote</summary>
<p>One row per answer, as <code>ratings export</code> writes it, for whoever runs this page.</p></details>"""


def build(desk: Desk, downloads: Downloads, opened) -> None:
    """The tab's contents.

    Args:
        opened: the event that first shows them.
    """
    if notice := place.warning():
        gr.Markdown(notice)
    block = gr.Radio(
        list(findings.BLOCKS.items()),
        value="screened",
        label="Sessions that count",
        show_label=False,
        container=False,
        elem_classes="blocks",
        elem_id="results-block",
    )
    shown = gr.HTML(
        COUNTING,
        js_on_load=mounting("results.js", ("stale",)),
        apply_default_css=False,
        elem_id="results",
        server_functions=[alive],
    )
    files = gr.HTML(apply_default_css=False, elem_id="results-files")
    if downloads.gives_votes:
        gr.HTML(VOTES, js_on_load=mounting("votes.js"), apply_default_css=False, elem_id="results-votes")
    gr.Markdown(METHOD)
    gr.HTML(COMMANDS, apply_default_css=False)
    if sync_state().status != "off":
        opened(copied, None, gr.HTML(elem_id="sync-state", apply_default_css=False), **AT_ONCE)

    async def show(block: str) -> tuple[str, str]:
        page = await desk.page(block)
        return page, links(block, desk.tally.names(block))

    handler = toasts(show)
    for event in (opened, block.change, shown.stale):
        event(handler, block, [shown, files], **AT_ONCE)


def alive(_request: dict) -> bool:
    """Called by a page to find out whether the server answers."""
    return True


def copied() -> str:
    """State of the votes' copy on the Hub, as HTML."""
    return f'<p role="status">{html.escape(sync_state().words())}</p>'
