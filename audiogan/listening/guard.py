"""Rate limits, per session and per address. An address is only ever kept as a hash whose salt is thrown away daily."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

DAY_SECONDS = 86_400
MAX_BUCKETS = 20_000


class RefusedError(ValueError):
    """Not now, or not like that; the message is for the listener.

    Attributes:
        wait_ms: when to try again; None where trying again is of no use.
    """

    def __init__(self, message: str, wait_ms: int | None = None):
        super().__init__(message)
        self.wait_ms = wait_ms


@dataclass(frozen=True)
class Limit:
    """So many at once, and so many a second from then on."""

    burst: int
    per_second: float


@dataclass(frozen=True)
class Limits:
    """What one session and one address may do. A class of a hundred behind one address must fit.

    Attributes:
        session: calls of one session.
        address: calls from one address, whatever their session.
        start: sessions begun from one address.
        withdraw: receipts tried from one address.
    """

    session: Limit = Limit(60, 10.0)
    address: Limit = Limit(2000, 400.0)
    start: Limit = Limit(200, 1.0)
    withdraw: Limit = Limit(20, 0.2)


class Guard:
    """Token buckets in memory: each process counts for itself.

    Args:
        limits: a `Limits`, or another object whose attributes are each a `Limit`.
        clock: seconds, only ever rising.
    """

    def __init__(self, limits=None, clock: Callable[[], float] = time.monotonic):
        self._limits, self._clock = limits or Limits(), clock
        self._busy = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # what is left, and when that was so
        self._salt, self._salted = secrets.token_bytes(16), clock()

    def check(self, kind: str, who: str, cost: float = 1.0) -> None:
        """Count one call.

        Args:
            kind: a name in the limits.
            who: a session's id, or an address, which is hashed before anything else is done with it.
            cost: as how many calls it counts, at most the burst.

        Raises:
            RefusedError: too many.
        """
        limit: Limit = getattr(self._limits, kind)
        with self._busy:
            now = self._clock()
            self._forget(now)
            bucket = kind, hashlib.sha256(self._salt + who.encode("utf-8", "replace")).hexdigest()
            left, since = self._buckets.get(bucket, (limit.burst, now))
            left = min(limit.burst, left + (now - since) * limit.per_second)
            cost = min(cost, limit.burst)
            self._buckets[bucket] = max(left - cost, 0) if left >= cost else left, now
        if left < cost:
            raise RefusedError(
                "too many requests: wait a moment", wait_ms=round(1000 * (cost - left) / limit.per_second) + 1
            )

    def _forget(self, now: float) -> None:
        """A new salt each day makes strangers of all; so does a flood of made-up sessions."""
        if now - self._salted > DAY_SECONDS or len(self._buckets) > MAX_BUCKETS:
            self._salt, self._salted = secrets.token_bytes(16), now
            self._buckets.clear()
