"""A PostgreSQL that lets wait, or a process that does, keeps nobody for long."""

import os
import signal
import threading

import pytest
import sqlalchemy as sa
from trials import SESSION, session_of

from audiogan.listening.store import Store, StoreError, patience
from audiogan.listening.store.database import Database

LIMITS = sa.text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")


def limits(url: str) -> dict[str, str]:
    """What a connection was given, in milliseconds."""
    database = Database(url)
    with database.read() as connection:
        found = dict(connection.execute(LIMITS, {"names": [*patience.ANSWERING]}).all())
    database.close()
    return found


def test_connection_has_the_limits_that_the_url_does_not_set(server):
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    assert limits(server) == dict(zip(names, ("5000", "10000", "10000"), strict=True))
    said = limits(f"{server}&options=-c%20lock_timeout%3D7s")
    assert said == dict(zip(names, ("7000", "10000", "10000"), strict=True))


def freeze_within(database: Database, process: int) -> None:
    """Stop the server's process of a connection in the middle of its transaction."""
    with database.write() as connection:
        os.kill(process, signal.SIGSTOP)
        connection.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("at_rest", [True, False])
def test_frozen_server_is_given_up_and_left(server, monkeypatch, at_rest):
    database, query = Database(server), sa.text("SELECT pg_backend_pid()")
    with database.read() as connection:
        frozen = connection.scalar(query)
    monkeypatch.setattr(patience, "SILENT_SECONDS", 2.0)
    try:
        if at_rest:
            os.kill(frozen, signal.SIGSTOP)
        else:
            with pytest.raises(StoreError, match="has not answered"):
                freeze_within(database, frozen)
        with database.read() as connection:
            assert connection.scalar(query) != frozen
    finally:
        os.kill(frozen, signal.SIGCONT)
        database.close()


def test_locked_table_is_waited_for_so_long(server, monkeypatch):
    monkeypatch.setitem(patience.ANSWERING, "lock_timeout", "200ms")
    store, other = Store(server), Database(server)
    with other.write() as connection:
        connection.execute(sa.text("LOCK TABLE settings IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(StoreError, match="lock timeout"):
            store.touch()
    store.touch()
    store.close()
    other.close()


def test_process_frozen_while_it_begins_a_session_keeps_the_others_for_so_long(server, monkeypatch):
    monkeypatch.setitem(patience.ANSWERING, "idle_in_transaction_session_timeout", "500ms")
    frozen, other, holds, thawed, told = Store(server), Store(server), threading.Event(), threading.Event(), []

    def stop(_counts):
        holds.set()
        assert thawed.wait(60)
        return []

    def begin():
        try:
            frozen.start(session_of("1" * 32), stop, 0)
        except StoreError as error:
            told.append(error)

    thread = threading.Thread(target=begin)
    thread.start()
    assert holds.wait(30)
    other.start(session_of(SESSION), lambda _counts: [], 0)
    thawed.set()
    thread.join(30)
    assert len(told) == 1
    assert other.session("1" * 32) is None
    assert other.session(SESSION) is not None
    frozen.start(session_of("1" * 32), lambda _counts: [], 0)  # the page asks again
    assert other.session("1" * 32) is not None
    frozen.close()
    other.close()
