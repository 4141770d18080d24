"""Votes are kept as they were given, once, whoever sends them and however often."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sqlalchemy as sa
from trials import SESSION, STUDY, trial

from audiogan.listening.store import Session, StoreError, schema, sessions
from audiogan.listening.votes import EXCLUSION_COLUMNS, NOTE_COLUMNS, VOTE_COLUMNS, Exclusion, clip_hash


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
    store.start(Session(SESSION, "f" * 32, STUDY, "1", "phone", (), 0), lambda counts: [], 0)
    store.close_step(SESSION, 0, {}, 5000, events=[sessions.note(SESSION, 0, "its sound did not play")])
    store.close_step(SESSION, 1, {}, 6000, trial(1))
    unknown = sessions.note("6" * 32, 0, "nor did this one's")  # of a session that is not here
    store.close_step("6" * 32, 0, {}, 5000, events=[unknown])
    *votes, note, other = store.rows()
    assert [row["kind"] for row in (*votes, note, other)] == ["vote", "vote", "note", "note"]
    assert (tuple(note), tuple(other)) == (NOTE_COLUMNS, NOTE_COLUMNS)
    assert (note["session_id"], note["study_hash"]) == (SESSION, STUDY)
    assert note["reason"] == "its sound did not play"
    assert (other["session_id"], other["study_hash"]) == ("6" * 32, "")


def test_session_of_vote_is_found_by_its_id(store):
    store.close_step(SESSION, 0, {}, 1, trial(0))
    assert store.session_of_vote(trial(0)[0].vote_id) == SESSION
    assert store.session_of_vote("0" * 32) is None


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


def test_clip_hash_is_of_int16_little_endian_pcm():
    expected = (
        "db0c9f58fbf1f2af9509807f11ad7f605ee2707732d51675f2c3203bc220e498"  # printf '\x00\x40\x00\xc0' | sha256sum
    )
    assert clip_hash(np.array([0.5, -0.5])) == expected
