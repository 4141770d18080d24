"""What a request may weigh. Gradio limits uploads alone; every other body it would read whole, however long."""

import json

MAX_BODY_BYTES = 2_000_000
_TOO_LARGE = "the request is too large"
_UNKNOWN = "there is no such component"


class RequestLimits:
    """ASGI middleware: bodies beyond `MAX_BODY_BYTES` are answered with 413, unknown components with 404."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"content-length", b"0")
        if not given.isdigit() or int(given) > MAX_BODY_BYTES:
            await _answer(send, 413, _TOO_LARGE)
            return
        started = False

        async def watched_send(message):
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, _counted(receive), watched_send)
        except _TooLargeError:
            if not started:
                await _answer(send, 413, _TOO_LARGE)
        except KeyError:  # Gradio looks the component's number up unchecked
            if started or "/component_server" not in scope["path"]:
                raise
            await _answer(send, 404, _UNKNOWN)


class _TooLargeError(Exception):
    pass


def _counted(receive):
    """`receive` that stops a body sent in chunks, whose length no header told."""
    total = 0

    async def counting():
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY_BYTES:
            raise _TooLargeError
        return message

    return counting


async def _answer(send, status: int, words: str) -> None:
    body = json.dumps({"detail": words}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
