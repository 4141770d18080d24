"""The votes: durable, idempotent, safe between threads and processes, and clear when they cannot be kept."""

import dataclasses
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from postgres import postgres_server

from audiogan.listening.store import Session, Store, StoreError, database, schema
from audiogan.listening.store.database import Database
from audiogan.listening.votes import EXCLUSION_COLUMNS, SCHEMA_VERSION, VOTE_COLUMNS, Exclusion, Vote, clip_hash

ROOT = Path(__file__).parent.parent
SESSION, STUDY = "5" * 32, "d" * 64
VOTE = Vote(
    vote_id="e" * 32,
    session_id=SESSION,
    rater="f" * 32,
    role="test",
    system="tiny",
    question="quality",
    value=4,
    study_hash=STUDY,
    stimulus="a" * 32,
    seed=2**63 - 1,
    index=3,
    pitch=60.5,
    lufs=-23.25,
    created_utc="2030-01-02T03:04:05.000006Z",
)


@pytest.fixture(scope="module")
def server():
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


def trial(number: int, session: str = SESSION, value: int | str = 4) -> list[Vote]:
    """The answers to one trial: a number and a word."""
    vote = dataclasses.replace(VOTE, vote_id=f"{session[-24:]}{number:08x}", session_id=session, trial_index=number)
    return [
        dataclasses.replace(vote, value=value),
        dataclasses.replace(vote, question="real", value="invented", order=1, seed=None, lufs=None),
    ]


def session_of(name: str, **changes) -> Session:
    return dataclasses.replace(Session(name, "f" * 32, STUDY, "1", "phone", (), 1000), **changes)


def test_votes_come_back_as_they_went_in(store):
    assert store.close_step(SESSION, 0, {"voted": True}, 5000, trial(0))
    rows = list(store.rows())
    assert [tuple(row) for row in rows] == [VOTE_COLUMNS] * 2
    assert rows == [dataclasses.asdict(vote) for vote in trial(0)]
    assert type(rows[0]["value"]) is int


def test_step_is_finished_once_with_its_first_votes(store):
    assert store.close_step(SESSION, 0, {"first": 1}, 5000, trial(0, value=4))
    assert not store.close_step(SESSION, 0, {"second": 1}, 6000, trial(0, value=1))
    assert store.progress(SESSION, "withdrawn") == ({0: ({"first": 1}, 5000)}, False)
    assert [row["value"] for row in store.rows()] == [4, "invented"]


def test_step_whose_votes_are_refused_is_not_finished(store):
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    clash = [dataclasses.replace(vote, vote_id="9" * 32) for vote in trial(0)]  # the same trial under another receipt
    with pytest.raises(StoreError):
        store.close_step(SESSION, 1, {}, 6000, clash)
    assert len(store.progress(SESSION, "withdrawn")[0]) == 1
    assert len(list(store.rows())) == 2


def test_votes_that_came_back_without_their_step_stay_and_the_rest_of_the_trial_joins_them(store):
    told = []
    store.subscribe(told.extend)
    store.merge([dataclasses.asdict(trial(0, value=4)[0])])
    assert store.close_step(SESSION, 0, {"voted": True}, 5000, trial(0, value=1))
    assert [(row["question"], row["value"]) for row in store.rows()] == [("quality", 4), ("real", "invented")]
    assert [entry.get("question") for entry in told] == [None, "real"]


def test_exclusion_is_a_later_event_and_happens_once(store):
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    event = Exclusion(session_id=SESSION, rule="withdrawn", reason="Asked for.")
    assert store.exclude(event)
    assert not store.exclude(event)
    *votes, exclusion = store.rows()
    assert len(votes) == 2
    assert tuple(exclusion) == EXCLUSION_COLUMNS
    assert exclusion["created_utc"].endswith("Z")
    assert exclusion | {"created_utc": ""} == dataclasses.asdict(event)
    assert store.progress(SESSION, "withdrawn")[1]
    assert not store.progress(SESSION, "manual")[1]


def test_note_is_kept_beside_the_votes(store):
    store.close_step(SESSION, 0, {}, 5000, event="its sound did not play")
    assert [(note["session_id"], note["reason"]) for note in store.notes()] == [(SESSION, "its sound did not play")]
    assert list(store.rows()) == []


