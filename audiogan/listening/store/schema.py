"""The tables, their version, and the migration from each older version to the next."""

import math

import sqlalchemy as sa

from audiogan.listening.store.database import Database, StoreError

VERSION = 3  # of the tables; `votes.SCHEMA_VERSION` is that of a vote
metadata = sa.MetaData()
_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite autoincrements only INTEGER
_MIGRATION_LOCK = 0x617564  # any number, the same in each process

schema = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("rater", sa.String(64), nullable=False, index=True),
    sa.Column("study_hash", sa.String(64), nullable=False),
    sa.Column("consent_version", sa.String(64), nullable=False),
    sa.Column("device_class", sa.String(16), nullable=False),
    sa.Column("plan", sa.Text, nullable=False),  # JSON: the session's steps in their order
    sa.Column("created_ms", sa.BigInteger, nullable=False),  # since 1970, UTC
)
assignments = sa.Table(  # stimuli that a session is to rate, so that concurrent sessions share the work
    "assignments",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("stimulus", sa.String(64), primary_key=True),
    sa.Column("study_hash", sa.String(64), nullable=False, index=True),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
)
steps = sa.Table(  # a row for each finished step of a session; the first number without one is the open step
    "steps",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("detail", sa.Text, nullable=False),  # JSON
    sa.Column("closed_ms", sa.BigInteger, nullable=False),
)
votes = sa.Table(
    "votes",
    metadata,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("vote_id", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(64), nullable=False),
    sa.Column("rater", sa.String(64), nullable=False),
    sa.Column("consent_version", sa.String(64), nullable=False),
    sa.Column("study_hash", sa.String(64), nullable=False, index=True),
    sa.Column("app_version", sa.String(32), nullable=False),
    sa.Column("trial_index", sa.Integer, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("stimulus", sa.String(64), nullable=False),
    sa.Column("clip_sha256", sa.String(64), nullable=False),
    sa.Column("label", sa.String(64), nullable=False),
    sa.Column("system", sa.String(64), nullable=False, index=True),
    sa.Column("checkpoint_sha256", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger),
    sa.Column("index", sa.Integer),
    sa.Column("pitch", sa.Float),
    sa.Column("truncation", sa.Float),
    sa.Column("gain_db", sa.Float, nullable=False),
    sa.Column("lufs", sa.Float),
    sa.Column("order", sa.Integer, nullable=False),
    sa.Column("question", sa.String(32), nullable=False),
    sa.Column("number", sa.Integer),  # a vote's value is one of the two: a number on a scale,
    sa.Column("word", sa.String(64)),  # or a word of a choice
    sa.Column("plays", sa.Integer, nullable=False),
    sa.Column("listened_ms", sa.BigInteger),
    sa.Column("response_ms", sa.BigInteger),
    sa.Column("device_class", sa.String(16), nullable=False),
    sa.Column("headphones", sa.String(16), nullable=False),
    sa.Column("created_utc", sa.String(32), nullable=False),
    sa.Column("flags", sa.String(128), nullable=False),
    sa.Column("other_stimulus", sa.String(64), nullable=False),
    sa.Column("other_system", sa.String(64), nullable=False),
    sa.CheckConstraint("(number IS NULL) <> (word IS NULL)", name="votes_one_value"),
    sa.UniqueConstraint("vote_id", "question", name="votes_once_a_receipt"),
    sa.UniqueConstraint("session_id", "trial_index", "question", name="votes_once_a_trial"),
)
participants = sa.Table(  # a platform's ids of its listeners, until they withdraw: apart from everything that is copied
    "participants",
    metadata,
    sa.Column("session_id", sa.String(64), primary_key=True),
    sa.Column("study_hash", sa.String(64), nullable=False),
    sa.Column("participant", sa.String(64), nullable=False),
    sa.UniqueConstraint("study_hash", "participant", name="participants_once_a_study"),
)
events = sa.Table(  # events other than votes, such as exclusions; none changes a vote
    "events",
    metadata,
    sa.Column("id", _KEY, primary_key=True),
    sa.Column("key", sa.String(128), nullable=False, unique=True),  # what can only happen once
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("session_id", sa.String(64), nullable=False, index=True),
    sa.Column("vote_id", sa.String(64), nullable=False),
    sa.Column("study_hash", sa.String(64), nullable=False),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_utc", sa.String(32), nullable=False),
)


def fits(column: sa.Column, value) -> bool:
    """Whether a column takes a value, even in PostgreSQL, which unlike SQLite refuses too long texts and NUL."""
    if value is None:
        return bool(column.nullable)
    if column.type.python_type is str:
        return isinstance(value, str) and len(value) <= (column.type.length or len(value)) and "\0" not in value
    if column.type.python_type is int:
        return type(value) is int and -(2**63) <= value < 2**63
    return type(value) in (int, float) and math.isfinite(value)


def check(name: str, value, column: sa.Column):
    """Return the value if a column takes it.

    Raises:
        ValueError: the column does not; calls the value `name`.
    """
    if fits(column, value):
        return value
    length = getattr(column.type, "length", None)
    wanted = f"a text of at most {length} characters" if length else "a number that the database has room for"
    raise ValueError(f"{name} must be {wanted}, not {value!r:.100}")


def open_schema(database: Database) -> None:
    """Create the tables, or bring an older database up to date in one transaction.

    Raises:
        StoreError: a newer audiogan wrote it.
    """
    version = _version(database)
    if version > VERSION:
        raise StoreError(f"{database.name} has schema version {version}, and this audiogan knows only {VERSION}")
    if version == VERSION:
        return
    with database.write() as connection:
        if database.dialect == "postgresql":  # other processes may be starting too; SQLite's writers wait anyway
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        version = _read_version(connection)  # again: another process may have been faster
        for old in range(version or VERSION, VERSION):  # an empty database has nothing to migrate
            _MIGRATIONS[old](connection)
        metadata.create_all(connection)
        if version < VERSION:
            database.insert_new(connection, schema, {"version": VERSION})


def _version(database: Database) -> int:
    with database.read() as connection:
        return _read_version(connection)


def _read_version(connection: sa.Connection) -> int:
    """The version of the database; 0 for an empty one."""
    if not sa.inspect(connection).has_table(schema.name):
        return 0
    return connection.scalar(sa.select(sa.func.max(schema.c.version))) or 0


def _join_the_studies(connection: sa.Connection) -> None:
    """From 1 to 2: the Play tab's table of votes becomes `free` votes among those of studies."""
    connection.exec_driver_sql("ALTER TABLE votes RENAME TO votes_1")
    metadata.create_all(connection)
    trials: dict[str, dict[str, int]] = {}
    old = connection.execute(sa.text("SELECT * FROM votes_1 ORDER BY id")).mappings().all()
    for row in old:
        seen = trials.setdefault(row["session_id"], {})
        trial = seen.setdefault(row["vote_id"], len(seen))
        connection.execute(sa.insert(votes).values(_free_vote(row, trial)))
    connection.exec_driver_sql("DROP TABLE votes_1")


def _free_vote(row, trial: int) -> dict:
    kept = ("schema_version", "vote_id", "session_id", "role", "question", "checkpoint_sha256", "seed", "pitch")
    return {name: row[name] for name in (*kept, "truncation", "clip_sha256", "app_version", "created_utc")} | {
        "rater": row["session_id"],
        "system": row["model"],
        "index": row["clip_index"],
        "label": row["label"] or "",
        "number": row["value"],
        "trial_index": trial,
        "order": ("quality", "intelligibility", "resemblance").index(row["question"]),
        "plays": 1,
        "headphones": "unknown",
        "gain_db": 0.0,
        **dict.fromkeys(("consent_version", "study_hash", "stimulus", "device_class", "flags"), ""),
        **dict.fromkeys(("other_stimulus", "other_system"), ""),
    }


def _add_participants(_connection: sa.Connection) -> None:
    """From 2 to 3: one more table, which `open_schema` creates with all missing ones; the others do not change."""


_MIGRATIONS = {1: _join_the_studies, 2: _add_participants}
