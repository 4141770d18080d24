"""A log with one line of JSON per request: enough to operate a service, and nothing about who asked for what."""

import json
import logging
import re
import secrets
import time

from starlette.datastructures import Headers

from audiogan.ui.surface import TEMPLATE

LOG = logging.getLogger(__name__)
_IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")
HEADER = "x-request-id"


class RequestLog:
    """ASGI middleware: logs method, route as in `surface`, status, milliseconds and an id, which the answer carries.

    The id is that of the request's `X-Request-Id`, if a proxy set one, so that the lines of both can be joined.
    """

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        identifier = given if _IDENTIFIER.fullmatch(given) else secrets.token_hex(8)
        begun, status = time.perf_counter(), None

        async def watched_send(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = message | {"headers": [*message.get("headers", ()), (HEADER.encode(), identifier.encode())]}
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            status = status or 500
            raise
        finally:
            line = {
                "method": scope["method"] if scope["method"].isalpha() and len(scope["method"]) < 10 else "other",
                "route": scope.get(TEMPLATE, "none"),
                "status": status,  # None: the visitor left first
                "ms": round(1000 * (time.perf_counter() - begun), 1),
                "id": identifier,
            }
            LOG.info(json.dumps(line))
