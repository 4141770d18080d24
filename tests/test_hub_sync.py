"""Votes in a private data set: what a disk that vanishes took comes back, each once; a Hub in trouble costs no vote."""

import io
import json
import logging
import os
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hub.door import OWNER
from hub.faults import hang_up, lose_the_answer, never_answer, say, slowly
from listeners import Line, free_port, serve, wait_for
from listeners import Listener as Caller
from sitting import Listener
from test_cli import refused
from tiny_study import SECONDS, write_study
from trials import SESSION, session_of, trial

from audiogan import cli, hub
from audiogan.listening import hub_sync, outbox, records
from audiogan.listening.hub_sync import HubSync, sync_state
from audiogan.listening.outbox import Outbox
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.votes import Exclusion
from audiogan.ui import results

DATASET = f"{OWNER}/votes"


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return Study.load(write_study(tmp_path_factory.mktemp("study") / "pool"))


@pytest.fixture
def stores(tmp_path):
    """Makes stores; each call another disk."""
    made = []

    def make() -> Store:
        made.append(Store(f"sqlite:///{tmp_path / f'{len(made)}.sqlite3'}"))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv("AUDIOGAN_SECRET", "the same after a restart")


@pytest.fixture
def current(monkeypatch):
    """Let a test begin the sync of the process, and end it after."""
    monkeypatch.setattr(hub_sync, "_current", None)
    monkeypatch.setenv("AUDIOGAN_RATINGS_DATASET", DATASET)
    yield
    if hub_sync._current:
        hub_sync._current.close()


def vote(store: Store, number: int, session: str = SESSION) -> bool:
    return store.close_step(session, number, {"voted": True}, 5000 + number, trial(number, session))


def votes_on(server) -> list[dict]:
    """Every line of the data set's files for people, duplicates too."""
    files = server.dataset(DATASET).files
    return [
        json.loads(line)
        for path, data in sorted(files.items())
        if path.startswith("votes/")
        for line in data.splitlines()
    ]


def statistics(store: Store, study: Study) -> dict:
    return analyse(records.by_study(records.records(store.rows(), [study]))[study.hash])


