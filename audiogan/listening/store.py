"""The votes: written once, never changed, on disk before they are acknowledged."""

import dataclasses
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

import audiogan
from audiogan.audio import to_pcm16

SCHEMA_VERSION = 1
DEFAULT_FILE = Path(__file__).resolve().parents[2] / "ratings.sqlite3"
QUESTIONS = ("quality", "intelligibility", "resemblance")
SCALE = {1: "Bad", 2: "Poor", 3: "Fair", 4: "Good", 5: "Excellent"}  # ITU-T P.800, annex B
ROLES = ("free",)
BUSY_SECONDS = 30
_ID = re.compile(r"[0-9a-f]{16,64}")
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_metadata = sa.MetaData()
_schema = sa.Table("schema_version", _metadata, sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
_votes = sa.Table(
    "votes",
    _metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("schema_version", sa.Integer, nullable=False),
    sa.Column("vote_id", sa.String(64), nullable=False),
    sa.Column("session_id", sa.String(64), nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("question", sa.String(32), nullable=False),
    sa.Column("value", sa.Integer, sa.CheckConstraint("value BETWEEN 1 AND 5"), nullable=False),
    sa.Column("model", sa.String(64), nullable=False, index=True),
    sa.Column("checkpoint_sha256", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("clip_index", sa.Integer, nullable=False),
    sa.Column("label", sa.String(64)),
    sa.Column("pitch", sa.Float),
    sa.Column("truncation", sa.Float, nullable=False),
    sa.Column("clip_sha256", sa.String(64), nullable=False),
    sa.Column("app_version", sa.String(32), nullable=False),
    sa.Column("created_utc", sa.String(32), nullable=False),
    sa.UniqueConstraint("vote_id", "question"),
)


class StoreError(ValueError):
    """The database cannot be reached, read or written; the message is one sentence for the person at the page."""


@dataclass(frozen=True)
class Clip:
    """Which sound was heard: enough to make it again and to check that it is the same.

    Attributes:
        model: the checkpoint's name.
        checkpoint_sha256: `checkpoint.weights_hash`.
        seed: of the sample it was part of.
        clip_index: its place in that sample.
        label: None where the model has no labels.
        pitch: MIDI number, None where there was none.
        truncation: in (0, 1].
        clip_sha256: `clip_hash` of its audio.
    """

    model: str
    checkpoint_sha256: str
    seed: int
    clip_index: int
    label: str | None
    pitch: float | None
    truncation: float
    clip_sha256: str


@dataclass(frozen=True)
class Rating:
    """One listener's answers, 1 to 5, about one clip.

    Args:
        clip: what was heard.
        session_id: 16 to 64 hexadecimal digits, random for each browser session; never an address.
        quality, intelligibility, resemblance: whole numbers from 1 to 5, `SCALE`.
        role: what the clip was there for; `free` outside a study.

    Raises:
        ValueError: a value out of range, named with what is accepted.
    """

    clip: Clip
    session_id: str
    quality: int
    intelligibility: int
    resemblance: int
    role: str = "free"

    def __post_init__(self):
        for question, value in self.answers().items():
            if type(value) is not int or value not in SCALE:
                raise ValueError(f"{question} must be a whole number from 1 to 5, not {value!r}")
        if not isinstance(self.session_id, str) or not _ID.fullmatch(self.session_id):
            raise ValueError("session_id must be 16 to 64 hexadecimal digits")
        if self.role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(ROLES)}, not {self.role!r}")

    def answers(self) -> dict[str, int]:
        """The value of each of `QUESTIONS`."""
        return {question: getattr(self, question) for question in QUESTIONS}

    @property
    def vote_id(self) -> str:
        """32 hexadecimal digits of session, role and clip: a listener has one vote a clip, however often it is sent."""
        clip = dataclasses.astuple(self.clip)
        return hashlib.sha256(repr((self.session_id, self.role, clip)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Receipt:
    """Proof that a vote is on disk.

    Attributes:
        vote_id: what the votes table calls it.
        repeated: an earlier submission of the same vote was stored, and this one changed nothing.
    """

    vote_id: str
    repeated: bool


class Store:
    """The votes table. Safe to share between threads; several processes may use one database.

    Args:
        url: an SQLAlchemy URL; None takes AUDIOGAN_DATABASE_URL, or `ratings.sqlite3` beside the package.

    Raises:
        StoreError: the URL is not one, the database cannot be opened, or a newer audiogan wrote it.
    """

    def __init__(self, url: str | None = None):
        url = url or os.environ.get("AUDIOGAN_DATABASE_URL") or f"sqlite:///{DEFAULT_FILE}"
        self.name = "ratings database"
        with self._explained():
            self._engine = sa.create_engine(url, **_engine_arguments(url))
            self.name += f" {self._engine.url.render_as_string(hide_password=True)}"
            if self._engine.dialect.name not in _INSERT:
                raise StoreError(f"AUDIOGAN_DATABASE_URL must be one of {', '.join(_INSERT)}, not {self.name!r}")
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _make_durable)
            self._open_schema()

    def add(self, rating: Rating) -> Receipt:
        """Store a rating, one row a question, committed before this returns.

        Raises:
            StoreError: it could not be stored; nothing of it was.
        """
        common = dataclasses.asdict(rating.clip) | {
            "schema_version": SCHEMA_VERSION,
            "vote_id": rating.vote_id,
            "session_id": rating.session_id,
            "role": rating.role,
            "app_version": audiogan.__version__,
            "created_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        rows = [common | {"question": question, "value": value} for question, value in rating.answers().items()]
        with self._explained(), self._engine.begin() as connection:
            added = connection.execute(self._insert(_votes).values(rows).on_conflict_do_nothing()).rowcount
        return Receipt(rating.vote_id, repeated=added == 0)

    def rows(self) -> Iterator[dict]:
        """Every vote, one dictionary a question, oldest first, without its row number."""
        columns = [column for column in _votes.columns if column.name != "id"]
        with self._explained(), self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=1000).execute(sa.select(*columns).order_by(_votes.c.id)):
                yield dict(row._mapping)

    def summary(self) -> list[dict]:
        """A row a model, by name: `model`, `votes` (clips rated), `sessions`, and the mean of each question."""
        means = [
            sa.func.avg(sa.case((_votes.c.question == question, _votes.c.value * 1.0))).label(question)
            for question in QUESTIONS
        ]
        counts = [
            sa.func.count(_votes.c.vote_id.distinct()).label("votes"),
            sa.func.count(_votes.c.session_id.distinct()).label("sessions"),
        ]
        query = sa.select(_votes.c.model, *counts, *means).group_by(_votes.c.model).order_by(_votes.c.model)
        with self._explained(), self._engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [row | {question: float(row[question]) for question in QUESTIONS} for row in rows]

    def close(self) -> None:
        """Let go of the database's connections; the next call opens new ones."""
        self._engine.dispose()

    def _insert(self, table: sa.Table):
        return _INSERT[self._engine.dialect.name](table)

    def _open_schema(self) -> None:
        with self._engine.begin() as connection:
            if not sa.inspect(connection).has_table(_schema.name):
                _create_tables(connection)
            version = connection.scalar(sa.select(sa.func.max(_schema.c.version)))
            if version is None:
                version = SCHEMA_VERSION
                connection.execute(self._insert(_schema).values(version=version).on_conflict_do_nothing())
        if version != SCHEMA_VERSION:
            raise StoreError(f"{self.name} has schema version {version}, and this audiogan knows only {SCHEMA_VERSION}")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn whatever the database says into a StoreError."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise StoreError(f"{self.name} cannot be used: {reason.rstrip('.')}") from None


def clip_hash(audio: np.ndarray) -> str:
    """SHA-256, in hexadecimal, of a clip's int16 little-endian PCM: float [time] in [-1, 1]."""
    return hashlib.sha256(to_pcm16(audio).astype("<i2").tobytes()).hexdigest()


def _create_tables(connection: sa.Connection) -> None:
    """Create what is missing, the version's table last: another process may be doing the same."""
    for table in (_votes, _schema):
        connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))


def _engine_arguments(url: str) -> dict:
    return {"connect_args": {"timeout": BUSY_SECONDS}} if url.startswith("sqlite") else {"pool_pre_ping": True}


def _make_durable(connection, _record) -> None:
    """WAL lets readers and a writer work at once; FULL makes each commit reach the disk before it returns."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
