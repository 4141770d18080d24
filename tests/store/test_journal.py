"""What one database tells makes another the same."""

import dataclasses
import json

import pytest
from trials import SESSION, STUDY, session_of, trial

from audiogan.listening.store import Store, sessions
from audiogan.listening.store.journal import TABLES
from audiogan.listening.votes import Exclusion

NONE = dict.fromkeys(TABLES, 0)


def lines(entries) -> list[str]:
    """Entries in an order that depends on nothing else."""
    return sorted(json.dumps(entry, sort_keys=True) for entry in entries)


def test_journal_makes_another_database_the_same(store, tmp_path):
    store.start(session_of(SESSION), lambda counts: [{"kind": "rating", "clips": ["a"], "rated": ["a"]}], 0)
    told = []
    store.subscribe(told.extend)
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    store.close_step(SESSION, 1, {}, 5000, events=[sessions.note(SESSION, 1, "its sound did not play")])
    store.exclude(Exclusion(session_id=SESSION, rule="withdrawn", reason="Asked for."))
    journal = list(store.journal())
    assert [entry["kind"] for entry in journal] == ["session", "step", "step", "vote", "vote", "note", "exclusion"]
    assert lines(told) == lines(journal[1:])
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert other.merge(journal) == NONE | {"session": 1, "step": 2, "vote": 2, "exclusion": 1, "note": 1}
    assert lines(other.journal()) == lines(journal)
    other.close_step(SESSION, 2, {}, 6000, trial(2))
    assert store.merge(other.journal()) == NONE | {"step": 1, "vote": 2}
    assert sum(store.merge(other.journal()).values()) == 0
    assert lines(store.journal()) == lines(other.journal())
    assert store.heard("f" * 32, STUDY) == other.heard("f" * 32, STUDY) == {"a"}
    assert len(told) == 6  # what came from outside is not told again
    other.close()


def test_votes_that_came_back_without_their_step_stay_and_the_rest_of_the_trial_joins_them(store):
    told = []
    store.subscribe(told.extend)
    store.merge([dataclasses.asdict(trial(0, value=4)[0])])
    assert store.close_step(SESSION, 0, {"voted": True}, 5000, trial(0, value=1))
    assert [(row["question"], row["value"]) for row in store.rows()] == [("quality", 4), ("real", "invented")]
    assert [entry.get("question") for entry in told] == [None, "real"]


def test_many_entries_are_merged_at_once(store):
    entries = [dataclasses.asdict(vote) for number in range(1000) for vote in trial(number)]
    assert store.merge(entries)["vote"] == 2000
    assert store.merge(entries)["vote"] == 0


def test_a_bad_entry_among_good_ones_stores_none_of_them(store):
    good = [dataclasses.asdict(vote) for vote in trial(0)]
    with pytest.raises(ValueError, match="seed is '9223372036854775808'"):
        store.merge([*good, good[0] | {"seed": 2**63, "vote_id": "b"}])
    assert list(store.journal()) == []
