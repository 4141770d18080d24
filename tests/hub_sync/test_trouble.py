"""A Hub or a disk in trouble costs no vote, and holds up none."""

import io
import logging
import sys
import threading
import time

import pytest
from conftest import no_room
from hub.faults import hang_up, lose_the_answer, never_answer, say

from audiogan import hub
from audiogan.listening import hub_sync, outbox
from audiogan.listening.hub_sync import HubSync, sync_state
from audiogan.listening.store import Store
from audiogan.ui import results

from .conftest import DATASET, vote, votes_on


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
        hub_sync._current.hurry()  # a round begins, and hangs
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

    def test_hub_that_never_answers_is_given_up_so_long_after_the_process_began_to_stop(
        self, online, stores, current, monkeypatch
    ):
        monkeypatch.setattr(hub_sync, "STOP_SECONDS", 1.0)
        monkeypatch.setattr(hub_sync, "LAST_SECONDS", 0.1)
        online.add(DATASET, kind="datasets", private=True)
        store = stores()
        sync = hub_sync.start(store)
        online.fail("preupload", never_answer, times=99)
        vote(store, 0)
        sync.hurry()
        time.sleep(1.0)  # of what the process does meanwhile
        begun = time.monotonic()
        sync.close()
        assert time.monotonic() - begun < 0.9
        online.stopping.set()

    def test_what_waits_is_sent_when_the_process_begins_to_stop_and_the_rest_when_it_ends(
        self, online, stores, current
    ):
        online.add(DATASET, kind="datasets", private=True)
        store = stores()
        sync = hub_sync.start(store)
        vote(store, 0)
        sync.hurry()
        until = time.monotonic() + 30
        while sync.state().waiting and time.monotonic() < until:
            time.sleep(0.01)
        assert len(votes_on(online)) == 2
        vote(store, 1)  # of a request that was under way
        sync.close()
        assert len(votes_on(online)) == 4
        assert sync.state().waiting == 0

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

    def test_data_set_that_becomes_public_gets_no_more(self, online, stores):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        vote(store, 0)
        sync.round()
        before = len(votes_on(online))
        online.dataset(DATASET).private = False
        vote(store, 1)
        with pytest.raises(hub.HubError, match="is public, and votes go to a private one only"):
            sync.round()
        assert len(votes_on(online)) == before
        online.dataset(DATASET).private = True
        sync.round()
        assert len(votes_on(online)) == 2 * before

    def test_data_set_that_was_deleted_is_made_anew_with_all_of_it(self, online, stores):
        store = stores()
        sync = HubSync(store, DATASET)
        vote(store, 0)
        sync.round()
        before = votes_on(online)
        online.repos.clear()
        vote(store, 1)
        sync.round()
        assert online.dataset(DATASET).private
        assert len(votes_on(online)) == 2 * len(before)

    def test_full_disk_keeps_everything_waiting(self, online, stores, monkeypatch):
        store = stores()
        sync = HubSync(store, DATASET)
        sync.round()
        vote(store, 0)

        with monkeypatch.context() as context:
            context.setattr(outbox.Lines, "append", no_room)
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
