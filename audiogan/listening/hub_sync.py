"""Copy the votes to a private data set on the Hub, from which the next start restores what a lost disk held.

The database is the truth: a vote is acknowledged when it is committed there. The copy follows in its own thread, so a
slow or absent Hub delays no listener. At its start it merges the entries that only the data set has, and sends those
that only the database has, each once.
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

EVERY_SECONDS = 60.0  # the Hub asks for at most some hundred commits an hour
START_SECONDS = 20.0  # how long a start waits for the votes on the Hub
STOP_SECONDS = 8.0  # after the process is told to stop: many supervisors kill after 10, and Python takes 1 or 2 to end
LAST_SECONDS = 1.0  # at least this, however long the process took to finish everything else
BATCH = 200  # entries stored at once, in some 50 ms, so that a vote does not wait long for its turn
FILES = 20  # in one commit: about 20 MB
LATE_SECONDS = 150.0  # with entries waiting, `failing` after this: the client retries for minutes before it gives up
LOG = logging.getLogger(__name__)  # never print: that raises when the log's disk is full, and would end the thread


@dataclass(frozen=True)
class SyncState:
    """State of the copy on the Hub.

    Attributes:
        status: `off` where no data set is named, `starting`, `ok`, or `failing`.
        dataset: OWNER/NAME.
        waiting: entries (votes, sessions, steps, events) that the Hub does not have yet.
        pulled, pushed: entries since this process started.
        damaged: lines of the data set that were skipped because they are not entries.
        synced_utc: end of the last successful round.
        error: the last failure, a sentence; empty while all is well.
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
        """One or two sentences for the page, which name neither the data set nor the error."""
        if self.status == "off":
            return ""
        if self.status == "failing":
            return f"Votes are stored here. Copying them to the Hub fails and will be tried again: {self.waiting} wait."
        if self.status == "starting":
            return "Votes are stored here. Those on the Hub are being fetched."
        return f"Votes are stored here and copied to the Hub: last {self.synced_utc[:16].replace('T', ' ')} UTC."


class HubSync:
    """Keeps a store and a data set in sync.

    Args:
        store: the votes.
        dataset: OWNER/NAME; created as private if it does not exist, refused if it is public.
        every: seconds between rounds.

    Raises:
        ValueError: the data set's name is not OWNER/NAME.
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
        """The current state."""
        state, late = self._state, time.monotonic() - self._well
        state = dataclasses.replace(state, waiting=self._outbox.waiting)
        if state.status == "ok" and state.waiting and late > LATE_SECONDS:
            return dataclasses.replace(
                state, status="failing", error=f"the Hub has taken nothing for {late:.0f} seconds"
            )
        return state

    def round(self) -> SyncState:
        """Send what waits; before that, in the first round or if the data set is gone, merge the two.

        Raises:
            HubError: the Hub failed; everything waits for the next round.
            StoreError: the database failed.
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
        """Start the rounds in a thread; return after the first, or after `wait_seconds`."""
        self._thread.start()
        self._first.wait(wait_seconds)

    def hurry(self) -> None:
        """Send what waits now, not at the next round: the process is about to stop, but may still take votes."""
        self._until = self._until or time.monotonic() + STOP_SECONDS
        self._wake.set()

    def close(self) -> None:
        """Send what waits and stop; give up `STOP_SECONDS` after the first call of this or `hurry`."""
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
        """Run a round, log its failure if it is new, and return the seconds until the next."""
        before = self._state.status
        try:
            self.round()
        except Exception as error:  # whatever it is: votes go on, and the state shows it
            message = " ".join(str(error).split()) or type(error).__name__
            if message != self._state.error:
                LOG.warning("%s: %s", VARIABLE, message)
            self._state = dataclasses.replace(self._state, status="failing", error=message)
            return max(self._every, getattr(error, "retry_after", None) or 0)
        if before == "failing":
            LOG.info("%s: all votes are on the Hub again", VARIABLE)
        return self._every

    def _join(self) -> None:
        """Merge the data set into the store, and fill the outbox with what only the store has."""
        known: set[tuple] = set()
        with tempfile.TemporaryDirectory(prefix="audiogan-ratings-") as cache:
            for batch in _batches(self._dataset.entries(Path(cache))):
                known.update(map(key, batch))
                added = self._store.merge(batch)
                self._state = dataclasses.replace(self._state, pulled=self._state.pulled + sum(added.values()))
        self._state = dataclasses.replace(self._state, damaged=self._dataset.damaged)
        if self._dataset.damaged:
            LOG.warning("%s: %d damaged lines were skipped", VARIABLE, self._dataset.damaged)
        self._outbox.clear()
        for batch in _batches(entry for entry in self._store.journal() if key(entry) not in known):
            self._outbox.add(batch)
            self._outbox.collect()

    def _push(self) -> None:
        """Send what waits, in commits of at most `FILES` files."""
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
    """Start syncing a store with the data set in AUDIOGAN_RATINGS_DATASET, if it is set.

    Raises:
        ValueError: the data set's name is not OWNER/NAME.
    """
    global _current
    dataset = os.environ.get(VARIABLE, "")
    _current = HubSync(store, dataset) if dataset else None
    if _current:
        _current.start(wait_seconds)
    return _current


def sync_state() -> SyncState:
    """State of this process's sync, for the page and for monitoring."""
    return _current.state() if _current else SyncState()
