"""Who sent a request; used only for counting."""

import ipaddress
import os

import gradio as gr
from starlette.requests import HTTPConnection

from audiogan.ui.gate import Visitor


async def visitor(http: gr.Request) -> Visitor:
    """Who called a component's server function."""
    body = await http.json()  # Gradio has just read it
    session = body.get("session_hash") if isinstance(body, dict) else None
    return Visitor(session if isinstance(session, str) else "", address(http))


def address(http: HTTPConnection) -> str:
    """The address that a request came from; for IPv6 its /64, since one subscriber has all of it.

    On a Space it is the last one in X-Forwarded-For, which the Space's own proxy appends.
    """
    forwarded = http.headers.get("x-forwarded-for", "") if os.environ.get("SPACE_ID") else ""
    return _network(forwarded.rpartition(",")[2].strip() or (http.client.host if http.client else ""))


def _network(text: str) -> str:
    try:
        known = ipaddress.ip_address(text)
    except ValueError:
        return text
    if known.version == 4:
        return text
    return str(known.ipv4_mapped or ipaddress.IPv6Address(int(known) >> 64 << 64))
