"""The routes that are open: those that the page and clients of the endpoints use, and no others.

Uploads (no tab and no endpoint takes a file), the proxy, streams, deep links, monitoring and the rest are closed.
"""

import json
import re
from pathlib import Path
from urllib.parse import unquote

from gradio.utils import get_upload_folder
from starlette.datastructures import Headers

from audiogan.ui.opening import PICTURE

TEMPLATE = "audiogan.route"  # key in a request's scope for the one of `ROUTES` that it took
ROUTES = {
    "/": "GET HEAD",
    "/config": "GET",
    "/healthz": "GET HEAD",
    "/readyz": "GET HEAD",
    "/results/{name}": "GET HEAD",
    "/votes/{name}": "POST",
    "/theme.css": "GET",
    "/favicon.ico": "GET",
    PICTURE: "GET HEAD",
    "/robots.txt": "GET",
    "/manifest.json": "GET",
    "/pwa_icon": "GET",
    "/assets/{path}": "GET",
    "/static/{path}": "GET",
    "/svelte/{path}": "GET",
    "/gradio_api/info": "GET",
    "/gradio_api/openapi.json": "GET",
    "/gradio_api/startup-events": "GET",
    "/gradio_api/app_id": "GET",
    "/gradio_api/theme.css": "GET",
    "/gradio_api/heartbeat/{session}": "GET",
    "/gradio_api/queue/join": "POST",
    "/gradio_api/queue/data": "GET",
    "/gradio_api/queue/status": "GET",
    "/gradio_api/cancel": "POST",
    "/gradio_api/reset": "POST",
    "/gradio_api/call/{name}": "POST",
    "/gradio_api/call/v2/{name}": "POST",
    "/gradio_api/call/{name}/{event}": "GET",
    "/gradio_api/run/{name}": "POST",
    "/gradio_api/component_server": "POST",
    "/gradio_api/file={path}": "GET HEAD",
}
FILES = ("/assets/{path}", "/static/{path}", "/svelte/{path}")  # whose paths must have their one normal spelling
FORGED = (b"x-gradio-server",)  # with this, a request would tell Gradio where the page is, for all later readers
_MATCHED = re.compile(
    "|".join(
        f"(?P<r{number}>{re.sub(r'{(path)}', '.+', re.sub(r'{(?!path)[a-z]+}', '[^/]+', route))})"
        for number, route in enumerate(ROUTES)
    ),
    re.DOTALL,
)


class Surface:
    """ASGI middleware: 404 for what is not in `ROUTES`, and for files outside the folder of generated sounds."""

    def __init__(self, app):
        self._app, self._files = app, Path(get_upload_folder()).resolve()

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = template(scope["path"])
        if route is None or scope["method"] not in ROUTES[route].split():
            await answer(send, 404, "there is nothing here")
            return
        scope[TEMPLATE] = route
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in FORGED and not _is_many_ranges(*pair)]
        # takes the first of a repeated header, as Gradio does
        if "multipart/form-data" in Headers(scope=scope).get("content-type", "").lower():
            await answer(send, 415, "nothing here takes files")
            return
        if route.startswith("/gradio_api/file=") and not self._is_ours(scope["path"].partition("file=")[2]):
            await answer(send, 404, "there is no such file")
            return
        if b"deep_link" in scope["query_string"]:
            scope["query_string"] = b""
        await self._app(scope, receive, send)

    def _is_ours(self, name: str) -> bool:
        """Whether a path is a file in the folder of generated sounds, links followed; never raises."""
        if unquote(name) != name or "\x00" in name or not name.startswith("/"):
            return False
        try:
            path = Path(name).resolve()
            return path.is_relative_to(self._files) and path.is_file()
        except (OSError, ValueError, RuntimeError):
            return False


def template(path: str) -> str | None:
    """The route that a path takes, as written in `ROUTES`; None if there is none."""
    found = _MATCHED.fullmatch(path.rstrip("/") or "/")
    route = found and [*ROUTES][int(found.lastgroup[1:])]
    spelt_otherwise = route in FILES and {"", ".", ".."} & {*path[1:].split("/")}
    return None if spelt_otherwise else route


def _is_many_ranges(name: bytes, value: bytes) -> bool:
    """Whether a header asks for several parts of a file: Gradio knows one, and a server may send the whole file."""
    return name == b"range" and b"," in value


async def answer(send, status: int, words: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a status and a sentence."""
    body = json.dumps({"detail": words}).encode()
    headers = ((b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers)
    await send({"type": "http.response.start", "status": status, "headers": [*headers]})
    await send({"type": "http.response.body", "body": body})
