"""What a load balancer asks: `/healthz`, whether the process answers; `/readyz`, whether to send it listeners."""

import threading
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from audiogan.listening.hub_sync import sync_state
from audiogan.listening.store import Store, StoreError
from audiogan.ui.library import Library

REMEMBERED_SECONDS = 1.0  # however often it is asked, the database is written to once a second


class Health:
    """The state of this process.

    Attributes:
        stopping: set when it is about to end: it is ready no more.
    """

    def __init__(self, library: Library, store: Store, clock: Callable[[], float] = time.monotonic):
        self._library, self._store, self._clock = library, store, clock
        self._busy, self._until, self._database = threading.Lock(), float("-inf"), "unknown"
        self.stopping = threading.Event()

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [Route("/healthz", self._alive, methods=["GET"]), Route("/readyz", self._readiness, methods=["GET"])]

    def ready(self) -> dict:
        """`ready`, and why: how many checkpoints, whether the database takes writes, what the Hub's sync says."""
        database, checkpoints = self._writable(), len(self._library.names)
        ready = checkpoints > 0 and database == "writable" and not self.stopping.is_set()
        told = {"ready": ready, "checkpoints": checkpoints, "database": database, "sync": _sync()}
        return told | ({"stopping": True} if self.stopping.is_set() else {})

    def _writable(self) -> str:
        with self._busy:
            if self._clock() >= self._until:
                try:
                    self._store.touch()
                    self._database = "writable"
                except StoreError:  # whose words may name a host
                    self._database = "cannot be written"
                self._until = self._clock() + REMEMBERED_SECONDS
            return self._database

    async def _alive(self, _request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def _readiness(self, _request) -> JSONResponse:
        told = await run_in_threadpool(self.ready)
        return JSONResponse(told, status_code=200 if told["ready"] else 503, headers={"cache-control": "no-store"})


def _sync() -> dict:
    """How the copy on the Hub stands; not where it is, nor what exactly is wrong with it."""
    state = sync_state()
    return {"status": state.status, "waiting": state.waiting, "synced_utc": state.synced_utc}
