"""The sync of an app and of a command, and the data set that either is told."""

import os
import shutil

import pytest
from hub.faults import say
from listeners import Line, Listener, free_port, serve, wait_for
from test_cli import refused
from tiny_study import CONSENT, SECONDS

from audiogan import cli
from audiogan.listening import hub_sync
from audiogan.listening.hub_sync import HubSync, sync_state
from audiogan.listening.store import Store

from .conftest import DATASET, vote


def test_no_data_set_is_off(monkeypatch, stores):
    monkeypatch.delenv("AUDIOGAN_RATINGS_DATASET", raising=False)
    monkeypatch.setattr(hub_sync, "_current", None)
    assert hub_sync.start(stores()) is None
    assert (sync_state().status, sync_state().words()) == ("off", "")


@pytest.mark.parametrize("name", ["votes", "../x/y", "a/b/c", "a b/c"])
def test_bad_name_of_a_data_set_is_one_sentence(stores, name):
    with pytest.raises(ValueError, match="AUDIOGAN_RATINGS_DATASET: a repository must be OWNER/NAME"):
        HubSync(stores(), name)


class TestCommand:
    def test_one_round_by_hand(self, online, stores, tmp_path, monkeypatch, capsys):
        vote(stores(), 0)
        monkeypatch.setenv("AUDIOGAN_RATINGS_DATASET", DATASET)
        for number, words in enumerate(("0 entries pulled from", "3 entries pulled from")):
            monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{tmp_path / f'{number}.sqlite3'}")
            assert cli.main(["ratings", "sync"]) == 0
            assert capsys.readouterr().out == f"{words} {DATASET}, {3 - 3 * number} pushed\n"
        assert len(list(Store().rows())) == 2

    def test_what_goes_wrong_is_one_line(self, online, tmp_path, monkeypatch, capsys):
        monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{tmp_path / 'votes.sqlite3'}")
        monkeypatch.delenv("AUDIOGAN_RATINGS_DATASET", raising=False)
        assert "must name the data set" in refused(capsys, cli.main, "ratings", "sync")
        monkeypatch.setenv("AUDIOGAN_RATINGS_DATASET", DATASET)
        online.fail("", say(500), times=10**6)
        assert "answers 500" in refused(capsys, cli.main, "ratings", "sync")


def test_votes_of_an_app_outlive_its_disk(online, checkpoints, study, tmp_path):
    """The real thing: a process that is put to sleep, its database gone, another that wakes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUDIOGAN_")}
    environment |= {
        "AUDIOGAN_STUDY": str(study.folder),
        "AUDIOGAN_SECRET": "kept for the tests",
        "AUDIOGAN_RATINGS_DATASET": DATASET,
    }
    environment |= {"HF_ENDPOINT": online.url, "HF_HUB_DISABLE_XET": "1"}
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    (shelf / "tiny-wavegan").symlink_to(checkpoints / "tiny-wavegan")
    listener, rows = None, []
    for disk in ("first", "second"):
        (tmp_path / disk).mkdir()
        database = f"sqlite:///{tmp_path / disk / 'votes.sqlite3'}"
        port = free_port()
        with open(tmp_path / f"{disk}.log", "w") as log:
            app = serve(port, shelf, environment | {"AUDIOGAN_DATABASE_URL": database}, log)
            try:
                wait_for(f"http://127.0.0.1:{port}", app)
                line = Line(f"http://127.0.0.1:{port}")
                assert "sync-state" in line.client.get(f"{line.urls[0]}/config").text
                listener = go_on(listener, line, receipts=2)
            finally:
                app.terminate()
                assert app.wait(300) == 0, (tmp_path / f"{disk}.log").read_text()
        store = Store(database)
        rows.append(list(store.rows()))
        store.close()
        shutil.rmtree(tmp_path / disk)
    assert len(listener.acknowledged) == 4
    assert len({row["vote_id"] for row in rows[0]}) == 2
    assert len({row["vote_id"] for row in rows[1]}) == 4
    assert rows[1][: len(rows[0])] == rows[0]


def go_on(listener: Listener | None, line: Line, receipts: int) -> Listener:
    """A listener who comes, or comes back, and gives so many answers more."""
    if listener is None:
        listener = Listener(line, 0, SECONDS)
        consent = {"action": "consent", "listener": listener.listener, "device": "desktop", "version": CONSENT}
        listener.view = listener.ask(consent)["view"]
    else:
        listener.line, before = line, listener.view
        assert listener.ask({"action": "open"})["view"] == before
    goal = len(listener.acknowledged) + receipts
    while len(listener.acknowledged) < goal:
        listener.step()
    return listener
