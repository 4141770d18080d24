"""The votes in a private data set of the Hub: what a disk that vanishes takes, the next start gets back.

The database is the truth. A vote is acknowledged when it is committed there; this follows in a thread of its own, so
that a Hub that is slow or away costs no listener anything. At its start it takes over what the data set has and the
database has not, and sends what the database has and the data set has not: both ways each entry once.
"""

import dataclasses
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiogan.hub import HubError, check_repo, connect, explained
from audiogan.listening.outbox import FOLDERS, Outbox
from audiogan.listening.store import Store, utc
from audiogan.listening.store.journal import checked, key

VARIABLE = "AUDIOGAN_RATINGS_DATASET"
EVERY_SECONDS = 60.0  # the Hub asks for no more than some hundred commits an hour
START_SECONDS = 20.0  # how long a start waits for the votes that are on the Hub
STOP_SECONDS = 20.0
BATCH = 500  # entries stored at once: a vote does not wait long for its turn
CONFLICTS = 5
TIMEOUT_SECONDS = 30.0


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
        self._store, self.dataset, self._every = store, check_dataset(dataset), every
        self._outbox, self._turn = Outbox(), threading.Lock()
        self._state, self._joined = SyncState("starting", dataset), False
        self._first, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub-sync", daemon=True)
        store.subscribe(self._outbox.add)

    def state(self) -> SyncState:
        """How things stand now."""
        return dataclasses.replace(self._state, waiting=self._outbox.waiting)

    def round(self) -> SyncState:
        """Take over and send what there is.

        Raises:
            HubError: the Hub did not do its part; everything waits for the next round.
            StoreError: the database did not.
            OSError: the disk is full.
        """
        with self._turn:
            if not self._joined:
                self._state = dataclasses.replace(self._state, damaged=0)
                self._join()
                self._joined = True
            self._push()
            self._state = dataclasses.replace(self._state, status="ok", synced_utc=utc(), error="")
        return self.state()

    def start(self, wait_seconds: float = START_SECONDS) -> None:
        """Begin rounds in a thread; returns after the first, or when it takes too long to wait for."""
        self._thread.start()
        self._first.wait(wait_seconds)

    def close(self, seconds: float = STOP_SECONDS) -> None:
        """Send what waits and end, or give up after so many seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            stopping = self._stop.is_set()  # one more round after it was set
            pause = self._attempt()
            self._first.set()
            self._stop.wait(pause)

    def _attempt(self) -> float:
        """A round that fails loudly in the log and quietly everywhere else; seconds until the next."""
        before = self._state.status
        try:
            self.round()
        except Exception as error:  # whatever it is: votes go on, and the state says so
            message = " ".join(str(error).split()) or type(error).__name__
            if message != self._state.error:
                print(f"{VARIABLE}: {message}", file=sys.stderr, flush=True)
            self._state = dataclasses.replace(self._state, status="failing", error=message)
            return max(self._every, getattr(error, "retry_after", None) or 0)
        if before == "failing":
            print(f"{VARIABLE}: all votes are on the Hub again", file=sys.stderr, flush=True)
        return self._every

    def _join(self) -> None:
        """Make store and outbox hold between them what data set and store hold together."""
        known = set()
        fetched = []
        with tempfile.TemporaryDirectory(prefix="audiogan-ratings-") as cache:
            for entry in self._fetched(Path(cache)):
                known.add(key(entry))
                fetched.append(entry)
        fetched.sort(key=lambda entry: (list(FOLDERS).index(entry["kind"]), entry.get("created_utc", "")))
        for first in range(0, len(fetched), BATCH):
            added = self._store.merge(fetched[first : first + BATCH])
            self._state = dataclasses.replace(self._state, pulled=self._state.pulled + sum(added.values()))
        if self._state.damaged:
            print(f"{VARIABLE}: {self._state.damaged} damaged lines were passed over", file=sys.stderr, flush=True)
        self._outbox.clear()
        self._outbox.add([entry for entry in self._store.journal() if key(entry) not in known])

    def _fetched(self, cache: Path) -> Iterator[dict]:
        """Every entry of the data set."""
        from huggingface_hub.errors import RepositoryNotFoundError

        api, kind = connect(), {"repo_type": "dataset"}
        with explained(self.dataset):
            try:
                info = api.repo_info(self.dataset, timeout=TIMEOUT_SECONDS, **kind)
            except RepositoryNotFoundError:
                api.create_repo(self.dataset, private=True, exist_ok=True, **kind)
                info = api.repo_info(self.dataset, timeout=TIMEOUT_SECONDS, **kind)
            if not info.private:
                raise HubError(f"data set {self.dataset} is public, and votes go to a private one only")
            patterns = [f"{folder}/*.jsonl" for folder in sorted(set(FOLDERS.values()))]
            options = {"revision": info.sha, "allow_patterns": patterns, "cache_dir": cache}
            folder = Path(api.snapshot_download(self.dataset, **options, **kind))
        for file in sorted(folder.glob("*/*.jsonl")):
            yield from self._read(file)

    def _read(self, file: Path) -> Iterator[dict]:
        with file.open("rb") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                    checked(entry)
                except (ValueError, RecursionError):
                    self._state = dataclasses.replace(self._state, damaged=self._state.damaged + 1)
                else:
                    yield entry

    def _push(self) -> None:
        from huggingface_hub import CommitOperationAdd

        files = self._outbox.collect()
        if not files:
            return
        count = sum(lines.entries - lines.sent_entries for lines in files)
        contents = {lines.path: lines.read() for lines in files}
        for attempt in range(CONFLICTS):
            try:
                with explained(self.dataset):
                    operations = [CommitOperationAdd(path, data) for path, data in contents.items()]
                    message = f"Add {count} entries"
                    connect().create_commit(self.dataset, operations, commit_message=message, repo_type="dataset")
                break
            except HubError as error:
                if not error.conflict or attempt == CONFLICTS - 1:
                    raise
        self._outbox.sent(files)
        self._state = dataclasses.replace(self._state, pushed=self._state.pushed + count)


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


def check_dataset(dataset: str) -> str:
    """The name, if it can be a data set's.

    Raises:
        ValueError: it is not OWNER/NAME.
    """
    try:
        return check_repo(dataset)
    except ValueError as error:
        raise ValueError(f"{VARIABLE}: {error}") from None