def test_session_comes_back_with_its_plan_and_begins_once(store):
    begun = store.start(session_of(SESSION), lambda counts: [{"kind": "rating", "clips": ["a"], "rated": ["a"]}], 0)
    store.start(session_of(SESSION), lambda counts: [{"kind": "other", "rated": ["b"]}], 0)
    assert store.session(SESSION) == begun
    assert begun.plan == ({"kind": "rating", "clips": ["a"], "rated": ["a"]},)
    assert store.session("6" * 32) is None
    assert store.heard("f" * 32, STUDY) == {"a"}
    assert store.heard("f" * 32, "another") == set()


def test_plan_is_told_what_was_rated_and_what_is_about_to_be(store):
    def plan(counts):
        seen.append(counts)
        return [{"rated": ["a" * 32, "b"]}]

    seen = []
    store.start(session_of("1" * 32, created_ms=1000), plan, pending_since_ms=0)
    store.start(session_of("2" * 32, created_ms=2000), plan, pending_since_ms=1500)  # the first is given up
    store.close_step("1" * 32, 0, {}, 2500, trial(0, session="1" * 32))  # but comes back and rates "aaa..."
    store.start(session_of("3" * 32, created_ms=3000), plan, pending_since_ms=1500)
    assert seen == [{}, {}, {"a" * 32: 2, "b": 1}]


def test_sessions_that_begin_at_once_are_planned_in_turn(store):
    def begin(number):
        store.start(session_of(f"{number:032x}"), lambda counts: [{"rated": [str(sum(counts.values()))]}], 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(16)))
    rated = {step["rated"][0] for number in range(16) for step in store.session(f"{number:032x}").plan}
    assert rated == set(map(str, range(16)))


def test_session_is_under_way_from_its_first_step_to_its_last_or_until_it_is_given_up(store):
    names = [f"{number:032x}" for number in range(4)]
    for name in names:
        store.start(session_of(name), lambda counts: [{"kind": "rating"}] * 2, 0)
    store.close_step(names[0], 0, {}, 5000)
    store.close_step(names[1], 0, {}, 5000)
    store.close_step(names[1], 1, {}, 6000)  # its last
    store.close_step(names[2], 0, {}, 1000)  # long ago
    assert store.under_way(STUDY, since_ms=2000) == {names[0]}
    store.close_step("f" * 32, 0, {}, 5000)  # of no session that is known
    assert store.under_way(STUDY, since_ms=0) == {names[0], names[2]}
    assert store.under_way("another", since_ms=0) == set()


def test_one_reading_sees_one_state(store):
    query = sa.select(sa.func.count()).select_from(schema.steps)
    store.close_step(SESSION, 0, {}, 5000)
    with store._database.read() as connection:
        assert connection.scalar(query) == 1
        store.close_step(SESSION, 1, {}, 6000)
        assert connection.scalar(query) == 1
    with store._database.read() as connection:
        assert connection.scalar(query) == 2


def test_threads_lose_no_vote_and_repeat_none(store):
    jobs = [(f"{session:032x}", number) for session in range(5) for number in range(8)] * 2
    with ThreadPoolExecutor(8) as pool:
        fresh = list(pool.map(lambda job: store.close_step(*job, {}, 1, trial(job[1], job[0])), jobs))
    assert sum(fresh) == 40
    assert len(list(store.rows())) == 80


def lines(entries) -> list[str]:
    """Entries in an order that depends on nothing else."""
    return sorted(json.dumps(entry, sort_keys=True) for entry in entries)


def test_journal_makes_another_database_the_same(store, tmp_path):
    store.start(session_of(SESSION), lambda counts: [{"kind": "rating", "clips": ["a"], "rated": ["a"]}], 0)
    told = []
    store.subscribe(told.extend)
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    store.close_step(SESSION, 1, {}, 5000, event="its sound did not play")
    store.exclude(Exclusion(session_id=SESSION, rule="withdrawn", reason="Asked for."))
    journal = list(store.journal())
    assert [entry["kind"] for entry in journal] == ["session", "step", "step", "vote", "vote", "note", "exclusion"]
    assert lines(told) == lines(journal[1:])
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert other.merge(journal) == {"session": 1, "step": 2, "vote": 2, "exclusion": 1, "note": 1}
    assert lines(other.journal()) == lines(journal)
    other.close_step(SESSION, 2, {}, 6000, trial(2))
    assert store.merge(other.journal()) == {"session": 0, "step": 1, "vote": 2, "exclusion": 0, "note": 0}
    assert sum(store.merge(other.journal()).values()) == 0
    assert lines(store.journal()) == lines(other.journal())
    assert store.heard("f" * 32, STUDY) == other.heard("f" * 32, STUDY) == {"a"}
    assert len(told) == 6  # what came from outside is not told again
    other.close()


