"""Whom a platform sent: kept beside the session, once a study, until the listener withdraws, and copied nowhere."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from trials import SESSION, STUDY, session_of, trial

from audiogan.listening.store import Store
from audiogan.listening.votes import Exclusion

OTHER, ID = "6" * 32, "5f0c1d2e3b4a"
WITHDRAWN = Exclusion(session_id=SESSION, rule="withdrawn", reason="Asked for.", study_hash=STUDY)


@pytest.fixture
def begun(store):
    """A participant's session with a trial that is answered."""
    store.start(session_of(SESSION), lambda counts: [], 0, ID)
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    return store


def test_participant_has_one_session_in_a_study(begun):
    begun.start(session_of(SESSION), lambda counts: [], 0, "another")  # it has begun
    assert begun.participants.by_session() == {SESSION: ID}
    begun.start(session_of("7" * 32, study_hash="e" * 64), lambda counts: [], 0, ID)
    assert begun.participants.sessions_of(ID, STUDY) == [SESSION]
    assert begun.participants.sessions_of(ID) == [SESSION, "7" * 32]
    assert begun.participants.sessions_of(SESSION) == begun.participants.sessions_of(ID[:-1]) == []


def test_sessions_that_begin_at_once_are_one(store):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.start(session_of(SESSION), lambda counts: [], 0, ID), range(8)))
    assert store.participants.by_session() == {SESSION: ID}
    assert [row["kind"] for row in store.rows()] == ["recruited"]


def test_withdrawing_deletes_the_id_and_nothing_else(begun):
    begun.start(session_of(OTHER), lambda counts: [], 0, "other")
    begun.exclude(Exclusion(session_id=SESSION, rule="manual", reason="Odd."))
    assert begun.participants.by_session() == {SESSION: ID, OTHER: "other"}
    begun.exclude(WITHDRAWN)
    assert begun.participants.by_session() == {OTHER: "other"}
    assert begun.participants.was_recruited(SESSION)
    assert len(list(begun.rows())) == 2 + 2 + 2  # votes, exclusions and the two who were sent


def files_have_the_id(file) -> bool:
    return ID.encode() in b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_withdrawn_id_is_in_no_file_of_sqlite(file, tmp_path, elsewhere):
    store = Store(f"sqlite:///{file}")
    store.start(session_of(SESSION), lambda counts: [], 0, ID)
    assert files_have_the_id(file)
    if elsewhere:
        other = Store(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
        other.exclude(WITHDRAWN)
        store.merge(other.journal())
        other.close()
    else:
        store.exclude(WITHDRAWN)
    assert not files_have_the_id(file)  # while the database is open, its log beside it
    store.close()
    assert not files_have_the_id(file)


def test_withdrawing_while_somebody_reads_is_no_error(file):
    store, reader = Store(f"sqlite:///{file}"), Store(f"sqlite:///{file}")
    store.start(session_of(SESSION), lambda counts: [], 0, ID)
    store.close_step(SESSION, 0, {}, 5000, trial(0))
    rows = reader.rows()
    next(rows)
    assert store.exclude(WITHDRAWN)
    assert len(list(rows)) == 2  # the other vote, and that the listener was sent: of before the withdrawal
    assert store.participants.by_session() == {}
    assert not store.exclude(WITHDRAWN)  # asked for again, nobody reading
    assert not files_have_the_id(file)
    for one in (store, reader):
        one.close()


def test_copy_elsewhere_says_that_somebody_was_sent_and_not_who(begun, tmp_path):
    told = []
    begun.subscribe(told.extend)
    begun.start(session_of(OTHER), lambda counts: [], 0, "other")
    journal = list(begun.journal())
    assert [entry["kind"] for entry in told] == ["session", "recruited"]
    assert ID not in json.dumps(journal)
    assert "other" not in {value for entry in journal + told for value in entry.values()}
    copy = Store(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    assert copy.merge(journal)["recruited"] == 2
    assert copy.participants.was_recruited(SESSION)
    assert copy.participants.by_session() == {}
    copy.exclude(WITHDRAWN)
    begun.merge(copy.journal())  # withdrawn elsewhere
    assert begun.participants.by_session() == {OTHER: "other"}
    copy.close()
