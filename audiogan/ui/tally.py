"""The results of the votes, calculated once for all who look at them."""

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
REST = 20  # times the duration of the last calculation: at most a twentieth of one core


class Counted(NamedTuple):
    """The results at one time.

    Attributes:
        results: from `statistics.analysis.analyse`.
        made: what was made of them, by name (`page`, or one of `result_files.KINDS`) and block.
    """

    results: dict
    made: dict[tuple[str, str], str | bytes]


class Tally:
    """One study's results, calculated at most every few seconds, however many look at them.

    A sitting counts once it has ended or was given up: otherwise its listener could tell from the changes here which
    system they have just heard.

    Args:
        store: the votes.
        study: the study; None takes the one with most rows.
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
        """The `result_files.KINDS` that have contents, as of the last calculation."""
        results = self.latest.results if self.latest else None
        if not results or not results["all"]["counts"]["votes"]:
            return []
        return [name for name in KINDS if is_drawn(results[block]) or name not in OF_ONE_BLOCK]

    @property
    def is_old(self) -> bool:
        """Whether the next request counts the votes again."""
        return self._clock() >= self._until

    def now(self) -> Counted:
        """The numbers, counted again if they are old and no other thread is counting.

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
        from audiogan.listening.statistics.analysis import analyse  # imports scipy, not needed at the page's start

        started = self._clock()
        since_ms = round(1000 * time.time()) - PENDING_MS
        under_way = self._store.under_way(self._study.hash, since_ms) if self._study else set()
        ended = (row for row in self._store.rows() if row["session_id"] not in under_way)
        rows = by_study(records(ended, [self._study] if self._study else []))
        mine = rows.get(self._study.hash, []) if self._study else max(rows.values(), key=len, default=[])
        self.latest = Counted(analyse(mine) | {"under_way": len(under_way)}, {})
        self._until = self._clock() + max(FRESH_SECONDS, REST * (self._clock() - started))


def saved_as(counted: Counted, name: str, block: str) -> str:
    """The name to save one of `result_files.KINDS` as."""
    stem, _, suffix = name.partition(".")
    words = [stem, counted.results["study_hash"][:8], "" if block == "screened" else block]
    return f"{'-'.join(filter(None, words))}.{suffix}"
