"""Rate: the listening test, which happens in `static/rate.js` and `audiogan.listening.session`; this joins them.

Each call needs the database and may have to wait for it, so calls have threads of their own, fewer than the database
has connections. Sessions begin one after another over all processes, so their threads are fewer still.
"""

from collections.abc import Callable

import gradio as gr

from audiogan.listening.session import Listening
from audiogan.listening.store import place
from audiogan.ui.scripts import mounting
from audiogan.ui.threads import Threads
from audiogan.ui.visitors import address

STARTS, CALLS = 4, 16  # at once, below `database.CONNECTIONS` together
SECONDS = 20.0  # a page's wait for an answer before it is told to ask again

NO_STUDY = "There is no study to take part in here. `python -m audiogan study build` makes one."


def build(listening: Listening | None) -> None:
    """The tab's contents."""
    if listening is None:
        gr.Markdown(NO_STUDY, elem_id="rate")
        return

    if notice := place.warning():
        gr.Markdown(notice, elem_id="votes-vanish")

    starts, calls = Threads(STARTS, "starts"), Threads(CALLS, "listening")

    async def within(threads: Threads, call: Callable, request: dict, http: gr.Request) -> dict:
        try:
            return await threads.run(SECONDS, call, request, address(http))
        except TimeoutError:
            return listening.late()

    async def listen(request: dict, http: gr.Request) -> dict:
        begins = isinstance(request, dict) and request.get("action") == "consent"
        return await within(starts if begins else calls, listening.answer, request, http)

    async def sounds(request: dict, http: gr.Request) -> dict:
        return await within(calls, listening.sounds, request, http)

    recruitment = listening.study.design.recruitment
    named = f' data-parameter="{recruitment.parameter}"' if recruitment else ""  # only letters, digits, _ and -
    wording = listening.study.design.wording
    written = f' lang="{wording.language}"' + ' dir="rtl"' * wording.right_to_left  # only letters, digits and -
    gr.HTML(
        html_template=f'<div class="rate"{written}{named}></div>',
        js_on_load=mounting("rate.js"),
        apply_default_css=False,
        elem_id="rate",
        server_functions=[listen, sounds],
        texts=dict(wording.texts),
    )
