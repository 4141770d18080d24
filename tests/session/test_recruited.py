"""Listeners whom a platform sends: once each, wherever they come from, and told what confirms it only at the end."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sitting import Listener
from test_recruitment import RECRUITMENT, URL
from tiny_study import write_study

from audiogan.listening import tokens
from audiogan.listening.guard import Limit, Limits
from audiogan.listening.store import Store
from audiogan.listening.study import Study

SHORT = {"trials": {"training": 1, "test": 2, "gold": 0, "repeat": 0}}
ID = "5f0c1d2e3b4a"


@pytest.fixture(scope="module")
def paid(tmp_path_factory) -> Study:
    return Study.load(write_study(tmp_path_factory.mktemp("paid") / "pool", recruitment=RECRUITMENT, **SHORT))


class Participant(Listener):
    """Someone at a page whose address names them; `told` is all that the server said."""

    def __init__(self, study, store, key="1" * 32, participant=ID, **options):
        super().__init__(study, store, key, **options)
        self.participant, self.told = participant, []

    def call(self, action, **request):
        named = {"participant": self.participant} if self.participant and action in ("open", "consent") else {}
        told = super().call(action, **(named | request))
        self.key = told.get("session", self.key)
        self.told.append(told)
        return told


@pytest.fixture
def someone(paid, store):
    return Participant(paid, store)


def test_confirmation_is_told_at_the_end_and_never_before(someone, paid):
    assert "kept with your answers" in someone.call("open")["view"]["notice"]
    someone.consent()
    someone.advance("done")
    *before, last = someone.told
    assert "ABC123" not in json.dumps(before)
    assert (last["view"]["recruited"], last["view"]["completion"]) == (True, {"url": URL, "code": "ABC123"})
    assert someone.call("open")["view"]["completion"]["code"] == "ABC123"


def test_id_is_kept_beside_the_sitting_and_in_nothing_that_is_told_or_exported(someone, store):
    someone.consent()
    someone.advance("done")
    assert store.participants.by_session() == {tokens.session_id(someone.key): ID}
    assert ID not in json.dumps([someone.told, *store.rows(), *store.journal()])


def test_who_skips_every_sound_has_not_taken_part(someone):
    someone.consent()
    while someone.view["stage"] != "done":
        someone.call("skip", token=someone.view["token"])
    assert (someone.view["recruited"], someone.view["completion"]) == (True, None)


def test_who_withdraws_half_way_has_nothing_to_confirm(someone):
    someone.consent()
    told = someone.advance("rating") and someone.step()
    someone.call("withdraw", receipt=told["receipt"])
    assert someone.call("open")["view"] == {"stage": "withdrawn", "recruited": True, "completion": None}


def test_another_browser_goes_on_with_the_sitting_that_is_under_way(someone, paid, store):
    someone.consent()
    someone.advance("rating")
    someone.step()
    other = Participant(paid, store, key="2" * 32)
    other.now = someone.now
    assert other.call("open")["view"]["stage"] == "consent"  # nothing of the sitting before they agree
    assert other.consent()["view"] == someone.view
    assert other.key == someone.key
    other.advance("done")
    assert {vote["session_id"] for vote in store.rows()} == {tokens.session_id(someone.key)}


def test_two_tabs_at_once_are_one_sitting(someone, paid, store):
    other = Participant(paid, store, key="2" * 32)
    assert someone.consent()["view"] == other.consent()["view"]
    someone.advance("rating")
    request = someone.rating()
    first = someone.call("answer", **request, wait=5)
    other.now = someone.now
    again = other.call("answer", **(request | {"answers": dict.fromkeys(request["answers"], 1)}))
    assert (again["repeated"], again["receipt"]) == (True, first["receipt"])
    assert len([row for row in store.rows() if row["kind"] == "vote"]) == 4
    assert store.participants.by_session() == {tokens.session_id(someone.key): ID}


def test_browsers_that_begin_at_the_same_moment_are_one_sitting(paid, store):
    everyone = [Participant(paid, store, key=f"{number}" * 32) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda one: one.consent(), everyone))
    assert [one.get("error") for one in told] == [None] * 8
    assert len({one["session"] for one in told}) == 1
    assert len([row for row in store.rows() if row["kind"] == "recruited"]) == 1


@pytest.mark.parametrize("withdrawn", [False, True])
def test_who_has_taken_part_is_told_so_and_another_browser_learns_nothing_else(someone, paid, store, withdrawn):
    someone.consent()
    told = someone.advance("done")
    if withdrawn:
        someone.call("withdraw", receipt=told[-1]["receipt"])
        assert store.participants.by_session() == {}
        assert someone.call("open")["view"]["completion"] == told[-1]["view"]["completion"]
    before = len(list(store.rows()))
    other = Participant(paid, store, key="2" * 32)
    refused = other.consent()
    assert refused["error"].startswith("you have taken part in this study already")
    assert set(refused) == {"error", "wait_ms"}
    assert other.call("open")["view"]["stage"] == "consent"
    assert len(list(store.rows())) == before


def test_next_participant_at_the_same_computer_begins_anew_and_is_another_rater(someone, paid, store):
    someone.consent()
    someone.advance("done")
    following = Participant(paid, store, key=someone.key, participant="another")  # what the browser kept
    assert following.call("open")["view"]["stage"] == "consent"
    following.consent()  # with the same `listener`, too
    assert following.key != someone.key
    following.advance("done")
    assert len({row["rater"] for row in store.rows() if row["kind"] == "vote"}) == 2
    assert set(store.participants.by_session().values()) == {ID, "another"}


def test_other_secret_gives_nobody_a_second_sitting(someone, paid, store, monkeypatch):
    someone.consent()
    monkeypatch.setenv("AUDIOGAN_SECRET", "another since the restart")
    assert "taken part" in Participant(paid, store, key="2" * 32).consent()["error"]


@pytest.mark.parametrize(
    "participant", ["x" * 65, "x" * 10_000, "a b", "<script>", "a\n", "ä", 5, True, ["a"], {"$ne": 1}]
)
def test_what_is_no_participant_is_refused_in_one_sentence_that_does_not_repeat_it(someone, store, participant):
    for told in (someone.call("open", participant=participant), someone.consent(participant=participant)):
        assert told["error"] == "participant must be 1 to 64 letters, digits, _ or -"
    assert list(store.journal()) == []


@pytest.mark.parametrize("participant", [None, ""])
def test_volunteer_may_take_part_and_has_nothing_to_confirm(paid, store, participant):
    volunteer = Listener(paid, store)
    assert "names no participant" in volunteer.call("open", participant=participant)["view"]["notice"]
    assert "session" not in volunteer.consent(participant=participant)
    volunteer.advance("done")
    assert "completion" not in volunteer.view
    assert store.participants.by_session() == {}
    assert "recruited" not in {row["kind"] for row in store.rows()}


def test_guessing_who_has_taken_part_is_slow(someone, paid, store):
    someone.consent()
    someone.advance("done")
    limits = Limits(session=Limit(100, 1.0), start=Limit(3, 0.001))
    guesser = Participant(paid, store, "2" * 32, limits=limits)
    told = [guesser.consent() for _ in range(4)]
    assert ["taken part" in one["error"] for one in told] == [True, True, True, False]
    assert "too many" in told[-1]["error"]


def test_study_without_recruitment_takes_no_notice(study, store):
    someone = Participant(study, store, participant="x" * 10_000)
    assert "notice" not in someone.call("open")["view"]
    assert "session" not in someone.consent()
    someone.advance("done")
    assert not {"recruited", "completion"} & set(someone.view)
    assert store.participants.by_session() == {}


def test_confirmation_comes_back_from_a_hub_without_the_id(someone, paid, store, tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOGAN_SECRET", store.secret())
    someone.consent()
    someone.advance("done")
    back = Store(f"sqlite:///{tmp_path / 'back.sqlite3'}")
    back.merge(store.journal())
    after = Participant(paid, back, key=someone.key)
    assert after.call("open")["view"]["completion"]["code"] == "ABC123"
    assert "taken part" in Participant(paid, back, key="2" * 32).consent()["error"]
    assert back.participants.by_session() == {}
    back.close()