class TestVanishedDisk:
    def test_statistics_are_equal_and_listeners_go_on_where_they_were(self, online, stores, study, secret):
        first = stores()
        sync = HubSync(first, DATASET)
        listeners = [Listener(study, first, key=f"{number:032x}") for number in range(4)]
        receipts = []
        for number, listener in enumerate(listeners):
            listener.consent(listener=f"{number + 9:032x}")
            receipts += [
                told["receipt"] for told in listener.advance("done" if number < 3 else "rating") if "receipt" in told
            ]
        for _ in range(5):
            listeners[3].step()
        listeners[0].call("withdraw", receipt=receipts[0])
        assert sync.round().status == "ok"
        assert online.dataset(DATASET).private

        second = stores()
        assert HubSync(second, DATASET).round().pulled == len(list(first.journal()))
        assert statistics(second, study) == statistics(first, study)
        assert statistics(second, study)["exclusions"]["withdrawn"] == 1
        assert list(second.rows()) == list(first.rows())
        back = Listener(study, second, key=f"{3:032x}")
        back.now = listeners[3].now
        assert back.call("open")["view"] == listeners[3].view
        back.advance("done")
        assert Listener(study, second, key=f"{1:032x}").call("open")["view"]["stage"] == "done"
        withdrawn = Listener(study, second, key=f"{2:032x}").call("withdraw", receipt=receipts[-1])
        assert withdrawn == {"withdrawn": True}

    def test_each_vote_comes_back_once_however_often(self, online, stores):
        store = stores()
        vote(store, 0)
        for _ in range(3):
            HubSync(store, DATASET).round()
        other = stores()
        assert [HubSync(other, DATASET).round().pulled for _ in range(3)] == [3, 0, 0]
        assert len(votes_on(online)) == 2
        assert len(list(other.rows())) == 2

    def test_what_was_stored_while_nothing_synced_is_sent_later(self, online, stores):
        store = stores()
        vote(store, 0)
        store.exclude(Exclusion(session_id=SESSION, rule="withdrawn", reason="Asked for."))
        state = HubSync(store, DATASET).round()
        assert (state.pushed, state.waiting) == (4, 0)
        assert [row["kind"] for row in votes_on(online)] == ["vote", "vote", "exclusion"]

    def test_the_data_set_reads_as_an_export(self, online, stores, study, secret, tmp_path):
        store = stores()
        listener = Listener(study, store)
        listener.consent()
        listener.advance("done")
        HubSync(store, DATASET).round()
        (path,) = [path for path in online.dataset(DATASET).files if path.startswith("votes/")]
        (tmp_path / "votes.jsonl").write_bytes(online.dataset(DATASET).files[path])
        assert records.read(tmp_path / "votes.jsonl") == list(store.rows())

    def test_session_and_its_plan_come_back(self, online, stores):
        store = stores()
        begun = store.start(session_of(SESSION), lambda counts: [{"kind": "rating", "clips": ["a"], "rated": ["a"]}], 0)
        store.close_step(SESSION, 0, {}, 5000, event="its sound did not play")
        HubSync(store, DATASET).round()
        other = stores()
        HubSync(other, DATASET).round()
        assert other.session(SESSION) == begun
        assert other.heard("f" * 32, begun.study_hash) == {"a"}
        assert other.notes() == store.notes()
        assert other.progress(SESSION, "withdrawn") == store.progress(SESSION, "withdrawn")

    def test_damaged_lines_are_passed_over_and_counted(self, online, stores, caplog):
        store = stores()
        vote(store, 0)
        HubSync(store, DATASET).round()
        good = votes_on(online)[0]
        bad = [
            b"{", b"[]", b'{"kind": "party"}', b"\xff", b"[" * 100_000,
            json.dumps(good | {"value": 1.5}).encode(), json.dumps(good | {"value": None}).encode(),
            json.dumps(good | {"seed": 2**63}).encode(), json.dumps(good | {"label": "x" * 65}).encode(),
            json.dumps(good | {"rater": None}).encode(), json.dumps(good | {"lufs": float("nan")}).encode(),
            json.dumps(good | {"created_utc": "\0"}).encode(),
            b'{"kind": "step", "session_id": "a", "number": 1, "detail": "[]", "closed_ms": 1}',
            b'{"kind": "session", "session_id": "a", "rater": "a", "study_hash": "", "consent_version": "", '
            b'"device_class": "", "plan": "[1]", "created_ms": 1}',
        ]  # fmt: skip
        online.dataset(DATASET).commit("main", {"votes/damaged.jsonl": b"\n".join(bad) + b"\n"})
        other = stores()
        state = HubSync(other, DATASET).round()
        assert (state.damaged, state.pulled, state.status) == (len(bad), 3, "ok")
        assert len(list(other.rows())) == 2
        assert f"{len(bad)} damaged lines were passed over" in caplog.text


class TestManyProcesses:
    def test_two_that_sync_at_once_do_not_overwrite_each_other(self, online, stores):
        online.add(DATASET, kind="datasets", private=True)
        first, second = stores(), stores()
        syncs = [HubSync(first, DATASET), HubSync(second, DATASET)]
        for sync in syncs:
            sync.round()
        for number in range(5):
            vote(first, number, "1" * 32)
            vote(second, number, "2" * 32)
            online.fail("commit/main", slowly(0.05), times=2)
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(HubSync.round, syncs))
        assert len(votes_on(online)) == 20
        third = stores()
        HubSync(third, DATASET).round()
        assert len(list(third.rows())) == 20

    def test_commit_that_collides_is_tried_again(self, online, stores):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        vote(store, 0)
        online.fail("commit/main", say(412), times=2)
        assert (sync.round().status, len(votes_on(online))) == ("ok", 2)

    def test_long_files_are_left_for_new_ones(self, online, stores, monkeypatch):
        monkeypatch.setattr(outbox, "MAX_BYTES", 2000)
        store = stores()
        sync = HubSync(store, DATASET)
        for number in range(12):
            vote(store, number)
            sync.round()
        files = online.dataset(DATASET).files
        sizes = [len(data) for path, data in files.items() if path.startswith("votes/")]
        assert len(sizes) > 5
        assert max(sizes) < 2000 + 2 * 1200
        assert len(votes_on(online)) == 24
        assert len(sync._outbox._files) <= 2

    def test_a_full_database_is_sent_in_commits_of_a_moderate_size(self, online, stores, monkeypatch):
        monkeypatch.setattr(outbox, "MAX_BYTES", 2000)
        monkeypatch.setattr(hub_sync, "BATCH", 7)
        monkeypatch.setattr(hub_sync, "FILES", 3)
        store = stores()
        for number in range(30):
            vote(store, number)
        assert HubSync(store, DATASET).round().pushed == 90
        assert len(online.dataset(DATASET).messages) > 5
        other = stores()
        assert HubSync(other, DATASET).round().pulled == 90
        assert len(list(other.rows())) == 60

    def test_nothing_new_is_no_call(self, online, stores):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        before = len(online.requests)
        sync.round()
        assert len(online.requests) == before


