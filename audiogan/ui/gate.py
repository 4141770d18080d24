"""Requests from pages that bypass Gradio's queue: answered in turn, without holding its threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from audiogan.ui.toasts import sentence

MAX_WAITING = 48
BUSY = "the server has more listeners than it can serve right now: try again in a moment"


class Gate:
    """Answers one request at a time; past `max_waiting` of them it says that it is busy."""

    def __init__(self, max_waiting: int = MAX_WAITING):
        self._worker, self._waiting, self._max_waiting = ThreadPoolExecutor(1, "gate"), 0, max_waiting

    async def serve(self, answer: Callable[[dict], dict], request: dict) -> dict:
        """`answer(request)` in its turn; `{"error": ..., "busy": True}` where a later try may succeed."""
        if self._waiting >= self._max_waiting:
            return {"error": BUSY, "busy": True}
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, answer, request)
        finally:
            self._waiting -= 1


def guarded(answer: Callable[..., dict]) -> Callable[..., dict]:
    """The method, what it raises about its request answered as `{"error": one sentence}`."""

    def guard(self, request: dict) -> dict:
        try:
            return answer(self, request)
        except (ValueError, OSError) as error:
            return {"error": sentence(error)}

    guard.__doc__ = answer.__doc__
    return guard
