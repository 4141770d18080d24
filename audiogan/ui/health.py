"""What a load balancer asks: `/healthz`, whether the process answers; `/readyz`, whether to send it listeners."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from starlette.responses import JSONResponse
from starlette.routing import Route

from audiogan.listening.hub_sync import sync_state
from audiogan.listening.store import Store, StoreError
from audiogan.ui.library import Library
from audiogan.ui.threads import Threads

REMEMBERED_SECONDS = 1.0  # however often it is asked, the database is written to once a second
CHECK_SECONDS = 3.0  # a database that takes longer takes no writes
BROKEN = "cannot be written"


class Health:
    """The state of this process.

    Attributes:
        stopping: set when it is about to end: it is ready no more.
    """

    def __init__(self, library: Library, store: Store, clock: Callable[[], float] = time.monotonic):
        self._library, self._store, self._clock = library, store, clock
        self._threads, self._check, self._begun, self._until = Threads(1, "health"), Future(), 0.0, float("-inf")
        self.stopping = threading.Event()

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [Route("/healthz", self._alive, methods=["GET"]), Route("/readyz", self._readiness, methods=["GET"])]

    async def ready(self) -> dict:
        """`ready`, and why: how many checkpoints, whether the database takes writes, what the Hub's sync says."""
        database, checkpoints = await self._writable(), len(self._library.names)
        ready = checkpoints > 0 and database == "writable" and not self.stopping.is_set()
        told = {"ready": ready, "checkpoints": checkpoints, "database": database, "sync": _sync()}
        return told | ({"stopping": True} if self.stopping.is_set() else {})

    async def _writable(self) -> str:
        """What the one check that is under way finds, or the last found; no probe has a thread of its own."""
        if self._until is not None and self._clock() >= self._until:
            self._begun, self._until = self._clock(), None
            self._check = self._threads.submit(self._touch)
        if not self._check.done():
            left = self._begun + CHECK_SECONDS - self._clock()
            await asyncio.wait([asyncio.wrap_future(self._check)], timeout=max(0.0, left))
        return self._check.result() if self._check.done() else BROKEN

    def _touch(self) -> str:
        try:
            self._store.touch()
        except StoreError:  # whose words may name a host
            return BROKEN
        finally:
            self._until = self._clock() + REMEMBERED_SECONDS
        return "writable"

    async def _alive(self, _request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def _readiness(self, _request) -> JSONResponse:
        told = await self.ready()
        return JSONResponse(told, status_code=200 if told["ready"] else 503, headers={"cache-control": "no-store"})


def _sync() -> dict:
    """How the copy on the Hub stands; not where it is, nor what exactly is wrong with it."""
    state = sync_state()
    return {"status": state.status, "waiting": state.waiting, "synced_utc": state.synced_utc}
