"""The votes in a private data set of the Hub: what a disk that vanishes takes, the next start gets back.

The database is the truth. A vote is acknowledged when it is committed there; this follows in a thread of its own, so
that a Hub that is slow or away costs no listener anything. At its start it takes over what the data set has and the
database has not, and sends what the database has and the data set has not: both ways each entry once.
"""

import dataclasses
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from audiogan.listening.hub_dataset import VARIABLE, HubDataset
from audiogan.listening.outbox import Outbox
from audiogan.listening.store import Store, utc
from audiogan.listening.store.journal import key

EVERY_SECONDS = 60.0  # the Hub asks for no more than some hundred commits an hour
START_SECONDS = 20.0  # how long a start waits for the votes that are on the Hub
STOP_SECONDS = 8.0  # from when the process is told to stop: many a supervisor kills after 10, Python ends in 1 or 2
LAST_SECONDS = 1.0  # however long the process took to finish everything else
BATCH = 200  # entries stored at once, in some 50 ms: a vote does not wait long for its turn
FILES = 20  # in one commit: about 20 MB
LATE_SECONDS = 150.0  # with something waiting: the client tries again for some minutes before it gives up
LOG = logging.getLogger(__name__)  # never print: where the log's disk is full that raises, and would end the thread


@dataclass(frozen=True)
class SyncState:
    """How the copy on the Hub stands.

    Attributes:
        status: `off` where no data set is named, `starting`, `ok`, or `failing`.
        dataset: OWNER/NAME.
        waiting: entries (votes, sessions, steps, events) that the Hub does not have yet.
        pulled, pushed: entries since this process started.
        damaged: lines of the data set that are not entries and were passed over.
        synced_utc: when all was last well.
        error: what went wrong last, a sentence; empty while all is well.
    """

    status: str = "off"
    dataset: str = ""
    waiting: int = 0
    pulled: int = 0
    pushed: int = 0
    damaged: int = 0
    synced_utc: str = ""
    error: str = ""

    def words(self) -> str:
        """One sentence for the page, which names neither the data set nor what is wrong with it."""
        if self.status == "off":
            return ""
        if self.status == "failing":
            return (
                f"Votes are stored here. Their copy on the Hub fails for now and is tried again: {self.waiting} wait."
            )
        if self.status == "starting":
            return "Votes are stored here. Those on the Hub are being fetched."
        return f"Votes are stored here and copied to the Hub: last {self.synced_utc[:16].replace('T', ' ')} UTC."


