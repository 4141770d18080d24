"""Results: what the listeners said so far."""

import html

import gradio as gr

from audiogan.listening.store import QUESTIONS, Store
from audiogan.ui.fields import AT_ONCE
from audiogan.ui.toasts import toasts

EMPTY = '<p class="empty">No ratings yet. Rate sounds on the Rate tab and it shows up here.</p>'
HEADINGS = ("Model", "Clips rated", "Listeners' sessions", *(question.capitalize() for question in QUESTIONS))


def build(store: Store, opened) -> None:
    """The tab's contents; `opened` is the event after which the table is read again."""
    table = gr.HTML(EMPTY, apply_default_css=False, elem_id="results")
    gr.Markdown(
        "1 Bad, 2 Poor, 3 Fair, 4 Good, 5 Excellent. These are plain means over all ratings: "
        "no listener is weighted, none is left out, and a handful of ratings says little."
    )
    show = toasts(lambda: results_table(store.summary()))
    opened(show, None, table, **AT_ONCE)


def results_table(summary: list[dict]) -> str:
    """`Store.summary` as an HTML table."""
    if not summary:
        return EMPTY
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in HEADINGS)
    return (
        f'<div class="results"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(map(_row, summary))}</tbody></table></div>"
    )


def _row(model: dict) -> str:
    counts = [str(model["votes"]), str(model["sessions"])]
    cells = counts + [f"{model[question]:.1f}" for question in QUESTIONS]
    named = zip(HEADINGS[1:], cells, strict=True)
    return (
        f'<tr><th scope="row">{html.escape(model["model"])}</th>'
        + "".join(f'<td data-heading="{html.escape(heading)}">{cell}</td>' for heading, cell in named)
        + "</tr>"
    )
