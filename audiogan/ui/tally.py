"""What the votes say, worked out once for all who look."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from audiogan.listening.exclusions import by_study
from audiogan.listening.records import records
from audiogan.listening.result_files import KINDS, OF_ONE_BLOCK, is_drawn, result_file
from audiogan.listening.sittings import PENDING_MS
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.ui import findings

FRESH_SECONDS = 5.0
REST = 20  # times as long as the last calculation took: at most a twentieth of one core


class Counted(NamedTuple):
    """Votes at one time.

    Attributes:
        results: of `statistics.analyse`.
        made: of these results, by what it is (`page`, or one of `result_files.KINDS`) and its block.
    """

    results: dict
    made: dict[tuple[str, str], str | bytes]


class Tally:
    """One study's results, calculated at most every few seconds however many look at them.

    A sitting counts once it has ended, or was given up: else whoever sits could tell from what changes here which
    system they have just heard.

    Args:
        store: the votes.
        study: whose; None takes the one with most votes.
        clock: seconds; only differences count.

    Attributes:
        latest: the last numbers that were counted.
    """

    def __init__(self, store: Store, study: Study | None = None, clock: Callable[[], float] = time.monotonic):
        self._store, self._study, self._clock = store, study, clock
        self._busy = threading.Lock()
        self._until = -1.0
        self.latest: Counted | None = None

    def made(self, counted: Counted, name: str, block: str) -> str | bytes:
        """A block's page, or one of `result_files.KINDS`: made at the first call and kept.

        Raises:
            ValueError: there is nothing to put in it yet.
        """
        if block not in findings.BLOCKS.values():
            raise ValueError(f"block must be one of {', '.join(findings.BLOCKS.values())}, not {block!r}")
        if name != "page" and not counted.results["all"]["counts"]["votes"]:
            raise ValueError("there are no ratings yet")
        if (name, block) not in counted.made:
            studies = [self._study] if self._study else []
            counted.made[name, block] = (
                findings.page(counted.results, block, self._study)
                if name == "page"
                else result_file(name, counted.results, block, studies)
            )
        return counted.made[name, block]

    def names(self, block: str) -> list[str]:
        """Which of `result_files.KINDS` there is something to put into, as of the last calculation."""
        results = self.latest.results if self.latest else None
        if not results or not results["all"]["counts"]["votes"]:
            return []
        return [name for name in KINDS if is_drawn(results[block]) or name not in OF_ONE_BLOCK]

    @property
    def is_old(self) -> bool:
        """Whether the next to ask has the votes counted anew."""
        return self._clock() >= self._until

    def now(self) -> Counted:
        """The numbers, counted anew where they are old and no other thread is about it.

        Raises:
            StoreError: the votes cannot be read.
        """
        if self.is_old and self._busy.acquire(blocking=self.latest is None):
            try:
                if self.is_old:
                    self._calculate()
            finally:
                self._busy.release()
        return self.latest

    def _calculate(self) -> None:
        from audiogan.listening.statistics.analysis import analyse  # scipy, which the page's start can do without

        started = self._clock()
        since_ms = round(1000 * time.time()) - PENDING_MS
        under_way = self._store.under_way(self._study.hash, since_ms) if self._study else set()
        ended = (row for row in self._store.rows() if row["session_id"] not in under_way)
        rows = by_study(records(ended, [self._study] if self._study else []))
        mine = rows.get(self._study.hash, []) if self._study else max(rows.values(), key=len, default=[])
        self.latest = Counted(analyse(mine) | {"under_way": len(under_way)}, {})
        self._until = self._clock() + max(FRESH_SECONDS, REST * (self._clock() - started))


def saved_as(counted: Counted, name: str, block: str) -> str:
    """What to save one of `result_files.KINDS` as."""
    stem, _, suffix = name.partition(".")
    words = [stem, counted.results["study_hash"][:8], "" if block == "screened" else block]
    return f"{'-'.join(filter(None, words))}.{suffix}"
