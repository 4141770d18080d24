"""Requests from pages that bypass Gradio's queue: answered in turn, each address in its turn, without holding threads.

A request is a function of what it asks for, so whoever asks the same again gets the answer that is still in memory.
"""

import asyncio
import functools
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from starlette.exceptions import HTTPException

from audiogan.listening.guard import Guard, Limit, RefusedError
from audiogan.tiles import ClosedError
from audiogan.ui.line import Job, Line
from audiogan.ui.recent import Recent, size_of
from audiogan.ui.toasts import sentence

MAX_WAITING = 48
AT_ONCE = 16  # while a tile of eight single sounds is computed, the next eight come together
MAX_KEY_LENGTH = 8192  # of a request that is worth remembering
LOOK_COST = 0.1  # of asking for one's place, as a share of a request: a page asks once a second for each that waits
FIRST_GUESS_SECONDS = 0.1  # that an answer takes, before one was timed
TICKET = "ticket"  # what a page calls its request by, to ask for its place in line
CLOSING, CLOSING_SECONDS = "the server is being restarted: try again in a moment", 2
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


class SoundLimits(NamedTuple):
    """How many requests for sounds one page view and one address may send. A lecture hall behind one address must fit.

    Attributes:
        session: of one page view.
        address: of one address, whatever its sessions.
    """

    session: Limit = Limit(240, 12.0)
    address: Limit = Limit(3000, 150.0)


class Gate:
    """Answers requests in turn: those that share tiles with others `AT_ONCE` at a time, the rest one by one.

    Args:
        max_waiting: past so many the newest request of whoever has most in line is told that the server is busy, and
            which number it would be.
        limits: see `SoundLimits`.
    """

    def __init__(self, max_waiting: int = MAX_WAITING, limits: SoundLimits | None = None):
        self._max_waiting, self._line = max_waiting, Line()
        self._guard = Guard(limits or SoundLimits())
        self._recent = Recent(size_of=size_of)
        self._coming: dict[tuple, asyncio.Future] = {}
        self._workers = ThreadPoolExecutor(AT_ONCE + 1, "gate")
        self._running: set[Job] = set()
        self._tasks: set[asyncio.Task] = set()
        self._seconds, self._done, self._closed = FIRST_GUESS_SECONDS, 0.0, False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(
        self,
        answer: Callable[[dict], dict],
        request: dict,
        visitor: Visitor | None = None,
        shares: bool = False,
        cost: float = 1.0,
    ) -> dict:
        """`answer(request)` in its turn; `{"error": ..., "busy": True, "wait_ms": ...}` where a later try may succeed.

        The same request again is answered from memory; while the first is on its way, both wait for one answer.

        Args:
            shares: whether the answer's clips are computed together with others', see `Tiles`.
            cost: as how many requests it counts.

        Raises:
            HTTPException: 503 once the gate is closed; a proxy asks another process then.
        """
        visitor = visitor or Visitor()
        if self._closed:
            raise closing()
        if refused := self._check(visitor, cost):
            return refused
        key, ticket = _key(answer, request)
        if key and (known := self._recent.get(key)):
            return known
        if key in self._coming:
            return await asyncio.shield(self._coming[key])
        if self.waiting >= self._max_waiting:
            yielding = self._line.make_room(visitor.address)
            if yielding is None:
                return self._full(visitor.address)
            yielding.told.set_result(self._full(yielding.address))
        return await self._queued(Job(answer, request, visitor.address, ticket, shares), key)

    def place(self, ticket: str, visitor: Visitor | None = None) -> int | None:
        """The place in line of a waiting request, 1 for the next; None where it waits no more or asks too often."""
        return None if self._check(visitor or Visitor(), LOOK_COST) else self._line.place(ticket)

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return len(self._line)

    def close(self) -> None:
        """Take no new requests and send away those in line; what is being answered goes on. Safe to call anywhere."""
        self._closed = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send_away)

    def _send_away(self) -> None:
        while job := self._line.take(lambda _: True):
            _fail(job, closing())

    def _full(self, address: str) -> dict:
        place = self._line.last_place(address)
        words = f"the server is busy, and you would be number {place} in line: try again in a moment"
        return _busy(words, self._seconds * self.waiting / 2) | {"place": place}

    def _check(self, visitor: Visitor, cost: float) -> dict | None:
        """Count a request; the answer to it where there were too many."""
        try:
            self._guard.check("address", visitor.address, cost)
            if visitor.session:
                self._guard.check("session", visitor.session, cost)
        except RefusedError as error:
            return _busy("you asked for more sounds than one page may have: wait a moment", error.wait_ms / 1000)
        return None

    async def _queued(self, job: Job, key: tuple | None) -> dict:
        self._loop = asyncio.get_running_loop()
        self._line.add(job)
        if key:
            self._coming[key] = job.told
        self._begin()
        try:
            told = await asyncio.shield(job.told)
        finally:
            self._coming.pop(key, None)
        if key and "error" not in told:
            self._recent.put(key, told)
        return told

    def _begin(self) -> None:
        """Give those in line whatever is free."""
        while job := self._line.take(self._may_begin):
            self._running.add(job)
            task = asyncio.create_task(self._answer(job))
            self._tasks.add(task)  # else nobody would hold it
            task.add_done_callback(self._tasks.discard)

    def _may_begin(self, job: Job) -> bool:
        return sum(one.shares == job.shares for one in self._running) < (AT_ONCE if job.shares else 1)

    async def _answer(self, job: Job) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            told = await loop.run_in_executor(self._workers, job.context.run, job.answer, job.request)
            job.told.set_result(told)
        except ClosedError:
            _fail(job, closing())
        except Exception as error:  # a mistake of ours; the next in line must not suffer
            LOG.exception("a request could not be answered")
            _fail(job, error)
        self._seconds += 0.1 * (loop.time() - max(begun, self._done) - self._seconds)
        self._done = loop.time()
        self._running.discard(job)
        self._begin()


def guarded(answer: Callable[..., dict]) -> Callable[..., dict]:
    """The method, what it raises about its request answered as `{"error": one sentence}`."""

    @functools.wraps(answer)
    def guard(self, request: dict) -> dict:
        try:
            return answer(self, request)
        except (ValueError, OSError) as error:
            return {"error": sentence(error)}

    return guard


def closing() -> HTTPException:
    """What whoever asks a process that is about to end is told."""
    return HTTPException(503, CLOSING, {"retry-after": str(CLOSING_SECONDS)})


def _fail(job: Job, error: Exception) -> None:
    job.told.set_exception(error)
    job.told.exception()  # whoever asked may have left


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
