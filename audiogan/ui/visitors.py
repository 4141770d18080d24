"""Who sent a request: told apart for counting, and for nothing else."""

import os

import gradio as gr

from audiogan.ui.gate import Visitor


async def visitor(http: gr.Request) -> Visitor:
    """Who called a component's server function."""
    body = await http.json()  # Gradio has just read it
    session = body.get("session_hash") if isinstance(body, dict) else None
    return Visitor(session if isinstance(session, str) else "", address(http))


def address(http: gr.Request) -> str:
    """Where a request came from. A Space's own proxy appends the caller's to the header's list."""
    forwarded = http.headers.get("x-forwarded-for", "") if os.environ.get("SPACE_ID") else ""
    return forwarded.rpartition(",")[2].strip() or (http.client.host if http.client else "")
