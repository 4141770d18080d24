"""A listener's way through a study, without a page: what is asked, what is counted, what is taken back."""

import json
from collections import Counter

import pytest
from sitting import KEY, LISTENER, MODULES, Listener
from tiny_study import CONSENT, HASHES, LABELS, SYSTEMS, write_study

from audiogan.listening import tokens
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.votes import Exclusion


class TestWay:
    def test_every_stage_comes_in_its_order(self, listener, study):
        assert listener.call("open")["view"]["stage"] == "consent"
        listener.consent()
        stages = []
        while listener.view["stage"] != "done":
            stages.append(listener.view["stage"])
            listener.step()
        trials = study.design.trials
        ratings = trials.training + trials.test + trials.gold + trials.repeat
        assert stages == [
            "level",
            "headphones",
            *["rating"] * ratings,
            *["naming"] * 2,
            *["preference"] * 2,
            "diversity",
        ]

    def test_consent_shows_the_studys_own_text(self, listener, study):
        view = listener.call("open")["view"]
        assert view["text"] == study.design.consent_text
        assert view["version"] == study.design.consent_version
        assert view["minutes"] == 5

    def test_consent_counts_what_the_trials_count(self, listener):
        view = listener.call("open")["view"]
        assert (view["tasks"], view["practice"]) == (16 + 2 + 2 + 2 + 2 + 1, 4)
        listener.consent()
        listener.advance("rating")
        assert listener.view["total"] == view["practice"]
        listener.advance("naming")
        assert listener.view["total"] == view["tasks"]

    def test_questions_that_tell_the_instrument_are_marked(self, rating):
        cued = {question["name"]: question["cued"] for question in rating.view["questions"]}
        assert cued == {"quality": False, "intelligibility": False, "resemblance": True, "real": False}

    def test_every_answer_becomes_a_vote_with_its_identity(self, listener, store, study):
        listener.consent()
        listener.advance("done")
        votes = list(store.rows())
        roles = Counter(vote["role"] for vote in votes if vote["order"] == 0)
        assert roles == {"training": 4, "test": 16 + 5, "gold": 2, "repeat": 2}
        assert {vote["trial_index"] for vote in votes} == set(range(29))
        for vote in votes:
            assert (vote["session_id"], vote["device_class"]) == (tokens.session_id(KEY), "phone")
            assert (vote["study_hash"], vote["consent_version"], vote["headphones"]) == (study.hash, CONSENT, "unknown")
            if vote["question"] != "diversity":
                stimulus = study[vote["stimulus"]]
                assert (vote["system"], vote["clip_sha256"]) == (stimulus.system, stimulus.sha256)
                assert (vote["label"], vote["seed"], vote["lufs"]) == (stimulus.label, stimulus.seed, stimulus.lufs)

    def test_each_module_asks_its_own_question(self, listener, store):
        listener.consent()
        listener.advance("done")
        votes = {vote["question"]: vote for vote in store.rows()}
        assert votes["naming"]["value"] in LABELS
        assert votes["preference"]["value"] == "second"
        assert votes["preference"]["other_system"] in set(SYSTEMS) - {votes["preference"]["system"]}
        assert (votes["diversity"]["value"], votes["diversity"]["clip_sha256"]) == (4, "")
        assert votes["quality"]["other_stimulus"] == ""

    def test_naming_does_not_give_the_name_away(self, listener):
        listener.consent()
        listener.advance("naming")
        assert listener.view["label"] is None
        assert listener.view["exemplar"] is None

    def test_practice_says_what_it_was_and_names_no_system(self, rating):
        told = [rating.step() for _ in range(4)]
        assert {one["feedback"]["real"] for one in told} == {True, False}
        assert not any(system in json.dumps(told) for system in SYSTEMS[1:])
        assert "feedback" not in rating.step()

    def test_reload_and_second_device_and_restart_resume_where_the_listener_was(self, rating, study, store):
        rating.step()
        other = Listener(study, store)
        other.now = rating.now
        assert other.call("open")["view"] == rating.view
        other.step()
        assert rating.call("open")["view"] == other.view

    @pytest.mark.parametrize("with_votes", [True, False])
    def test_step_that_did_not_come_back_from_a_hub_is_asked_again_and_no_other(
        self, study, tmp_path, monkeypatch, with_votes
    ):
        monkeypatch.setenv("AUDIOGAN_SECRET", "the same after a restart")
        store, back = (Store(f"sqlite:///{tmp_path / name}") for name in ("whole.sqlite3", "back.sqlite3"))
        before = Listener(study, store)
        before.consent()
        before.advance("rating")
        views, told = [], []
        for _ in range(4):
            views.append(before.view)
            told.append(before.step())
        lost = {"step": ("number", 3), "vote": ("trial_index", None if with_votes else 1)}

        def is_lost(entry):
            name, value = lost.get(entry["kind"], ("kind", None))
            return entry[name] == value

        back.merge(entry for entry in store.journal() if not is_lost(entry))
        after = Listener(study, back)
        after.now = before.now
        assert after.call("open")["view"] == views[1]
        again = after.rating()
        first = after.call("answer", **again, wait=5)
        assert (first["repeated"], first["receipt"]) == (False, told[1]["receipt"])
        assert first["view"] == before.view
        assert after.call("answer", **again)["repeated"]
        after.view = views[2]  # a page that was left open there
        assert after.call("answer", **after.rating(), wait=5)["receipt"] == told[2]["receipt"]
        after.advance("done")
        trials = {vote["trial_index"] for vote in back.rows()}
        assert trials == set(range(29))
        store.close()
        back.close()

    def test_debrief_names_systems_and_shows_the_listeners_own_answers(self, listener):
        listener.consent()
        listener.advance("done")
        view = listener.view
        assert sum(system["heard"] for system in view["systems"]) == 16 + 2
        made = {trial["made"] for trial in view["trials"]}
        assert made >= set(HASHES)
        assert sum(" / " in one for one in made) in (1, 2)  # of pairs both
        assert view["judged"]["of"] == 18
        left_out = ["4 for practice", "2 to check the listening", "5 with other questions"]
        assert view["judged"]["uncounted"] == left_out  # with these it is all that was heard
        assert view["systems"][0] == {"made": "a recording"} | {
            name: view["systems"][0][name] for name in ("heard", "quality", "called_real")
        }

    @pytest.mark.parametrize(
        ("per_cell", "modules"),
        [(4, {}), (4, {"naming": 4}), (8, {"naming": 4, "preference": 4}), (12, {"diversity": 2, "preference": 2})],
    )
    def test_another_sitting_is_offered_while_it_would_rate_nothing_that_was_heard(
        self, tmp_path, store, per_cell, modules
    ):
        study, played, more = Study.load(write_study(tmp_path / "pool", per_cell, modules=modules)), set(), True
        tests = {one.id for one in study.of_role("test")}
        for number in range(5):
            someone = Listener(study, store, key=f"{number:032x}")
            someone.consent()
            steps = store.session(tokens.session_id(someone.key)).plan
            rated = {step["clips"][0] for step in steps if step["kind"] == "rating" and step["role"] == "test"}
            assert more is not bool(rated & played)
            played |= tests & {clip for step in steps for clip in step.get("clips", ())}
            someone.advance("done")
            more = someone.view["more"]
        assert not more

    def test_another_study_begins_anew(self, rating, store, tmp_path):
        rating.step()
        other = Study.load(write_study(tmp_path / "other"))
        assert Listener(other, store).call("open")["view"]["stage"] == "consent"