def test_many_entries_are_merged_at_once(store):
    entries = [dataclasses.asdict(vote) for number in range(1000) for vote in trial(number)]
    assert store.merge(entries)["vote"] == 2000
    assert store.merge(entries)["vote"] == 0


def test_a_bad_entry_among_good_ones_stores_none_of_them(store):
    good = [dataclasses.asdict(vote) for vote in trial(0)]
    with pytest.raises(ValueError, match="seed is '9223372036854775808'"):
        store.merge([*good, good[0] | {"seed": 2**63, "vote_id": "b"}])
    assert list(store.journal()) == []


def test_secret_is_the_same_for_all_who_share_the_database(store, url, monkeypatch):
    monkeypatch.delenv("AUDIOGAN_SECRET", raising=False)
    other = Store(url)
    assert store.secret() == other.secret()
    assert len(store.secret()) == 64
    monkeypatch.setenv("AUDIOGAN_SECRET", "given")
    assert store.secret() == "given"
    other.close()


def test_session_of_vote_is_found_by_its_id(store):
    store.close_step(SESSION, 0, {}, 1, trial(0))
    assert store.session_of_vote(trial(0)[0].vote_id) == SESSION
    assert store.session_of_vote("0" * 32) is None


def test_newer_schema_is_refused_and_left_alone(url):
    Store(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match=f"schema version 99, and this audiogan knows only {SCHEMA_VERSION}"):
        Store(url)
    engine.dispose()


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


def test_processes_may_migrate_one_database_at_once(url):
    write_schema_1(url)
    script = f"from audiogan.listening.store import Store; print(len(list(Store({url!r}).rows())))"
    runs = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [run.communicate()[0].strip() for run in runs] == ["6", "6", "6"]


def test_failed_migration_leaves_the_old_votes(file, monkeypatch):
    from audiogan.listening.store import schema

    url = f"sqlite:///{file}"
    write_schema_1(url)
    monkeypatch.setattr(schema, "_free_vote", lambda row, trial: {"vote_id": None})
    with pytest.raises(StoreError):
        Store(url)
    monkeypatch.undo()
    assert len(list(Store(url).rows())) == 6


