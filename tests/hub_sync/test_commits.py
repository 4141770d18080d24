"""Votes become commits: nobody overwrites another's, files and commits stay small, and nothing new is no call."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

from hub.faults import say, slowly

from audiogan.listening import hub_sync, outbox
from audiogan.listening.hub_sync import HubSync
from audiogan.listening.outbox import Outbox

from .conftest import DATASET, vote, votes_on


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
