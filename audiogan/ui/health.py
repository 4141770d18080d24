"""Probes for a load balancer: `/healthz`, whether the process answers; `/readyz`, whether to send it listeners."""

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

REMEMBERED_SECONDS = 1.0  # the check writes to the database at most once a second, however often it is asked
CHECK_SECONDS = 3.0  # a database that takes longer counts as not writable
BROKEN = "cannot be written"


class Health:
    """The state of this process.

    Attributes:
        stopping: set when the process is about to end; it is then no longer ready.
    """

    def __init__(self, library: Library, store: Store, clock: Callable[[], float] = time.monotonic):
        self._library, self._store, self._clock = library, store, clock
        self._threads, self._check, self._begun, self._until = Threads(1, "health"), Future(), 0.0, float("-inf")
        self.stopping = threading.Event()

    def routes(self) -> list[Route]:
        """Routes for Starlette."""
        return [Route("/healthz", self._alive, methods=["GET"]), Route("/readyz", self._readiness, methods=["GET"])]

    async def ready(self) -> dict:
        """`ready`, and why: number of checkpoints, whether the database takes writes, and state of the Hub's sync."""
        database, checkpoints = await self._writable(), len(self._library.names)
        ready = checkpoints > 0 and database == "writable" and not self.stopping.is_set()
        told = {"ready": ready, "checkpoints": checkpoints, "database": database, "sync": _sync()}
        return told | ({"stopping": True} if self.stopping.is_set() else {})

    async def _writable(self) -> str:
        """The result of the check under way, or of the last one; probes share one thread."""
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
        except StoreError:  # its message may name a host
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
    """State of the copy on the Hub, without its name or the exact error."""
    state = sync_state()
    return {"status": state.status, "waiting": state.waiting, "synced_utc": state.synced_utc}