def test_vote_survives_kill_9_after_it_was_acknowledged(file):
    script = (
        "import os, signal, sys; sys.path.insert(0, 'tests'); from test_store import *;"
        f"print(Store('sqlite:///{file}').close_step(SESSION, 0, {{}}, 1, trial(0)), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "True\n"), run.stderr
    assert len(list(Store(f"sqlite:///{file}").rows())) == 2


def test_database_is_wal_and_synchronous_full(file):
    store = Store(f"sqlite:///{file}")
    with store._database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_full_disk_is_one_sentence_and_stores_nothing(file):
    store = Store(f"sqlite:///{file}")
    with store._database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limit = f"PRAGMA max_page_count={pages}"
    sa.event.listen(store._database._engine, "checkout", lambda connection, *_: connection.execute(limit))
    acknowledged: list[bool] = []
    many = (acknowledged.append(store.close_step(SESSION, number, {}, 1, trial(number))) for number in range(1000))
    with pytest.raises(StoreError, match=r"^ratings database .* cannot be used: .*full") as caught:
        list(many)
    assert "\n" not in str(caught.value)
    assert len(list(store.rows())) == 2 * sum(acknowledged)


def test_read_only_database_is_one_sentence(file):
    store = Store(f"sqlite:///{file}")
    store.close_step(SESSION, 0, {}, 1, trial(0))
    store.close()
    read_only = Store(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert len(list(read_only.rows())) == 2
    with pytest.raises(StoreError, match="readonly"):
        read_only.close_step(SESSION, 1, {}, 1, trial(1))


def test_nothing_is_acknowledged_into_a_file_that_is_gone(file):
    store = Store(f"sqlite:///{file}")
    store.close_step(SESSION, 0, {}, 1, trial(0))
    file.rename(file.with_name("moved"))
    for act in (store.touch, lambda: store.close_step(SESSION, 1, {}, 1, trial(1)), lambda: list(store.rows())):
        with pytest.raises(StoreError, match="its file was moved or deleted"):
            act()
    file.with_name("moved").rename(file)
    assert store.close_step(SESSION, 1, {}, 1, trial(1))


def test_file_that_took_the_place_of_another_is_written_to(file, tmp_path):
    store, copy = Store(f"sqlite:///{file}"), tmp_path / "copy"
    with sqlite3.connect(file) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    copy.replace(file)
    store.close_step(SESSION, 0, {}, 1, trial(0))
    store.close()
    assert len(list(Store(f"sqlite:///{file}").rows())) == 2


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "mysql://nobody@127.0.0.1/none",
        "sqlite:////nonexistent/folder/votes.sqlite3",
        "postgresql+nodriver://user:hunter2@127.0.0.1:1/none",
        "postgresql://user:hunter2@127.0.0.1:1/none",
        "postgresql://user@127.0.0.1:1/none?password=hunter2",
        "postgresql://user:hunter2@127.0.0.1:port/none",
        "sqlite://user@host/none?password=hunter2",
        "sqlite:///none?timeout=hunter2",
    ],
)
def test_unusable_database_is_one_sentence_without_its_password(url):
    with pytest.raises(StoreError) as caught:
        Store(url)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setitem(database.PATIENCE, "connect_timeout", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hang_up = threading.Timer(20, silent.close)
        hang_up.start()
        with pytest.raises(StoreError, match="timeout"):
            Store(f"postgresql://127.0.0.1:{silent.getsockname()[1]}/none")
        hang_up.cancel()


@pytest.mark.skipif(sys.platform != "linux", reason="needs TCP_USER_TIMEOUT")
@pytest.mark.parametrize(("said", "milliseconds"), [("", 15_000), ("&tcp_user_timeout=3000", 3000)])
def test_server_whose_machine_is_gone_is_given_up_after_what_the_url_says(server, said, milliseconds):
    kept = Database(server + said)
    with kept.read() as connection, socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == milliseconds
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
    kept.close()


def test_file_that_is_no_database_is_refused(file):
    file.write_bytes(os.urandom(4096))
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{file}")


def test_copy_that_the_hosting_page_makes_has_every_vote_of_a_database_in_use(tmp_path):
    line = re.search("^    .venv/bin/python (.+VACUUM.+)$", (ROOT / "docs" / "hosting.md").read_text(), re.MULTILINE)
    store = Store(f"sqlite:///{tmp_path / 'ratings.sqlite3'}")
    secret = store.secret()
    store.close_step(SESSION, 0, {}, 1, trial(0))
    subprocess.run([sys.executable, *shlex.split(line[1])], cwd=tmp_path, check=True)
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    assert list(copy.rows()) == list(store.rows()) != []
    assert copy.secret() == secret
    copy.close()
    store.close()


def test_environment_names_the_database(monkeypatch, file):
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{file}")
    Store().close_step(SESSION, 0, {}, 1, trial(0))
    assert sqlite3.connect(file).execute("SELECT count(*) FROM votes").fetchone() == (2,)
    shutil.rmtree(file.parent)


def test_clip_hash_is_of_int16_little_endian_pcm():
    expected = (
        "db0c9f58fbf1f2af9509807f11ad7f605ee2707732d51675f2c3203bc220e498"  # printf '\x00\x40\x00\xc0' | sha256sum
    )
    assert clip_hash(np.array([0.5, -0.5])) == expected


def test_place_of_a_database_tells_no_secret(tmp_path):
    assert Database(f"sqlite:///{tmp_path / 'v.sqlite3'}").where == str(tmp_path / "v.sqlite3")
    assert Database("postgresql://me:secret@host:5432/votes?password=secret").where == "host/votes"
