"""A page's place in line, which every tab shows while a visitor waits."""

from collections.abc import Callable

import gradio as gr

from audiogan.ui.gate import Gate
from audiogan.ui.visitors import visitor


def line_of(gate: Gate) -> Callable:
    """The server function that tells a page the place in line of one of its requests, by its ticket."""

    async def line(ticket: str, http: gr.Request) -> dict:
        return {"place": gate.place(ticket, await visitor(http))}

    return line