class TestTrouble:
    @pytest.mark.parametrize("act", [say(500), say(429, Retry_After="9"), say(401), hang_up, lose_the_answer])
    def test_votes_wait_while_the_hub_is_in_trouble_and_arrive_later(self, online, stores, act):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        online.fail("commit/main", act, times=99)
        for number in range(3):
            assert vote(store, number)
            with pytest.raises(hub.HubError):
                sync.round()
        assert sync.state().waiting == 9
        online.faults.clear()
        state = sync.round()
        assert (state.waiting, state.status) == (0, "ok")
        assert len(votes_on(online)) == len({(row["vote_id"], row["question"]) for row in votes_on(online)}) == 6

    def test_no_vote_waits_for_a_hub_that_never_answers(self, online, stores, current, monkeypatch):
        online.add(DATASET, kind="datasets", private=True)
        store = stores()
        hub_sync.start(store)
        assert sync_state().status == "ok"
        online.fail("preupload", never_answer, times=99)
        vote(store, 0)
        hub_sync._current._stop.set()  # the last round begins, and hangs
        while not online.count("preupload"):
            time.sleep(0.01)
        done = threading.Event()
        threading.Thread(target=lambda: [vote(store, number) for number in range(1, 50)] and done.set()).start()
        assert done.wait(30)
        assert len(list(store.rows())) == 100
        assert (sync_state().status, sync_state().waiting) == ("ok", 150)
        monkeypatch.setattr(hub_sync, "LATE_SECONDS", 0.0)
        assert sync_state().status == "failing"
        assert "has taken nothing for" in sync_state().error
        online.stopping.set()

    def test_app_starts_without_the_hub_and_catches_up(self, online, stores, current, caplog):
        caplog.set_level("INFO", "audiogan")
        lost = stores()
        vote(lost, 0)
        HubSync(lost, DATASET).round()
        online.fail("", say(500), times=10**6)
        store = stores()
        hub_sync.start(store)
        state = sync_state()
        assert (state.status, state.dataset) == ("failing", DATASET)
        assert "answers 500" in state.error
        assert "answers 500" in caplog.text
        assert "tried again" in state.words()
        assert state.words() in results.copied()
        assert DATASET not in results.copied()
        assert vote(store, 1)
        online.faults.clear()
        assert hub_sync._current._attempt() == hub_sync.EVERY_SECONDS
        assert (sync_state().status, sync_state().error, len(list(store.rows()))) == ("ok", "", 4)
        assert "all votes are on the Hub again" in caplog.text
        assert sync_state().words().startswith("Votes are stored here and copied to the Hub: last 20")

    def test_a_busy_hub_is_left_alone_as_long_as_it_asks(self, online, stores):
        sync = HubSync(stores(), DATASET, every=1)
        online.fail("GET /api/datasets", say(429, Retry_After="77"), times=99)
        assert sync._attempt() == 77

    def test_votes_on_their_way_arrive_when_the_app_ends(self, online, stores, current):
        store = stores()
        hub_sync.start(store)
        vote(store, 0)
        hub_sync._current.close()
        assert len(votes_on(online)) == 2
        assert not hub_sync._current._thread.is_alive()

    def test_public_data_set_gets_no_vote(self, online, stores):
        online.add(DATASET, kind="datasets", private=False)
        store = stores()
        vote(store, 0)
        with pytest.raises(hub.HubError, match="is public, and votes go to a private one only"):
            HubSync(store, DATASET).round()
        assert online.count("commit|preupload") == 0

    def test_full_disk_keeps_everything_waiting(self, online, stores, monkeypatch):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        vote(store, 0)

        def full(*_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as context:
            context.setattr(outbox.Lines, "append", full)
            with pytest.raises(OSError, match="No space left"):
                sync.round()
        assert sync.state().waiting == 3
        assert (sync.round().waiting, len(votes_on(online))) == (0, 2)

    def test_full_disk_below_the_log_does_not_end_the_rounds(self, online, stores, monkeypatch):
        online.fail("", say(500), times=10**6)
        store = stores()
        sync = HubSync(store, DATASET, every=0.05)
        full = io.TextIOWrapper(open("/dev/full", "wb", buffering=0), write_through=True)  # noqa: SIM115
        monkeypatch.setattr(sys, "stderr", full)
        monkeypatch.setattr(hub_sync.LOG, "handlers", [logging.StreamHandler(full)])
        sync.start()
        assert sync.state().status == "failing"
        vote(store, 0)
        online.faults.clear()
        sync.close()
        assert len(votes_on(online)) == 2

    def test_database_that_takes_nothing_is_a_failing_state(self, online, stores, tmp_path):
        lost = stores()
        vote(lost, 0)
        HubSync(lost, DATASET).round()
        stores().close()
        store = Store(f"sqlite:///file:{tmp_path / '1.sqlite3'}?mode=ro&uri=true")
        sync = HubSync(store, DATASET)
        sync._attempt()
        assert sync.state().status == "failing"
        assert "readonly" in sync.state().error
        store.close()


def test_no_data_set_is_off(monkeypatch, stores):
    monkeypatch.delenv("AUDIOGAN_RATINGS_DATASET", raising=False)
    monkeypatch.setattr(hub_sync, "_current", None)
    assert hub_sync.start(stores()) is None
    assert (sync_state().status, sync_state().words()) == ("off", "")


@pytest.mark.parametrize("name", ["votes", "../x/y", "a/b/c", "a b/c"])
def test_bad_name_of_a_data_set_is_one_sentence(stores, name):
    with pytest.raises(ValueError, match="AUDIOGAN_RATINGS_DATASET: a repository must be OWNER/NAME"):
        HubSync(stores(), name)


def test_outbox_loses_nothing_to_threads():
    box, count = Outbox(), 200
    entries = [{"kind": "vote", "number": number} for number in range(4 * count)]
    threads = [threading.Thread(target=lambda mine=entries[n::4]: [box.add([one]) for one in mine]) for n in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        box.sent(box.collect())
    (lines,) = box.collect() or [box._files[0]]
    assert sorted(json.loads(line)["number"] for line in lines.read().splitlines()) == list(range(4 * count))


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
    environment |= {"AUDIOGAN_STUDY": str(study.folder), "AUDIOGAN_SECRET": "kept", "AUDIOGAN_RATINGS_DATASET": DATASET}
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
                assert app.wait(60) == 0, (tmp_path / f"{disk}.log").read_text()
        store = Store(database)
        rows.append(list(store.rows()))
        store.close()
        shutil.rmtree(tmp_path / disk)
    assert len(listener.acknowledged) == 4
    assert len({row["vote_id"] for row in rows[0]}) == 2
    assert len({row["vote_id"] for row in rows[1]}) == 4
    assert rows[1][: len(rows[0])] == rows[0]


def go_on(listener: Caller | None, line: Line, receipts: int) -> Caller:
    """A listener who comes, or comes back, and gives so many answers more."""
    if listener is None:
        listener = Caller(line, 0, SECONDS)
        consent = {"action": "consent", "listener": listener.listener, "device": "desktop", "version": "1"}
        listener.view = listener.ask(consent)["view"]
    else:
        listener.line, before = line, listener.view
        assert listener.ask({"action": "open"})["view"] == before
    goal = len(listener.acknowledged) + receipts
    while len(listener.acknowledged) < goal:
        listener.step()
    return listener
