"""Rate: the listening test. All of it happens in `static/rate.js` and `audiogan.listening.session`; this joins them."""

import gradio as gr

from audiogan.listening.session import Listening
from audiogan.listening.store import place
from audiogan.ui.scripts import mounting
from audiogan.ui.visitors import address

NO_STUDY = "There is no study to take part in here. `python -m audiogan study build` makes one."


def build(listening: Listening | None) -> None:
    """The tab's contents."""
    if listening is None:
        gr.Markdown(NO_STUDY, elem_id="rate")
        return

    if notice := place.warning():
        gr.Markdown(notice, elem_id="votes-vanish")

    def listen(request: dict, http: gr.Request) -> dict:
        return listening.answer(request, address(http))

    def sounds(request: dict, http: gr.Request) -> dict:
        return listening.sounds(request, address(http))

    recruitment = listening.study.design.recruitment
    named = f' data-parameter="{recruitment.parameter}"' if recruitment else ""  # letters, digits, _ and - alone
    wording = listening.study.design.wording
    written = f' lang="{wording.language}"' + ' dir="rtl"' * wording.right_to_left  # a tag: letters, digits and - alone
    gr.HTML(
        html_template=f'<div class="rate"{written}{named}></div>',
        js_on_load=mounting("rate.js"),
        apply_default_css=False,
        elem_id="rate",
        server_functions=[listen, sounds],
        texts=dict(wording.texts),
    )