class TestOnce:
    def test_same_answer_again_gets_the_same_receipt_and_changes_nothing(self, rating, store):
        request = rating.rating()
        first = rating.call("answer", **request, wait=5)
        again = rating.call("answer", **(request | {"answers": dict.fromkeys(request["answers"], 1)}))
        assert (first["repeated"], again["repeated"]) == (False, True)
        assert {name: first[name] for name in ("receipt", "view", "feedback")} == {
            name: again[name] for name in ("receipt", "view", "feedback")
        }
        assert [vote["value"] for vote in store.rows()] == [4, 4, 4, "real"]

    def test_late_answer_of_a_race_is_told_of_the_first(self, rating, study, store, monkeypatch):
        slow = Listener(study, store)
        slow.now = rating.now + 5
        slow.view = rating.view
        request, stale = slow.rating(), slow.listening._sittings.place({"session": KEY})
        first = rating.call("answer", **request, wait=5)
        places = iter([stale])
        original = slow.listening._sittings.place
        monkeypatch.setattr(slow.listening._sittings, "place", lambda sent: next(places, None) or original(sent))
        second = slow.call("answer", **request)
        assert second["repeated"]
        assert second["receipt"] == first["receipt"]
        assert len(list(store.rows())) == 4

    def test_consent_again_is_the_same_session(self, rating, store):
        rating.step()
        view = rating.view
        assert rating.consent()["view"] == view
        assert len({vote["session_id"] for vote in store.rows()}) == 1

    def test_receipt_is_not_what_the_table_publishes(self, rating, store):
        receipt = tokens.parse_receipt(rating.step()["receipt"])
        published = json.dumps(list(store.rows()))
        assert receipt not in published
        assert KEY not in published
        assert LISTENER not in published
        assert {vote["vote_id"] for vote in store.rows()} == {tokens.vote_id(receipt)}

    def test_listener_is_one_rater_in_a_study_and_another_in_the_next(self, study, store, tmp_path):
        other = Study.load(write_study(tmp_path / "other", modules=MODULES, title="Another"))
        for pool, key in ((study, "1" * 32), (study, "3" * 32), (other, "4" * 32)):
            someone = Listener(pool, store, key)
            someone.consent()
            someone.advance("rating")
            someone.step()
        raters = [vote["rater"] for vote in store.rows() if vote["order"] == 0]
        assert raters[0] == raters[1] != raters[2]


