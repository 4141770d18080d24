"""Listeners' answers about themselves, stored as events so that they never enter a count of votes."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from audiogan.listening.store import schema

BACKGROUND = "background"  # kind of the event that a listener answered, or skipped, a question about themselves


def events(session_id: str, study_hash: str, said: Mapping[str, str]) -> list[dict]:
    """The fields of the events for a session's answers: one event per question, stored once."""
    return [
        {
            "key": f"{BACKGROUND} {session_id} {asked}",
            "kind": BACKGROUND,
            "session_id": session_id,
            "study_hash": study_hash,
            "rule": asked,
            "reason": answer,
        }
        for asked, answer in said.items()
    ]


def rows(connection: sa.Connection) -> Iterator[dict]:
    """Every such answer, oldest first: `votes.Background` as dictionaries."""
    query = sa.select(schema.events).where(schema.events.c.kind == BACKGROUND).order_by(schema.events.c.id)
    for row in connection.execute(query).mappings():
        shared = {name: row[name] for name in ("session_id", "study_hash", "created_utc", "kind")}
        yield {"asked": row["rule"], "said": row["reason"]} | shared
