"""Play: sixteen pads, a step sequencer and a keyboard, ready to play when the page has loaded."""

import gradio as gr

from audiogan.ui import kit, scripts
from audiogan.ui.gate import Gate
from audiogan.ui.library import Library
from audiogan.ui.opening import SHAPE
from audiogan.ui.places import line_of
from audiogan.ui.sounds import Sounds
from audiogan.ui.visitors import visitor


def build(library: Library, gate: Gate) -> None:
    """The tab's contents; the instrument itself is `static/play.js`."""
    sounds = Sounds(library)

    async def answer(wanted: dict, http: gr.Request) -> dict:  # not a method: Gradio marks it
        return await gate.serve(sounds.answer, wanted, await visitor(http), shares=True)

    gr.HTML(
        html_template=f'<div class="studio">{SHAPE}</div>',
        js_on_load=scripts.mounting("play.js"),
        apply_default_css=False,
        elem_id="play",
        server_functions=[answer, line_of(gate)],
        models=kit.models(library),
        kit=kit.first_kit(library, sounds),
        roles=kit.ROLES,
    )