class TestWithdrawal:
    def test_any_receipt_marks_the_whole_session_and_deletes_nothing(self, rating, store):
        receipt = rating.step()["receipt"]
        rating.step()
        assert rating.call("withdraw", receipt=f" {receipt.upper()} ") == {"withdrawn": True}
        assert rating.call("withdraw", receipt=receipt) == {"withdrawn": True}
        *votes, event = store.rows()
        assert len(votes) == 8
        assert (event["kind"], event["rule"], event["session_id"]) == ("exclusion", "withdrawn", tokens.session_id(KEY))
        assert event["study_hash"] == rating.study.hash
        assert rating.call("open")["view"] == {"stage": "withdrawn"}

    def test_withdrawn_session_takes_no_more_answers(self, rating, store):
        receipt = rating.step()["receipt"]
        request = rating.rating()
        rating.call("withdraw", receipt=receipt)
        assert "withdrawn" in rating.call("answer", **request, wait=5)["error"]
        assert len(list(store.rows())) == 5

    @pytest.mark.parametrize("receipt", [None, 7, "", "x" * 16, "0" * 15, "<b>", "0" * 100_000, ["0" * 16]])
    def test_what_is_no_receipt_is_refused(self, rating, receipt):
        assert "receipt must be" in rating.call("withdraw", receipt=receipt)["error"]

    def test_unknown_receipt_is_refused_and_guessing_is_slow(self, rating):
        told = [rating.call("withdraw", receipt=f"{number:016x}") for number in range(30)]
        assert told[0]["error"] == "there are no answers with this receipt"
        assert "too many" in told[-1]["error"]
        assert told[-1]["wait_ms"] > 0


def test_exclusion_by_hand_keeps_the_listener_going(rating, store):
    rating.step()
    store.exclude(Exclusion(session_id=tokens.session_id(KEY), rule="manual", reason="A colleague."))
    assert rating.call("open")["view"]["stage"] == "rating"
