"""A database of an older audiogan is brought up to date with its votes; one of a newer is left alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from trials import SESSION, session_of, trial

from audiogan.listening.store import Store, StoreError, schema

ROOT = Path(__file__).parents[2]
SCHEMA_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO schema_version VALUES (1);
CREATE TABLE votes (
    id {key} NOT NULL PRIMARY KEY, schema_version INTEGER NOT NULL, vote_id VARCHAR(64) NOT NULL,
    session_id VARCHAR(64) NOT NULL, role VARCHAR(16) NOT NULL, question VARCHAR(32) NOT NULL,
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5), model VARCHAR(64) NOT NULL,
    checkpoint_sha256 VARCHAR(64) NOT NULL, seed BIGINT NOT NULL, clip_index INTEGER NOT NULL, label VARCHAR(64),
    pitch FLOAT, truncation FLOAT NOT NULL, clip_sha256 VARCHAR(64) NOT NULL, app_version VARCHAR(32) NOT NULL,
    created_utc VARCHAR(32) NOT NULL, UNIQUE (vote_id, question));
CREATE INDEX ix_votes_model ON votes (model);
INSERT INTO votes VALUES {rows};
"""


def write_schema_1(url: str) -> None:
    """Two clips rated in one session, by the version before studies."""
    rows = [
        f"({3 * clip + order}, 1, '{clip}' || 'ab', '{SESSION}', 'free', '{question}', {order + 1}, 'tiny', 'cc', "
        f"{2**62}, {clip}, {'NULL' if clip else repr('Flute')}, NULL, 0.7, 'dd', '0.1.0', '2026-01-01T00:00:00.0Z')"
        for clip in range(2)
        for order, question in enumerate(("quality", "intelligibility", "resemblance"))
    ]
    engine = sa.create_engine(url)
    script = SCHEMA_1.format(key="INTEGER" if "sqlite" in url else "BIGINT", rows=", ".join(rows))
    with engine.begin() as connection:
        for statement in filter(str.strip, script.split(";")):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_newer_schema_is_refused_and_left_alone(url):
    Store(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match=f"schema version 99, and this audiogan knows only {schema.VERSION}"):
        Store(url)
    engine.dispose()


def test_votes_of_schema_1_are_kept(url):
    write_schema_1(url)
    store = Store(url)
    rows = list(store.rows())
    assert [(row["vote_id"], row["trial_index"], row["question"], row["value"]) for row in rows] == [
        (f"{clip}ab", clip, question, order + 1)
        for clip in range(2)
        for order, question in enumerate(("quality", "intelligibility", "resemblance"))
    ]
    for row in rows:
        assert (row["role"], row["system"], row["seed"], row["truncation"]) == ("free", "tiny", 2**62, 0.7)
        assert (row["session_id"], row["rater"], row["schema_version"]) == (SESSION, SESSION, 1)
        assert row["label"] == ("" if row["index"] else "Flute")
    store.close_step("6" * 32, 0, {}, 1, trial(0, session="6" * 32))
    store.close()
    assert len(list(Store(url).rows())) == len(rows) + 2


def test_database_of_schema_2_gets_a_place_for_participants_and_keeps_the_rest(url):
    store = Store(url)
    store.close_step(SESSION, 0, {}, 1, trial(0))
    before = list(store.journal())
    store.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE participants")
        connection.exec_driver_sql("UPDATE schema_version SET version = 2")
    store = Store(url)
    assert list(store.journal()) == before
    store.start(session_of("6" * 32), lambda counts: [], 0, "participant-1")
    assert store.participants.by_session() == {"6" * 32: "participant-1"}
    store.close()
    engine.dispose()


def test_processes_may_migrate_one_database_at_once(url):
    write_schema_1(url)
    script = f"from audiogan.listening.store import Store; print(len(list(Store({url!r}).rows())))"
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [run.communicate()[0].strip() for run in runs] == ["6", "6", "6"]


def test_failed_migration_leaves_the_old_votes(file, monkeypatch):
    url = f"sqlite:///{file}"
    write_schema_1(url)
    monkeypatch.setattr(schema, "_free_vote", lambda row, trial: {"vote_id": None})
    with pytest.raises(StoreError):
        Store(url)
    monkeypatch.undo()
    assert len(list(Store(url).rows())) == 6
