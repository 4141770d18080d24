"""Rate limits per session and per address. An address is kept only as a hash, whose salt is discarded daily."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

DAY_SECONDS = 86_400
MAX_BUCKETS = 20_000


class RefusedError(ValueError):
    """A refused request; the message is for the listener.

    Attributes:
        wait_ms: delay before a retry; None if a retry is useless.
    """

    def __init__(self, message: str, wait_ms: int | None = None):
        super().__init__(message)
        self.wait_ms = wait_ms


@dataclass(frozen=True)
class Limit:
    """A token bucket: `burst` calls at once, refilled at `per_second`."""

    burst: int
    per_second: float


@dataclass(frozen=True)
class Limits:
    """Limits on one session and on one address, wide enough for a class of a hundred behind one address.

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
        clock: seconds, monotonic.
    """

    def __init__(self, limits=None, clock: Callable[[], float] = time.monotonic):
        self._limits, self._clock = limits or Limits(), clock
        self._busy = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # tokens left, and when
        self._salt, self._salted = secrets.token_bytes(16), clock()

    def check(self, kind: str, who: str, cost: float = 1.0) -> None:
        """Count one call.

        Args:
            kind: a name in the limits.
            who: a session's id or an address; only its hash is kept.
            cost: number of calls it counts as, capped at the burst.

        Raises:
            RefusedError: too many calls.
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
        """Change the salt and drop all buckets once a day, or when made-up sessions flood them."""
        if now - self._salted > DAY_SECONDS or len(self._buckets) > MAX_BUCKETS:
            self._salt, self._salted = secrets.token_bytes(16), now
            self._buckets.clear()
