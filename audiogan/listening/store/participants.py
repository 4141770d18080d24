"""Which participant of a platform each sitting belongs to. The ids are in no journal, so no copy has them."""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from audiogan.listening.store import schema
from audiogan.listening.store.database import Database
from audiogan.listening.votes import RECRUITED_COLUMNS

RECRUITED = "recruited"  # kind of the event that a platform sent a sitting's listener, without the id


class Participants:
    """The ids of listeners whom a platform sent and who did not withdraw."""

    def __init__(self, database: Database):
        self._database = database

    def by_session(self) -> dict[str, str]:
        """The id of each session that has one."""
        table = schema.participants
        with self._database.read() as connection:
            return dict(connection.execute(sa.select(table.c.session_id, table.c.participant)).all())

    def sessions_of(self, participant: str, study_hash: str = "") -> list[str]:
        """A participant's sessions, at most one per study."""
        table = schema.participants
        query = sa.select(table.c.session_id).where(table.c.participant == participant)
        query = query.where(table.c.study_hash == study_hash) if study_hash else query
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(table.c.session_id)))

    def was_recruited(self, session_id: str) -> bool:
        """Whether a platform sent a session's listener; withdrawing does not change that."""
        query = sa.select(schema.events.c.id).where(schema.events.c.key == f"{RECRUITED} {session_id}")
        with self._database.read() as connection:
            return connection.scalar(query) is not None


def event(session_id: str, study_hash: str) -> dict:
    """The fields of the event that a platform sent a session's listener."""
    shared = {"session_id": session_id, "study_hash": study_hash}
    return {"key": f"{RECRUITED} {session_id}", "kind": RECRUITED} | shared


def forget(connection: sa.Connection, session_ids: Iterable[str]) -> None:
    """Delete the ids of these sessions; `Database.empty_log` deletes them from SQLite's log, too."""
    if gone := set(session_ids):
        connection.execute(sa.delete(schema.participants).where(schema.participants.c.session_id.in_(gone)))


def rows(connection: sa.Connection) -> Iterator[dict]:
    """Every session whose listener a platform sent, oldest first: `votes.Recruited` as dictionaries."""
    query = sa.select(schema.events).where(schema.events.c.kind == RECRUITED).order_by(schema.events.c.id)
    for row in connection.execute(query).mappings():
        yield {name: row[name] for name in RECRUITED_COLUMNS}