class HubSync:
    """Keeps a store and a data set alike.

    Args:
        store: the votes.
        dataset: OWNER/NAME; made private if there is none, refused if it is public.
        every: seconds between rounds.

    Raises:
        ValueError: the data set's name is not one.
    """

    def __init__(self, store: Store, dataset: str, every: float = EVERY_SECONDS):
        self._store, self._dataset, self._every = store, HubDataset(dataset), every
        self._outbox, self._turn = Outbox(), threading.Lock()
        self._state, self._joined, self._well = SyncState("starting", dataset), False, time.monotonic()
        self._first, self._wake, self._closed = threading.Event(), threading.Event(), threading.Event()
        self._until: float | None = None  # when to give up, once the process stops
        self._thread = threading.Thread(target=self._run, name="hub-sync", daemon=True)
        store.subscribe(self._outbox.add)

    def state(self) -> SyncState:
        """How things stand now."""
        state, late = self._state, time.monotonic() - self._well
        state = dataclasses.replace(state, waiting=self._outbox.waiting)
        if state.status == "ok" and state.waiting and late > LATE_SECONDS:
            return dataclasses.replace(
                state, status="failing", error=f"the Hub has taken nothing for {late:.0f} seconds"
            )
        return state

    def round(self) -> SyncState:
        """Take over and send what there is.

        Raises:
            HubError: the Hub did not do its part; everything waits for the next round.
            StoreError: the database did not.
            OSError: the disk is full.
        """
        with self._turn:
            if self._joined and self._outbox.waiting:
                self._joined = self._dataset.is_there()  # and still private
            if not self._joined:
                self._join()
                self._joined = True
            self._push()
            self._state = dataclasses.replace(self._state, status="ok", synced_utc=utc(), error="")
            self._well = time.monotonic()
        return self.state()

    def start(self, wait_seconds: float = START_SECONDS) -> None:
        """Begin rounds in a thread; returns after the first, or when it takes too long to wait for."""
        self._thread.start()
        self._first.wait(wait_seconds)

    def hurry(self) -> None:
        """Send what waits now rather than at the next round: the process is about to end, and may yet take votes."""
        self._until = self._until or time.monotonic() + STOP_SECONDS
        self._wake.set()

    def close(self) -> None:
        """Send what waits and end, or give up `STOP_SECONDS` after the first call of this or `hurry`."""
        self._closed.set()
        self.hurry()
        if self._thread.is_alive():
            self._thread.join(max(LAST_SECONDS, self._until - time.monotonic()))

    def _run(self) -> None:
        while True:
            closed = self._closed.is_set()  # one more round after it was set
            pause = self._attempt()
            self._first.set()
            if closed:
                return
            self._wake.wait(pause)
            self._wake.clear()

    def _attempt(self) -> float:
        """A round that fails loudly in the log and quietly everywhere else; seconds until the next."""
        before = self._state.status
        try:
            self.round()
        except Exception as error:  # whatever it is: votes go on, and the state says so
            message = " ".join(str(error).split()) or type(error).__name__
            if message != self._state.error:
                LOG.warning("%s: %s", VARIABLE, message)
            self._state = dataclasses.replace(self._state, status="failing", error=message)
            return max(self._every, getattr(error, "retry_after", None) or 0)
        if before == "failing":
            LOG.info("%s: all votes are on the Hub again", VARIABLE)
        return self._every

    def _join(self) -> None:
        """Make store and outbox hold between them what data set and store hold together."""
        known: set[tuple] = set()
        with tempfile.TemporaryDirectory(prefix="audiogan-ratings-") as cache:
            for batch in _batches(self._dataset.entries(Path(cache))):
                known.update(map(key, batch))
                added = self._store.merge(batch)
                self._state = dataclasses.replace(self._state, pulled=self._state.pulled + sum(added.values()))
        self._state = dataclasses.replace(self._state, damaged=self._dataset.damaged)
        if self._dataset.damaged:
            LOG.warning("%s: %d damaged lines were passed over", VARIABLE, self._dataset.damaged)
        self._outbox.clear()
        for batch in _batches(entry for entry in self._store.journal() if key(entry) not in known):
            self._outbox.add(batch)
            self._outbox.collect()

    def _push(self) -> None:
        """Send what waits, in commits of a moderate size."""
        files = self._outbox.collect()
        for first in range(0, len(files), FILES):
            some = files[first : first + FILES]
            count = sum(lines.entries - lines.sent_entries for lines in some)
            self._dataset.add({lines.path: lines.read() for lines in some}, f"Add {count} entries")
            self._outbox.sent(some)
            self._state = dataclasses.replace(self._state, pushed=self._state.pushed + count)


def _batches(entries: Iterable[dict]) -> Iterator[list[dict]]:
    entries = iter(entries)
    while batch := list(islice(entries, BATCH)):
        yield batch


_current: HubSync | None = None


def start(store: Store, wait_seconds: float = START_SECONDS) -> HubSync | None:
    """Begin to sync a store with the data set that AUDIOGAN_RATINGS_DATASET names, if it names one.

    Raises:
        ValueError: the data set's name is not one.
    """
    global _current
    dataset = os.environ.get(VARIABLE, "")
    _current = HubSync(store, dataset) if dataset else None
    if _current:
        _current.start(wait_seconds)
    return _current


def sync_state() -> SyncState:
    """How the sync of this process stands, for the page and for those who watch it."""
    return _current.state() if _current else SyncState()
