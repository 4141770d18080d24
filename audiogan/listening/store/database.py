"""Connections to SQLite or PostgreSQL: when a `write` ends, all of it is on disk."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from audiogan.listening.store import patience

BUSY_SECONDS = 30
READERS_MS = 1000  # how long emptying the log waits for readers
CONNECTIONS = 20
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class StoreError(ValueError):
    """The database cannot be reached, read or written; the message is one sentence for whoever runs the app."""


class Database:
    """An engine and two kinds of transaction. Safe to share between threads; several processes may use one database.

    Args:
        url: an SQLAlchemy URL of SQLite or PostgreSQL.

    Attributes:
        name: its name in errors; shows only the URL's dialect, since a password may be anywhere in the URL.
        dialect: `sqlite` or `postgresql`.

    Raises:
        StoreError: the URL is invalid, or the database cannot be opened.
    """

    def __init__(self, url: str):
        self.name = "ratings database of AUDIOGAN_DATABASE_URL"
        with self.explained():
            self._engine = _engine(url)
            self.dialect = self._engine.dialect.name
            self.name = f"ratings database ({self.dialect})"
            if self.dialect == "sqlite":
                sa.event.listen(self._engine, "connect", self._make_durable)
                sa.event.listen(self._engine, "begin", _begin)
            else:
                patience.be_patient(self._engine)
        self._file, self._identity = "", None  # SQLite's, and what distinguishes it from another file at its place
        # By default, PostgreSQL shows each statement everything committed before it.
        level = {"isolation_level": "REPEATABLE READ"} if self.dialect == "postgresql" else {}
        self._reading = self._engine.execution_options(**level)
        # SQLite has one writer at a time and lets the others poll: a lock makes the threads of a process queue instead.
        self._turn = threading.Lock() if self.dialect == "sqlite" else nullcontext()

    @property
    def where(self) -> str:
        """Its file, or its host and name; the rest of the URL may be secret."""
        url = self._engine.url
        return f"{url.host}/{url.database}" if url.host else url.database or "memory"

    @property
    def setting(self) -> str:
        """Which file it is, and which variable names it: for whoever starts the app, not for visitors of a page."""
        if self.dialect != "sqlite":
            return "AUDIOGAN_DATABASE_URL names it"
        return f"it is {self.where}, and AUDIOGAN_DATABASE_URL can name another"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database."""
        self._check_file()
        with self.explained(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is committed to disk at the end of the block, or leaves no trace after an error."""
        self._check_file()
        with self.explained(), self._turn, self._engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                yield connection

    def insert_new(self, connection: sa.Connection, table: sa.Table, *rows: dict) -> int:
        """Insert the rows that violate no unique constraint, and return how many."""
        statement = _INSERT[self.dialect](table).on_conflict_do_nothing().returning(*table.primary_key)
        return len(connection.execute(statement, list(rows)).all())  # a driver may not count rows

    def empty_log(self) -> None:
        """Empty SQLite's log, which holds deleted data in plain bytes, unless a reader blocks it for `READERS_MS`."""
        if not self._file:
            return
        with suppress(sqlite3.Error, sa.exc.SQLAlchemyError), self._turn, closing(self._engine.raw_connection()) as raw:
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA busy_timeout={READERS_MS}")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={1000 * BUSY_SECONDS}")

    def close(self) -> None:
        """Close the connections; the next transaction opens new ones."""
        with self.explained():
            self._engine.dispose()

    def _make_durable(self, connection, _record) -> None:
        """WAL lets readers and a writer work at once; FULL makes each commit reach the disk before it returns."""
        connection.isolation_level = None  # transactions begin where `_begin` says, not before the first INSERT
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")  # overwrite deleted data: ids of listeners who withdrew
        self._file = cursor.execute("PRAGMA database_list").fetchone()[2]
        self._identity = self._identity or _identity(self._file)
        cursor.close()

    def _check_file(self) -> None:
        """Reconnect if the file was replaced: what open connections write to the old one is lost when they close.

        Raises:
            StoreError: the file was moved or deleted.
        """
        found = _identity(self._file)
        if found == self._identity:
            return
        if found is None:
            raise StoreError(f"{self.name} cannot be used: its file was moved or deleted")
        self._engine.dispose()
        self._identity = found

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn any error of the database into a StoreError."""
        try:
            yield
        except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise StoreError(f"{self.name} cannot be used: {reason.rstrip('.')}") from None


def _engine(url: str) -> sa.Engine:
    try:
        if sa.make_url(url).get_backend_name() in _INSERT:
            return sa.create_engine(url, **_engine_arguments(url))
    except (ValueError, TypeError, sa.exc.ArgumentError):  # its message may quote the URL
        pass
    begins = " or ".join(f"{name}://" for name in _INSERT)
    raise StoreError(f"AUDIOGAN_DATABASE_URL must be an SQLAlchemy URL that begins with {begins}")


def _engine_arguments(url: str) -> dict:
    if not url.startswith("sqlite"):
        said = sa.make_url(url).query
        connecting = {name: value for name, value in patience.CONNECTING.items() if name not in said}
        return {"pool_pre_ping": True, "pool_size": CONNECTIONS, "connect_args": connecting}
    arguments = {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    in_memory = url in ("sqlite://", "sqlite:///:memory:")
    return arguments | ({"poolclass": sa.pool.StaticPool} if in_memory else {"pool_size": CONNECTIONS})


def _identity(file: str) -> tuple[int, int] | None:
    with suppress(OSError):
        found = os.stat(file)
        return found.st_dev, found.st_ino
    return None


def _begin(connection: sa.Connection) -> None:
    """Writers take the lock at once: a transaction that read first cannot wait for another's lock."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
