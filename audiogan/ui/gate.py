"""Requests from pages that bypass Gradio's queue: answered in turn, each address in its turn, without holding threads.

A request is a function of what it asks for, so whoever asks the same again gets the answer that is still in memory.
"""

import asyncio
import json
import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from audiogan.listening.guard import Guard, RefusedError, SoundLimits
from audiogan.ui.recent import Recent
from audiogan.ui.toasts import sentence

MAX_WAITING = 48
MAX_KEY_LENGTH = 8192  # of a request that is worth remembering
FIRST_GUESS_SECONDS = 0.1  # that an answer takes, before one was timed
TICKET = "ticket"  # what a page calls its request by, to ask for its place in line
CLOSING = "the server is being restarted: try again in a moment"
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """Who asks: only ever counted.

    Attributes:
        session: a page view's id, as the page says; may be made up.
        address: where the request came from.
    """

    session: str = ""
    address: str = ""


@dataclass(eq=False)
class _Job:
    answer: Callable[[dict], dict]
    request: dict
    ticket: str
    context: Context = field(default_factory=copy_context)  # of its request: tells ZeroGPU whose quota it is
    told: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gate:
    """Answers one request at a time; those who wait, wait in one line for each address, served by turns.

    Args:
        max_waiting: past so many it says that it is busy, and which number in line one would be.
        limits: see `SoundLimits`.
        recent: where answers are kept.
    """

    def __init__(self, max_waiting: int = MAX_WAITING, limits: SoundLimits | None = None, recent: Recent | None = None):
        self._max_waiting, self._worker = max_waiting, ThreadPoolExecutor(1, "gate")
        self._guard = Guard(limits or SoundLimits())
        self._recent = Recent(size_of=_size) if recent is None else recent
        self._lines: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._coming: dict[tuple, asyncio.Future] = {}
        self._working: asyncio.Task | None = None
        self._seconds, self._closed = FIRST_GUESS_SECONDS, False

    async def serve(self, answer: Callable[[dict], dict], request: dict, visitor: Visitor | None = None) -> dict:
        """`answer(request)` in its turn; `{"error": ..., "busy": True, "wait_ms": ...}` where a later try may succeed.

        The same request again is answered from memory; while the first is on its way, both wait for one answer.
        """
        visitor = visitor or Visitor()
        if self._closed:
            return _busy(CLOSING, 2.0)
        if refused := self.check(visitor):
            return refused
        key, ticket = _key(answer, request)
        if key and (known := self._recent.get(key)):
            return known
        if key in self._coming:
            return await asyncio.shield(self._coming[key])
        place = self._last_place(visitor.address)
        if self.waiting >= self._max_waiting:
            words = f"the server is busy, and you would be number {place} in line: try again in a moment"
            return _busy(words, self._seconds * self.waiting / 2) | {"place": place}
        return await self._queued(_Job(answer, request, ticket), key, visitor.address)

    def check(self, visitor: Visitor, cost: float = 1.0) -> dict | None:
        """Count a request; the answer to it where there were too many."""
        try:
            self._guard.check("address", visitor.address, cost)
            self._guard.check("session", visitor.session, cost)
        except RefusedError as error:
            return _busy("you asked for more sounds than one page may have: wait a moment", error.wait_ms / 1000)
        return None

    def place(self, ticket: str) -> int | None:
        """The place in line of a waiting request, 1 for the next; None where it waits no more."""
        for mine, jobs in self._lines.items():
            for at, job in enumerate(jobs):
                if job.ticket and job.ticket == ticket:
                    others = (len(line) for name, line in self._lines.items() if name != mine)
                    return at + 1 + sum(min(other, at + 1) for other in others)
        return None

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return sum(map(len, self._lines.values()))

    def close(self) -> None:
        """Take no new requests; those in line are still answered."""
        self._closed = True

    async def _queued(self, job: _Job, key: tuple | None, address: str) -> dict:
        self._lines.setdefault(address, deque()).append(job)
        if key:
            self._coming[key] = job.told
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        try:
            told = await asyncio.shield(job.told)
        finally:
            self._coming.pop(key, None)
        if key and "error" not in told:
            self._recent.put(key, told)
        return told

    async def _work(self) -> None:
        """Answer until nobody waits: the oldest of each address, address by address."""
        loop = asyncio.get_running_loop()
        while self._lines:
            address, jobs = self._lines.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._lines[address] = jobs
            begun = loop.time()
            try:
                job.told.set_result(await loop.run_in_executor(self._worker, job.context.run, job.answer, job.request))
            except Exception as error:  # a mistake of ours; the next in line must not suffer
                LOG.exception("a request could not be answered")
                job.told.set_exception(error)
                job.told.exception()  # whoever asked may have left
            self._seconds += 0.1 * (loop.time() - begun - self._seconds)

    def _last_place(self, address: str) -> int:
        mine = len(self._lines.get(address, ())) + 1
        return mine + sum(min(len(line), mine) for name, line in self._lines.items() if name != address)


def guarded(answer: Callable[..., dict]) -> Callable[..., dict]:
    """The method, what it raises about its request answered as `{"error": one sentence}`."""

    def guard(self, request: dict) -> dict:
        try:
            return answer(self, request)
        except (ValueError, OSError) as error:
            return {"error": sentence(error)}

    guard.__doc__, guard.__qualname__ = answer.__doc__, answer.__qualname__
    return guard


def _busy(words: str, seconds: float) -> dict:
    return {"error": words, "busy": True, "wait_ms": round(1000 * max(seconds, 0.2))}


def _key(answer: Callable, request) -> tuple[tuple | None, str]:
    """What names a request's answer, None where that would be long; and the request's ticket."""
    if not isinstance(request, dict):
        return None, ""
    ticket = request.get(TICKET)
    text = json.dumps({name: value for name, value in request.items() if name != TICKET}, sort_keys=True)
    owner = getattr(answer, "__self__", None)
    key = (id(owner), answer.__qualname__, text) if owner and len(text) <= MAX_KEY_LENGTH else None
    return key, ticket if isinstance(ticket, str) else ""


def _size(value) -> int:
    """About how many bytes an answer holds: nearly all of it is text."""
    if isinstance(value, dict):
        value = [*value.values()]
    return sum(map(_size, value)) if isinstance(value, list) else len(value) if isinstance(value, str) else 8
