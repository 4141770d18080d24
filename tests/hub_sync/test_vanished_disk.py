"""What a disk that vanishes took comes back from the data set, each vote once."""

import json

from sitting import Listener
from trials import SESSION, STUDY, session_of

from audiogan.listening import records
from audiogan.listening.exclusions import by_study
from audiogan.listening.hub_sync import HubSync
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.store import Store, sessions
from audiogan.listening.study import Study
from audiogan.listening.votes import Exclusion

from .conftest import DATASET, vote, votes_on


def statistics(store: Store, study: Study) -> dict:
    return analyse(by_study(records.records(store.rows(), [study]))[study.hash])


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
        store.start(session_of(SESSION), lambda counts: [{"kind": "rating", "clips": ["a"], "rated": ["a"]}], 0)
        store.close_step(SESSION, 0, {}, 5000, events=[sessions.note(SESSION, 0, "its sound did not play")])
        HubSync(store, DATASET).round()
        other = stores()
        HubSync(other, DATASET).round()
        assert store.session(SESSION) is not None
        assert other.session(SESSION) == store.session(SESSION)
        assert other.heard("f" * 32, STUDY) == {"a"}
        assert [row["kind"] for row in store.rows()] == ["note"]
        assert list(other.rows()) == list(store.rows())
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
            *(b'{"kind": "session", "session_id": "a", "rater": "a", "study_hash": "", "consent_version": "", '
              b'"device_class": "", "plan": "[%s]", "created_ms": 1}' % step for step in (b"1", rb'{\"clips\": [[]]}')),
        ]  # fmt: skip
        online.dataset(DATASET).commit("main", {"votes/damaged.jsonl": b"\n".join(bad) + b"\n"})
        other = stores()
        state = HubSync(other, DATASET).round()
        assert (state.damaged, state.pulled, state.status) == (len(bad), 3, "ok")
        assert len(list(other.rows())) == 2
        assert f"{len(bad)} damaged lines were skipped" in caplog.text
