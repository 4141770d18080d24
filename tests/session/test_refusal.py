"""What is refused, and what is taken and flagged."""

import dataclasses

import pytest
from sitting import KEY, Listener, tokens_of

from audiogan.listening import answers, tokens
from audiogan.listening.store import StoreError


class TestRefusal:
    def test_answer_before_the_sound_can_have_ended_is_refused_and_may_come_again(self, rating, store):
        request = rating.rating()
        told = rating.call("answer", **request, wait=0.05)
        assert "listen to the whole sound" in told["error"]
        assert told["wait_ms"] > 0
        assert list(store.rows()) == []
        assert "receipt" in rating.call("answer", **request, wait=told["wait_ms"] / 1000)

    @pytest.mark.parametrize("timing", [{"plays": 0}, {"listened_ms": 10}])
    def test_sound_that_the_page_did_not_play_to_its_end_is_refused(self, rating, store, timing):
        assert "listen to the whole sound" in rating.call("answer", **rating.rating(**timing), wait=5)["error"]
        assert list(store.rows()) == []

    @pytest.mark.parametrize(
        "changes",
        [
            {"answers": None},
            {"answers": []},
            {"answers": {}},
            {"answers": {"quality": 4}},
            {"answers": {"quality": 6, "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": 0, "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": True, "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": 4.0, "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": "4", "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": [4], "intelligibility": 4, "resemblance": 4, "real": "real"}},
            {"answers": {"quality": 4, "intelligibility": 4, "resemblance": 4, "real": "<b>real</b>"}},
            {"answers": {"quality": 4, "intelligibility": 4, "resemblance": 4, "real": "real", "<i>": 1}},
            {"plays": -1},
            {"plays": 10**9},
            {"plays": "1"},
            {"listened_ms": None},
            {"listened_ms": float("nan")},
            {"response_ms": 1e300},
            {"response_ms": True},
            {"token": None},
            {"token": "0" * 32},
            {"token": ["0" * 32]},
            {"token": "é" * 32},
            {"session": "9" * 32},
            {"session": "9"},
            {"session": {"$ne": None}},
        ],
    )
    def test_bad_answer_is_one_sentence_and_stores_nothing(self, rating, store, changes):
        told = rating.call("answer", **(rating.rating() | changes), wait=5)
        assert "\n" not in told["error"]
        assert "<" not in told["error"]
        assert list(store.rows()) == []

    @pytest.mark.parametrize(
        "request_", [None, 5, "open", [], {}, {"action": None}, {"action": ["open"]}, {"action": "_vote"}]
    )
    def test_what_is_no_request_is_refused(self, listener, request_):
        assert "action must be one of" in listener.listening.answer(request_, "127.0.0.1")["error"]
        assert "clips must be" in listener.listening.sounds(request_, "127.0.0.1")["error"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"session": None},
            {"session": "0" * 31},
            {"session": "G" * 32},
            {"listener": "<script>"},
            {"device": "toaster"},
            {"device": None},
            {"version": "another"},
            {"version": None},
        ],
    )
    def test_bad_consent_begins_nothing(self, listener, changes):
        assert "error" in listener.consent(**changes)
        assert listener.call("open")["view"]["stage"] == "consent"

    def test_token_of_another_session_is_refused(self, rating, study, store):
        other = Listener(study, store, key="7" * 32)
        other.now = rating.now
        other.consent()
        other.advance("rating")
        mixed = rating.rating() | {"session": other.key}
        assert "does not belong" in rating.call("answer", **mixed, wait=5)["error"]

    def test_token_of_a_later_step_is_refused(self, rating, store):
        ahead = tokens_of(store).step(tokens.session_id(KEY), 5)
        assert "does not belong" in rating.call("answer", **(rating.rating() | {"token": ahead}), wait=5)["error"]
        assert list(store.rows()) == []

    def test_full_database_says_so_without_naming_it_and_asks_to_come_again(self, rating, store, monkeypatch, caplog):
        def full(*_):
            raise StoreError("ratings database sqlite:////srv/secret.sqlite3 cannot be used: disk is full")

        monkeypatch.setattr(store, "close_step", full)
        told = rating.call("answer", **rating.rating(), wait=5)
        assert "secret" not in told["error"]
        assert told["wait_ms"] > 0
        assert "disk is full" in caplog.text


class TestFlags:
    def timing(self, **changes):
        return dataclasses.replace(answers.Timing(plays=1, listened_ms=1000, response_ms=2000), **changes)

    def test_plain_answer_has_none(self):
        assert answers.flags(self.timing(), 4000, [[3, 4, 2]]) == ""

    def test_answer_at_once_is_fast(self):
        assert answers.flags(self.timing(response_ms=100), 4000, [[3, 4, 2]]) == "fast"

    def test_more_time_than_has_passed_is_impossible(self):
        assert answers.flags(self.timing(response_ms=9000), 4000, [[3, 4, 2]]) == "impossible"
        assert answers.flags(self.timing(listened_ms=9000), 4000, [[3, 4, 2]]) == "impossible"

    def test_one_value_for_eight_trials_is_straight(self):
        assert answers.flags(self.timing(), 4000, [[1, 2, 3]] + [[3, 3, 3]] * 8) == "straight"
        assert answers.flags(self.timing(), 4000, [[3, 3, 3]] * 7) == ""

    def test_flagged_answers_are_stored(self, listener, store):
        listener.consent()
        listener.advance("done")
        flagged = [vote["flags"] for vote in store.rows() if vote["order"] == 0]
        assert flagged[:7] == [""] * 7
        assert flagged[7] == "straight"
