"""Mistakes, shown to the visitor as one sentence."""

import errno
import functools
import html
from collections.abc import Awaitable, Callable

import gradio as gr

MAX_LENGTH = 400


def toasts(handler: Callable[..., Awaitable]) -> Callable[..., Awaitable]:
    """The handler, its ValueErrors and full disks shown as a toast or sent to the API's caller; nothing else leaks."""

    @functools.wraps(handler)
    async def toasting(*arguments, **named):
        try:
            return await handler(*arguments, **named)
        except (ValueError, OSError) as error:
            message = html.escape(sentence(error), quote=False)  # a toast's text is markup
            raise gr.Error(message, duration=8, print_exception=False) from None

    return toasting


def sentence(error: Exception) -> str:
    """What went wrong, on one line of bounded length; an OSError's paths stay on the server."""
    if isinstance(error, OSError):
        full = error.errno == errno.ENOSPC
        return "the server's disk is full: try again later" if full else "the server could not write the sound"
    line = " ".join(str(error).split())
    return line if len(line) <= MAX_LENGTH else f"{line[: MAX_LENGTH - 1]}…"
