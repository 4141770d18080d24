"""Files and pages that are the same for every visitor: made and compressed once, kept in memory and by browsers.

A whole lecture hall may open the page at once. Gradio would copy the configuration, render and compress for each.
"""

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from typing import NamedTuple

import brotli
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from audiogan.listening.guard import Guard, Limit, RefusedError
from audiogan.ui.headers import CSP, policy
from audiogan.ui.opening import PICTURE, opened
from audiogan.ui.recent import Recent
from audiogan.ui.surface import TEMPLATE, answer
from audiogan.ui.visitors import address

FOREVER = b"public, max-age=31536000, immutable"  # their names change with their contents
A_DAY = b"public, max-age=86400"
ASK = b"no-cache"  # a browser may keep it, but asks whether it is still the same
KEPT = {
    "/": ASK,
    "/config": ASK,
    "/theme.css": ASK,
    "/gradio_api/theme.css": ASK,
    "/manifest.json": ASK,
    "/favicon.ico": A_DAY,
    PICTURE: A_DAY,
    "/assets/{path}": FOREVER,
    "/static/{path}": A_DAY,
}
ROOTED = ("/", "/config")  # these contain the address at which they are read
QUALITY, MIN_BYTES = 5, 500
MAX_BYTES, MAX_ROOTED_BYTES = 64 * 2**20, 16 * 2**20  # kept of files and of pages, apart: neither displaces the other
_COMPRESSED = ("text/", "application/javascript", "application/json", "application/manifest", "image/svg")
_ENCODING = re.compile(r"\s*([a-z*-]+)\s*(?:;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")  # its name and weight
_PROXY = ("host", "x-forwarded-host", "x-forwarded-proto")


class PageLimits(NamedTuple):
    """Limits on what one address may have made anew.

    Attributes:
        rooted: pages that contain the address at which they are read, which anybody may make up.
    """

    rooted: Limit = Limit(20, 0.2)


@dataclass(frozen=True)
class _Page:
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    etag: bytes


class Pages:
    """ASGI middleware: answers the routes in `KEPT` from memory, once Gradio has made them, one after the other.

    429 for visitors who read `ROOTED` at ever new addresses: rendering and compressing each takes 0.2 s.
    """

    def __init__(self, app):
        self._app, self._guard = app, Guard(PageLimits())
        self._making = {rooted: asyncio.Lock() for rooted in (True, False)}  # scripts do not wait for pages
        self._recent = {
            rooted: Recent(most, lambda page: len(page.body))
            for rooted, most in ((True, MAX_ROOTED_BYTES), (False, MAX_BYTES))
        }

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        route = scope.get(TEMPLATE)
        if scope["type"] != "http" or scope["method"] != "GET" or route not in KEPT:
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)  # takes the first of a repeated header, as Gradio does
        encoding = _encoding(given.get("accept-encoding", ""))
        rooted = route in ROOTED
        root = (scope["scheme"], *(given.get(name) for name in _PROXY)) if rooted else ()
        key = scope["path"] if "{path}" in route else route, encoding, root
        page, others = self._recent[rooted].get(key), []
        if page is None:
            async with self._making[rooted]:  # sends nothing meanwhile: a client that does not read would block all
                if (page := self._recent[rooted].get(key)) is None:
                    page, others = await self._make(key, scope)
        if page:
            await _send(page, given.get("if-none-match"), send)
        for message in others:
            await send(message)

    async def _make(self, key: tuple, scope) -> tuple[_Page | None, list[dict]]:
        """Let Gradio answer: return a page to keep, or None and the messages of an answer not to keep."""
        rooted, messages = scope[TEMPLATE] in ROOTED, []

        async def collect(message):
            messages.append(message)

        if rooted:
            try:
                self._guard.check("rooted", address(HTTPConnection(scope)))
            except RefusedError as error:
                await answer(collect, 429, str(error), (b"retry-after", str(1 + error.wait_ms // 1000).encode()))
                return None, messages
        plain = [pair for pair in scope["headers"] if pair[0] not in (b"if-none-match", b"if-modified-since", b"range")]
        await self._app(scope | {"query_string": b"", "headers": plain}, _stays, collect)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        if not _is_whole(messages, len(body)):
            return None, messages
        page = await asyncio.to_thread(_packed, body, messages[0]["headers"], key[1], KEPT[scope[TEMPLATE]])
        self._recent[rooted].put(key, page)
        return page, []


async def _stays() -> dict:
    """`receive` of a client that never leaves: a page is made for all, whoever asked first."""
    return await asyncio.Future()


def _is_whole(messages: list[dict], length: int) -> bool:
    """Whether the messages are a complete answer with status 200."""
    if not messages or messages[0]["status"] != 200 or messages[-1].get("more_body"):
        return False
    told = dict(messages[0]["headers"]).get(b"content-length")
    return len(messages) > 1 and (told is None or int(told) == length)


def _packed(body: bytes, headers: list, encoding: str, cache: bytes) -> _Page:
    kind = dict(headers).get(b"content-type", b"application/octet-stream")
    own = [(b"content-type", kind), (b"cache-control", cache), (b"vary", b"Accept-Encoding")]
    if kind.startswith(b"text/html"):
        body = opened(body.decode()).encode()
        own.append((CSP, policy(body).encode()))
    elif kind.startswith(b"application/manifest"):
        # Gradio's icons are relative to the site's root, wherever the page is
        body = body.replace(b'"/pwa_icon', b'"pwa_icon')
    etag = b'"' + hashlib.sha256(body + encoding.encode()).hexdigest()[:32].encode() + b'"'
    if encoding and len(body) >= MIN_BYTES and kind.decode("latin-1").startswith(_COMPRESSED):
        body = brotli.compress(body, quality=QUALITY) if encoding == "br" else gzip.compress(body, QUALITY)
        own.append((b"content-encoding", encoding.encode()))
    return _Page(body, (*own, (b"etag", etag)), etag)


async def _send(page: _Page, known: str | None, send) -> None:
    fresh = known is not None and page.etag.decode() in known
    headers = [*page.headers, (b"content-length", b"0" if fresh else str(len(page.body)).encode())]
    if fresh:
        headers = [(name, value) for name, value in page.headers if name != b"content-encoding"]
    await send({"type": "http.response.start", "status": 304 if fresh else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if fresh else page.body})


def _encoding(accepted: str) -> str:
    """The encoding of ours that an Accept-Encoding header prefers (RFC 9110, 12.5.3), empty for none."""
    items = filter(None, map(_ENCODING.fullmatch, accepted.lower().split(",")))
    weights = {item[1]: float(item[2] or 1) for item in items}
    ours = {name: weights.get(name, weights.get("*", 0.0)) for name in ("br", "gzip")}  # the first of equals
    best = max(ours, key=ours.get)
    return best if ours[best] > 0 and ours[best] >= weights.get("identity", 0.0) else ""
