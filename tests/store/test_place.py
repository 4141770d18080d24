"""Which database it is: named by the environment, reached or given up, told without its password."""

import os
import re
import socket
import sqlite3
import sys
import threading

import pytest
from trials import SESSION, trial

from audiogan.listening.store import Store, StoreError, patience
from audiogan.listening.store.database import Database


def test_environment_names_the_database(monkeypatch, file):
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{file}")
    Store().close_step(SESSION, 0, {}, 1, trial(0))
    assert sqlite3.connect(file).execute("SELECT count(*) FROM votes").fetchone() == (2,)


def test_secret_is_the_same_for_all_who_share_the_database(store, url, monkeypatch):
    monkeypatch.delenv("AUDIOGAN_SECRET", raising=False)
    other = Store(url)
    assert store.secret() == other.secret()
    assert len(store.secret()) == 64
    monkeypatch.setenv("AUDIOGAN_SECRET", "given for the tests")
    assert store.secret() == "given for the tests"
    for bad, words in (("1", "at least 16 characters, not 1"), ("\udcff" * 16, "must be UTF-8")):
        monkeypatch.setenv("AUDIOGAN_SECRET", bad)
        with pytest.raises(ValueError, match=f"AUDIOGAN_SECRET must.*{words}|AUDIOGAN_SECRET {words}"):
            store.secret()
    other.close()


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
    assert "AUDIOGAN_DATABASE_URL" in str(caught.value)


def test_file_that_cannot_be_opened_is_named(file, monkeypatch):
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{file}/is/no/folder?timeout=5")
    file.touch()
    with pytest.raises(StoreError, match=f"cannot be used: .*; it is {re.escape(str(file))}/is/no/folder, and AUDIO"):
        Store()


def test_place_of_a_database_tells_no_secret(tmp_path):
    assert Database(f"sqlite:///{tmp_path / 'v.sqlite3'}").where == str(tmp_path / "v.sqlite3")
    assert Database("postgresql://me:secret@host:5432/votes?password=secret").where == "host/votes"


def test_server_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setitem(patience.CONNECTING, "connect_timeout", 2)
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
