"""Limits on the size of a request and on its time to arrive. Gradio would read any body whole, however long."""

import asyncio

import httpx
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from audiogan.ui.gate import CLOSING
from audiogan.ui.surface import answer
from audiogan.ui.toasts import sentence

MAX_BODY_BYTES = 2_000_000
BODY_SECONDS = 30.0
_TOO_LARGE = "the request is too large"
_NO_JSON = "the request is not the JSON that is asked for here"
_TOO_SLOW = "the request took too long to arrive"
_UNKNOWN = "there is no such component or function"
_NO_ADDRESS = "this page cannot be at the address that X-Forwarded-Host names"
_BY_NUMBER = ("/component_server", "/queue/join", "/run/", "/call/")


class RequestLimits:
    """ASGI middleware: 413 for bodies beyond `MAX_BODY_BYTES`, 408 for slow ones, 404 for unknown numbers.

    Other mistakes of a caller for which Gradio fails to answer get 400 or 422; 503 if the process ends first.
    """

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("content-length", "0")
        if not given.isdecimal() or int(given) > MAX_BODY_BYTES:
            await answer(send, 413, _TOO_LARGE)
            return
        started = False

        async def watched_send(message):
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, _counted(receive), watched_send)
        except _RefusedError as refused:
            if not started:
                await answer(send, *refused.args)
        except asyncio.CancelledError:  # the process ends, see `serving.stop`
            if not started:
                await answer(send, 503, CLOSING)
        except KeyError:  # Gradio looks up components and functions by unchecked numbers
            if started or not any(part in scope["path"] for part in _BY_NUMBER):
                raise
            await answer(send, 404, _UNKNOWN)
        except TypeError as error:  # a call's named values are not its function's
            if started or "/call/v2/" not in scope["path"]:
                raise
            await answer(send, 422, sentence(error))
        except httpx.InvalidURL:
            if started:
                raise
            await answer(send, 400, _NO_ADDRESS)
        except ValueError as error:  # FastAPI refuses a body but cannot say so, as it contains NaN
            if started or not isinstance(error.__context__, RequestValidationError):
                raise
            await answer(send, 422, _NO_JSON)
        except RuntimeError as error:  # a stream of Gradio whose client left
            if not started or not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b""})  # else uvicorn logs that it does not end


class _RefusedError(Exception):
    """A refusal, with a status and a sentence."""


def _counted(receive):
    """`receive` with limits on a body sent in chunks, without its length in a header, and on one that drips."""
    total, more, until = 0, True, asyncio.get_running_loop().time() + BODY_SECONDS

    async def counting():
        nonlocal total, more
        try:
            async with asyncio.timeout_at(until if more else None):
                message = await receive()
        except TimeoutError:
            raise _RefusedError(408, _TOO_SLOW) from None
        total, more = total + len(message.get("body", b"")), message.get("more_body", False)
        if total > MAX_BODY_BYTES:
            raise _RefusedError(413, _TOO_LARGE)
        return message

    return counting
