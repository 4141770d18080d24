"""Empty databases for the tests of the votes that are kept in one."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import postgres_server

from audiogan.listening.store import Store


@pytest.fixture(scope="package")
def server():
    """A PostgreSQL server for all of them: starting one takes longer than their tests."""
    with postgres_server(fsync="off") as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'votes.sqlite3'}"
        return
    server = request.getfixturevalue("server")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS votes WITH (FORCE)")
        connection.exec_driver_sql("CREATE DATABASE votes")
    engine.dispose()
    yield server.replace("/postgres?", "/votes?")


@pytest.fixture
def store(url):
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "votes.sqlite3"
