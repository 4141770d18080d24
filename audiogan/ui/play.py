"""Play: sixteen pads, a step sequencer and a keyboard, ready to sound when the page is there."""

import gradio as gr

from audiogan.ui import kit, scripts
from audiogan.ui.library import Library
from audiogan.ui.sounds import Sounds


def build(library: Library) -> gr.HTML:
    """The tab's contents: the instrument itself is `static/play.js`."""
    sounds = Sounds(library)

    async def answer(wanted: dict) -> dict:  # Gradio marks what a page may call, which a method does not allow
        return await sounds.serve(wanted)

    return gr.HTML(
        html_template='<div class="studio"></div>',
        js_on_load=scripts.mounting("play.js"),
        apply_default_css=False,
        elem_id="play",
        server_functions=[answer],
        models=kit.models(library),
        kit=kit.first_kit(library, sounds),
        roles=kit.ROLES,
    )
