"""The store of listeners' answers: written once, never changed, on disk before they are acknowledged."""

import dataclasses
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from audiogan.listening.exclusions import WITHDRAWN
from audiogan.listening.store import journal, participants, place, schema, sessions
from audiogan.listening.store.database import Database, StoreError
from audiogan.listening.store.sessions import Session
from audiogan.listening.tokens import given_key
from audiogan.listening.votes import Exclusion, Vote

__all__ = ["Session", "Store", "StoreError", "utc"]


class Store:
    """Votes, sessions and events. Safe to share between threads; several processes may use one database.

    Args:
        url: an SQLAlchemy URL; None takes `place.default_url()`.

    Attributes:
        participants: the ids of listeners whom a platform sent.

    Raises:
        StoreError: the URL is invalid, the database cannot be opened, or a newer audiogan wrote it.
    """

    def __init__(self, url: str | None = None):
        self._database = Database(url or place.default_url())
        self.participants = participants.Participants(self._database)
        self._listeners: list[Callable[[list[dict]], None]] = []
        try:
            schema.open_schema(self._database)
        except StoreError as error:
            self.close()
            raise StoreError(f"{error}; {self._database.setting}") from None

    @property
    def where(self) -> str:
        """The database's file, or its host and name, without secrets."""
        return self._database.where

    def secret(self) -> str:
        """The key that signs tokens: AUDIOGAN_SECRET, or a random one that the database keeps for every process.

        Raises:
            ValueError: AUDIOGAN_SECRET is too short, or not UTF-8.
        """
        if given := given_key("AUDIOGAN_SECRET"):
            return given
        query = sa.select(schema.settings.c.value).where(schema.settings.c.name == "secret")
        with self._database.read() as connection:
            kept = connection.scalar(query)
        if kept:
            return kept
        with self._database.write() as connection:
            row = {"name": "secret", "value": secrets.token_hex(32)}
            self._database.insert_new(connection, schema.settings, row)
            return connection.scalar(query)

    def start(
        self,
        session: Session,
        plan: Callable[[dict[str, int]], Sequence[dict]],
        pending_since_ms: int,
        participant: str = "",
    ) -> None:
        """Begin a session; an existing one stays as it is. Sessions that begin at once are planned one after another.

        Args:
            session: without its plan.
            plan: makes the session's steps from how often each stimulus was rated, or was assigned since
                `pending_since_ms` and is yet to be rated; a step's `rated` lists the stimuli that count from now on.
            participant: the platform's id of the listener.
        """
        stored = []
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":
                lock = int(session.study_hash[:15], 16)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
            counts = sessions.assigned(connection, session.study_hash, pending_since_ms)
            session = dataclasses.replace(session, plan=tuple(plan(counts)))
            row = dataclasses.asdict(session) | {"plan": json.dumps(session.plan)}
            is_new = self._database.insert_new(connection, schema.sessions, row)
            if is_new and (given := journal.assigned(row)):
                self._database.insert_new(connection, schema.assignments, *given)
            if is_new:
                stored.append(journal.entry(row, "session"))
            if is_new and participant:
                shared = {name: row[name] for name in ("session_id", "study_hash")}
                self._database.insert_new(connection, schema.participants, shared | {"participant": participant})
                stored += self._add_event(connection, **participants.event(**shared))
        self._tell(stored)

    def session(self, session_id: str) -> Session | None:
        """A session as it began, if there is one."""
        query = sa.select(schema.sessions).where(schema.sessions.c.session_id == session_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
        return row and Session(**(dict(row) | {"plan": tuple(json.loads(row["plan"]))}))

    def progress(self, session_id: str, rule: str) -> tuple[dict[int, tuple[dict, int]], bool]:
        """How far a session got.

        Returns:
            For each finished step, by its number, its detail and when it was finished (milliseconds since 1970, UTC);
            and whether `rule` excluded the session. A session restored from a Hub may lack a step between others.
        """
        table = schema.steps
        query = sa.select(table.c.number, table.c.detail, table.c.closed_ms).where(table.c.session_id == session_id)
        excluded = sa.select(schema.events.c.id).where(schema.events.c.key == f"{rule} {session_id}")
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.number)).all()
            steps = {number: (json.loads(detail), closed_ms) for number, detail, closed_ms in rows}
            return steps, connection.scalar(excluded) is not None

    def under_way(self, study_hash: str, since_ms: int) -> set[str]:
        """The unfinished sessions of a study with a step finished since then (milliseconds since 1970, UTC)."""
        with self._database.read() as connection:
            return sessions.under_way(connection, study_hash, since_ms)

    def close_step(
        self,
        session_id: str,
        number: int,
        detail: dict,
        closed_ms: int,
        votes: Sequence[Vote] = (),
        events: Sequence[dict] = (),
    ) -> bool:
        """Finish a step with its votes and events, all or nothing, committed before this returns.

        Args:
            detail: JSON types that the session may need later.
            events: as `sessions.note` and `background.events` make them; each is stored once.

        Returns:
            False if the step was already finished: nothing changed. Votes restored from a Hub without their step stay
            as they are.

        Raises:
            StoreError: it could not be stored, and nothing was.
        """
        row = {"session_id": session_id, "number": number, "detail": json.dumps(detail), "closed_ms": closed_ms}
        rows, stored = list(map(journal.vote_row, votes)), [journal.entry(row, "step")]
        table = schema.votes
        answered = sa.select(table.c.question).where(table.c.vote_id.in_({vote.vote_id for vote in votes}))
        with self._database.write() as connection:
            if not self._database.insert_new(connection, schema.steps, row):
                return False
            known = set(connection.scalars(answered)) if rows else ()
            if rows := [row for row in rows if row["question"] not in known]:
                connection.execute(sa.insert(table), rows)
            for fields in events:
                stored += self._add_event(connection, **fields)
        self._tell(stored + list(map(journal.vote_entry, rows)))
        return True

    def exclude(self, exclusion: Exclusion) -> bool:
        """Add an exclusion; False if the same rule already excludes the same session or vote."""
        fields = dataclasses.asdict(exclusion) | {"created_utc": exclusion.created_utc or utc()}
        kind = fields.pop("kind")
        key = f"{exclusion.rule} {exclusion.session_id or exclusion.vote_id}"
        with self._database.write() as connection:
            stored = self._add_event(connection, key, kind, **fields)
            if exclusion.rule == WITHDRAWN:
                participants.forget(connection, [exclusion.session_id])
        if exclusion.rule == WITHDRAWN:
            self._database.empty_log()
        self._tell(stored)
        return bool(stored)

    def session_of_vote(self, vote_id: str) -> str | None:
        """The session that a vote belongs to, if there is such a vote."""
        query = sa.select(schema.votes.c.session_id).where(schema.votes.c.vote_id == vote_id).limit(1)
        with self._database.read() as connection:
            return connection.scalar(query)

    def heard(self, rater: str, study_hash: str) -> set[str]:
        """The stimuli that a rater's sessions in a study play, rated or not."""
        table = schema.sessions
        query = sa.select(table.c.plan).where(table.c.rater == rater, table.c.study_hash == study_hash)
        with self._database.read() as connection:
            plans = map(json.loads, connection.scalars(query))
            return {clip for plan in plans for step in plan for clip in step.get("clips", ())}

    def votes_of(self, session_id: str) -> list[dict]:
        """A session's votes in the order given."""
        table = schema.votes
        query = sa.select(table).where(table.c.session_id == session_id).order_by(table.c.trial_index, table.c.order)
        with self._database.read() as connection:
            return list(map(journal.vote_entry, connection.execute(query).mappings()))

    def rows(self) -> Iterator[dict]:
        """Votes, oldest first, then exclusions, notes and the other events: classes in `votes` as dictionaries."""
        return journal.rows(self._database)

    def touch(self) -> None:
        """Write the current time to disk, to check that the database takes writes.

        Raises:
            StoreError: the database takes no writes.
        """
        table = schema.settings
        with self._database.write() as connection:
            changed = connection.execute(sa.update(table).where(table.c.name == "touched").values(value=utc()))
            if not changed.rowcount:
                self._database.insert_new(connection, table, {"name": "touched", "value": utc()})

    def close(self) -> None:
        """Close the database's connections; the next call opens new ones."""
        self._database.close()

    def journal(self) -> Iterator[dict]:
        """Everything ever stored: see `store.journal`."""
        return journal.entries(self._database)

    def merge(self, entries: Iterable[dict]) -> dict[str, int]:
        """Store the entries of another database's journal that this one lacks; return how many of each kind were new.

        Raises:
            ValueError: an entry is invalid; nothing was stored.
        """
        return journal.merge(self._database, entries)

    def subscribe(self, listener: Callable[[list[dict]], None]) -> None:
        """Call `listener` with the entries that this process stores, except by `merge`, once they are committed.

        It must be quick.
        """
        self._listeners.append(listener)

    def _tell(self, entries: list[dict]) -> None:
        for listener in self._listeners if entries else ():
            listener(entries)

    def _add_event(self, connection: sa.Connection, key: str, kind: str, **fields) -> list[dict]:
        """The added entry in a list, which is empty if it existed already."""
        empty = dict.fromkeys(("session_id", "vote_id", "study_hash", "rule", "reason"), "")
        row = empty | {"created_utc": utc()} | fields | {"key": key, "kind": kind}
        return [journal.entry(row)] if self._database.insert_new(connection, schema.events, row) else []


def utc() -> str:
    """The time now, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
