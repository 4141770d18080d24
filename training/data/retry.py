"""How long a client waits before it asks a server again."""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_BACK_OFF_S, LONGEST_RETRY_AFTER_S = 60.0, 600.0
JITTER = random.SystemRandom()


class TryAgainError(Exception):
    """A temporary failure; `wait_s` is the wait in seconds that the server asked for, or None."""

    def __init__(self, reason: str, wait_s: float | None = None):
        super().__init__(reason)
        self.wait_s = wait_s


def back_off(failures: int) -> float:
    """Seconds to wait after a number of failures in a row: about 1, 2, 4, ... up to a minute, with random jitter."""
    return min(LONGEST_BACK_OFF_S, 2.0 ** (failures - 1)) * JITTER.uniform(0.75, 1.25)


def retry_after(asked: str) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date), ten minutes at most; None if it is neither."""
    try:
        seconds = float(asked) if asked.isdecimal() else _seconds_until(parsedate_to_datetime(asked))
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


def _seconds_until(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time()
