"""The votes: durable, idempotent, safe between threads and processes, and clear when they cannot be kept."""

import dataclasses
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from audiogan.listening import store as listening
from audiogan.listening.store import QUESTIONS, Clip, Rating, Store, StoreError, clip_hash

ROOT = Path(__file__).parent.parent
CLIP = Clip("tiny", "c" * 64, seed=2**63 - 1, clip_index=3, label="Flute", pitch=None, truncation=0.7, clip_sha256="a")
RATING = Rating(CLIP, session_id="0" * 32, quality=4, intelligibility=2, resemblance=5)


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "votes.sqlite3"


@pytest.fixture
def store(file):
    store = Store(f"sqlite:///{file}")
    yield store
    store.close()


def rating_of(session: int, clip_index: int = 0, model: str = "tiny", value: int = 3) -> Rating:
    clip = dataclasses.replace(CLIP, clip_index=clip_index, model=model)
    return Rating(clip, f"{session:032x}", value, value, value)


def test_rating_is_a_row_a_question_with_its_identity(store, file):
    receipt = store.add(RATING)
    rows = list(store.rows())
    assert [(row["question"], row["value"]) for row in rows] == list(zip(QUESTIONS, (4, 2, 5), strict=True))
    for row in rows:
        assert row["vote_id"] == receipt.vote_id
        assert {name: row[name] for name in dataclasses.asdict(CLIP)} == dataclasses.asdict(CLIP)
        assert (row["session_id"], row["role"], row["schema_version"]) == ("0" * 32, "free", 1)
        assert row["created_utc"].endswith("Z")
    raw = sqlite3.connect(file).execute("SELECT question, value, model, seed FROM votes").fetchall()
    assert raw[0] == ("quality", 4, "tiny", 2**63 - 1)


def test_repeated_submission_is_stored_once_and_gets_the_same_receipt(store):
    first = store.add(RATING)
    again = store.add(dataclasses.replace(RATING, quality=1))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.vote_id == first.vote_id
    assert [row["value"] for row in store.rows()] == [4, 2, 5]


def test_vote_id_tells_sessions_and_clips_apart():
    others = [rating_of(1), rating_of(2), rating_of(1, clip_index=1), rating_of(1, model="other")]
    assert len({rating.vote_id for rating in others}) == len(others)


def test_summary_counts_clips_and_sessions_and_averages(store):
    assert store.summary() == []
    for rating in (rating_of(1, 0, value=2), rating_of(1, 1, value=4), rating_of(2, 0, value=3)):
        store.add(rating)
    store.add(rating_of(1, 0, model="other", value=5))
    other, tiny = store.summary()
    assert other == {"model": "other", "votes": 1, "sessions": 1} | dict.fromkeys(QUESTIONS, 5.0)
    assert tiny == {"model": "tiny", "votes": 3, "sessions": 2} | dict.fromkeys(QUESTIONS, 3.0)


def test_threads_lose_no_vote_and_repeat_none(store):
    ratings = [rating_of(session, clip) for session in range(5) for clip in range(8)] * 2
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(store.add, ratings))
    assert sum(not receipt.repeated for receipt in receipts) == 40
    assert len(list(store.rows())) == 40 * len(QUESTIONS)


def test_processes_may_open_a_new_database_at_once(file):
    script = f"from audiogan.listening.store import Store; Store('sqlite:///{file}').summary()"
    runs = [subprocess.Popen([sys.executable, "-c", script], cwd=ROOT) for _ in range(3)]
    assert [run.wait() for run in runs] == [0, 0, 0]


def test_vote_survives_kill_9_after_its_receipt(file):
    script = (
        "import os, signal, sys; sys.path.insert(0, 'tests'); from test_store import *;"
        f"print(Store('sqlite:///{file}').add(RATING).vote_id, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert {row["vote_id"] for row in Store(f"sqlite:///{file}").rows()} == {run.stdout.strip()}


def test_database_is_wal_and_synchronous_full(store):
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("quality", {"quality": 0}),
        ("intelligibility", {"intelligibility": 6}),
        ("resemblance", {"resemblance": "5"}),
        ("resemblance", {"resemblance": True}),
        ("quality", {"quality": None}),
        ("session_id", {"session_id": "127.0.0.1"}),
        ("session_id", {"session_id": 7}),
        ("role", {"role": "admin"}),
    ],
)
def test_bad_rating_is_refused_by_name(name, values):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        dataclasses.replace(RATING, **values)


def test_full_disk_is_one_sentence_and_stores_nothing(store):
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    listening.sa.event.listen(
        store._engine, "checkout", lambda connection, *_: connection.execute(f"PRAGMA max_page_count={pages}")
    )
    many = (store.add(rating_of(1, clip)) for clip in range(1000))
    with pytest.raises(StoreError, match=r"^ratings database .* cannot be used: .*full") as caught:
        list(many)
    assert "\n" not in str(caught.value)
    assert len(list(store.rows())) % len(QUESTIONS) == 0


def test_read_only_database_is_one_sentence(store, file):
    store.add(RATING)
    store.close()
    read_only = Store(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert len(list(read_only.rows())) == len(QUESTIONS)
    with pytest.raises(StoreError, match="readonly"):
        read_only.add(rating_of(9))


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "mysql://nobody@127.0.0.1/none",
        "sqlite:////nonexistent/folder/votes.sqlite3",
        "postgresql+nodriver://user:hunter2@127.0.0.1:1/none",
    ],
)
def test_unusable_database_is_one_sentence_without_its_password(url):
    with pytest.raises(StoreError) as caught:
        Store(url)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_file_that_is_no_database_is_refused(file):
    file.write_bytes(os.urandom(4096))
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{file}")


def test_newer_schema_is_refused(store, file):
    store.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match="schema version 99"):
        Store(f"sqlite:///{file}")


def test_environment_names_the_database(monkeypatch, file):
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{file}")
    Store().add(RATING)
    assert file.stat().st_size
    shutil.rmtree(file.parent)


def test_clip_hash_is_of_int16_little_endian_pcm():
    expected = (
        "db0c9f58fbf1f2af9509807f11ad7f605ee2707732d51675f2c3203bc220e498"  # printf '\x00\x40\x00\xc0' | sha256sum
    )
    assert clip_hash(np.array([0.5, -0.5])) == expected
