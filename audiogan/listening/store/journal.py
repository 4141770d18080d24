"""Everything stored, as JSON entries told apart by `kind`: enough to bring another database to the same state.

A `vote` is what `Store.rows` yields; `session`, `step` and the events, as they are stored, let listeners continue where
they were. No entry has the platform's ids of listeners, `schema.participants`.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from audiogan.listening.exclusions import WITHDRAWN
from audiogan.listening.store import background, participants, schema, sessions
from audiogan.listening.store.database import Database
from audiogan.listening.votes import EXCLUSION_COLUMNS, VOTE_COLUMNS, Vote

TABLES = {  # by kind of entry: its table, and the columns that identify it
    "session": (schema.sessions, ("session_id",)),
    "step": (schema.steps, ("session_id", "number")),
    "vote": (schema.votes, ("vote_id", "question")),
    "exclusion": (schema.events, ("key",)),
    "note": (schema.events, ("key",)),
    participants.RECRUITED: (schema.events, ("key",)),
    background.BACKGROUND: (schema.events, ("key",)),
}
_STORED = tuple(name for name in VOTE_COLUMNS if name not in ("value", "kind"))


def entries(database: Database) -> Iterator[dict]:
    """All entries, sessions before what happened in them."""
    for table, kind in (
        (schema.sessions, "session"),
        (schema.steps, "step"),
        (schema.votes, "vote"),
        (schema.events, ""),
    ):
        with database.read() as connection:
            for row in connection.execution_options(yield_per=1000).execute(sa.select(table)).mappings():
                yield vote_entry(row) if kind == "vote" else entry(row, kind)


def entry(row, kind: str = "") -> dict:
    """The entry of a row of any table except `votes`; events have their own kind."""
    return ({"kind": kind} if kind else {}) | {name: value for name, value in row.items() if name != "id"}


def rows(database: Database) -> Iterator[dict]:
    """See `Store.rows`."""
    exclusions = sa.select(schema.events).where(schema.events.c.kind == "exclusion").order_by(schema.events.c.id)
    with database.read() as connection:
        query = sa.select(schema.votes).order_by(schema.votes.c.id)
        for row in connection.execution_options(yield_per=1000).execute(query).mappings():
            yield vote_entry(row)
        for row in connection.execute(exclusions).mappings():
            yield {name: row[name] for name in EXCLUSION_COLUMNS}
        for others in (sessions.notes, participants.rows, background.rows):
            yield from others(connection)


def vote_entry(row) -> dict:
    """A row of `votes` as `votes.Vote`'s dictionary."""
    value = row["word"] if row["number"] is None else row["number"]
    fields = {name: row[name] for name in _STORED} | {"value": value, "kind": "vote"}
    return {name: fields[name] for name in VOTE_COLUMNS}


def vote_row(vote: Vote) -> dict:
    """The row of a vote."""
    return _valued(dataclasses.asdict(vote))


def key(item: dict) -> tuple:
    """The unique key of an entry."""
    return item["kind"], *(item[name] for name in TABLES[item["kind"]][1])


def merge(database: Database, items: Iterable[dict]) -> dict[str, int]:
    """Store the entries that are new, all or nothing; existing ones do not change.

    Returns:
        How many of each kind were new.

    Raises:
        ValueError: an entry is invalid.
    """
    rows: dict[str, list[dict]] = {kind: [] for kind in TABLES}
    for item in items:
        rows[item["kind"]].append(checked(item))
    given = [row for session in rows["session"] for row in assigned(session)]
    withdrawn = [row["session_id"] for row in rows["exclusion"] if row["rule"] == WITHDRAWN]
    with database.write() as connection:
        if given:
            database.insert_new(connection, schema.assignments, *given)
        participants.forget(connection, withdrawn)
        counts = {
            kind: database.insert_new(connection, TABLES[kind][0], *new) if new else 0 for kind, new in rows.items()
        }
    if withdrawn:
        database.empty_log()
    return counts


def assigned(session: dict) -> list[dict]:
    """The rows of `assignments` that follow from a row of `sessions`."""
    given = {stimulus for step in json.loads(session["plan"]) for stimulus in step.get("rated", ())}
    shared = {name: session[name] for name in ("session_id", "study_hash", "created_ms")}
    return [shared | {"stimulus": stimulus} for stimulus in sorted(given)]


def checked(item) -> dict:
    """The row of an entry that came from outside.

    Raises:
        ValueError: the entry is invalid.
    """
    if not isinstance(item, dict) or item.get("kind") not in TABLES:
        raise ValueError(f"kind must be one of {', '.join(TABLES)}")
    table, _ = TABLES[item["kind"]]
    row = _valued(item) if table is schema.votes else item
    if table is schema.votes and item.get("value") is None:
        raise ValueError("a vote has no value")
    columns = [column for column in table.columns if column.name != "id"]
    for column in columns:
        if not schema.fits(column, row.get(column.name)):
            raise ValueError(f"{column.name} is {str(row.get(column.name))[:80]!r}")
    if item["kind"] in ("session", "step"):
        _check_json(item)
    return {column.name: row.get(column.name) for column in columns}


def _valued(fields: dict) -> dict:
    """A vote's fields with its value in the column that fits it."""
    value = fields.get("value")
    is_number = type(value) is int
    column = {"number": value if is_number else None, "word": None if is_number else value}
    return {name: fields.get(name) for name in _STORED} | column


def _check_json(item: dict) -> None:
    """Raise a ValueError if a plan is not a list of steps, or a step's detail is not an object."""
    if item["kind"] == "step":
        good = isinstance(json.loads(item["detail"]), dict)
    else:
        plan = json.loads(item["plan"])
        good = isinstance(plan, list) and all(
            isinstance(step, dict) and all(_are_names(step.get(name, [])) for name in ("rated", "clips"))
            for step in plan
        )
    if not good:
        raise ValueError(f"the JSON of a {item['kind']} has the wrong shape")


def _are_names(names) -> bool:
    return isinstance(names, list) and all(isinstance(name, str) and len(name) <= 64 for name in names)
