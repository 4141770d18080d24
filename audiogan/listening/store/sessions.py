"""Sittings: how each began, which are under way, and which stimuli they are about to rate."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from audiogan.listening.store import schema
from audiogan.listening.votes import NOTE_COLUMNS


@dataclass(frozen=True)
class Session:
    """One sitting of one listener, as it began; its progress is in `schema.steps`.

    Attributes:
        session_id: `tokens.session_id` of the listener's secret key.
        rater: see `votes.Vote`.
        plan: its steps, JSON types.
        created_ms: since 1970, UTC.
    """

    session_id: str
    rater: str
    study_hash: str
    consent_version: str
    device_class: str
    plan: tuple[dict, ...]
    created_ms: int


def note(session_id: str, number: int, reason: str) -> dict:
    """The fields of the event that something went wrong in a session's step; `reason` is a sentence."""
    return {"key": f"step {number} of {session_id}", "kind": "note", "session_id": session_id, "reason": reason}


def notes(connection: sa.Connection) -> Iterator[dict]:
    """What went wrong in sessions, oldest first: `votes.Note` as dictionaries."""
    events, sessions = schema.events, schema.sessions
    query = (
        sa.select(events, sessions.c.study_hash.label("study"))
        .outerjoin(sessions, sessions.c.session_id == events.c.session_id)
        .where(events.c.kind == "note")
        .order_by(events.c.id)
    )
    for row in connection.execute(query).mappings():
        yield {name: row[name] for name in NOTE_COLUMNS} | {"study_hash": row["study"] or ""}


def under_way(connection: sa.Connection, study_hash: str, since_ms: int) -> set[str]:
    """The sessions of a study that finished a step since then, but not all of their steps."""
    steps, sessions = schema.steps, schema.sessions
    lately = sa.select(steps.c.session_id).where(steps.c.closed_ms >= since_ms)
    query = (
        sa.select(sessions.c.session_id, sessions.c.plan, sa.func.count())
        .join(steps, steps.c.session_id == sessions.c.session_id)
        .where(sessions.c.study_hash == study_hash, sessions.c.session_id.in_(lately))
        .group_by(sessions.c.session_id, sessions.c.plan)
    )
    return {name for name, plan, finished in connection.execute(query) if finished < len(json.loads(plan))}


def assigned(connection: sa.Connection, study_hash: str, pending_since_ms: int) -> dict[str, int]:
    """How often each stimulus of a study was rated or is about to be."""
    given, rated = schema.assignments, schema.votes
    mine = sa.and_(rated.c.session_id == given.c.session_id, rated.c.stimulus == given.c.stimulus)
    was_rated = sa.exists().where(mine)
    query = (
        sa.select(given.c.stimulus, sa.func.count())
        .where(given.c.study_hash == study_hash, sa.or_(given.c.created_ms >= pending_since_ms, was_rated))
        .group_by(given.c.stimulus)
    )
    return dict(connection.execute(query).all())
