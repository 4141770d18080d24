"""A database in a file: durable, and clear when it cannot be read or written."""

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from trials import SESSION, trial

from audiogan.listening.store import Store, StoreError

ROOT = Path(__file__).parents[2]


def test_database_is_wal_and_synchronous_full(file):
    store = Store(f"sqlite:///{file}")
    with store._database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_vote_survives_kill_9_after_it_was_acknowledged(file):
    script = (
        "import os, signal, sys; sys.path.insert(0, 'tests'); from trials import SESSION, trial;"
        "from audiogan.listening.store import Store;"
        f"print(Store('sqlite:///{file}').close_step(SESSION, 0, {{}}, 1, trial(0)), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "True\n"), run.stderr
    assert len(list(Store(f"sqlite:///{file}").rows())) == 2


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
    (tmp_path / "elsewhere").mkdir()
    elsewhere = subprocess.run([sys.executable, *shlex.split(line[1])], cwd=tmp_path / "elsewhere", capture_output=True)
    assert b"unable to open database file" in elsewhere.stderr
    assert not list((tmp_path / "elsewhere").iterdir())
