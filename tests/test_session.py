"""A listener's way through a study, without a page: what is asked, what counts, what is refused, what is never told."""

import base64
import dataclasses
import itertools
import json
from collections import Counter

import numpy as np
import pytest
from tiny_study import HASHES, LABELS, SECONDS, SYSTEMS, write_study

from audiogan.audio import read_audio, to_pcm16
from audiogan.listening import answers, guard, headphones, plan, tokens, views
from audiogan.listening.guard import Guard, Limit, Limits, RefusedError
from audiogan.listening.session import Listening
from audiogan.listening.sounds import mask
from audiogan.listening.store import Store, StoreError
from audiogan.listening.study import Study
from audiogan.listening.votes import Exclusion

MODULES = {"naming": 2, "preference": 2, "diversity": 1}
KEY, LISTENER = "1" * 32, "2" * 32
UNHURRIED = Limits(session=Limit(10_000, 10_000.0))


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return Study.load(write_study(tmp_path_factory.mktemp("study") / "pool", modules=MODULES))


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
    yield store
    store.close()


class Listener:
    """Someone at a page, whose clock is ours; the limits have their own, and are wide unless a test is about them."""

    def __init__(self, study, store, key=KEY, limits=UNHURRIED):
        self.now = 1_000_000_000.0
        self.study, self.key = study, key
        self.listening = Listening(study, store, limits, clock=lambda: self.now)
        self.view: dict = {}

    def call(self, action, **request):
        self.now += request.pop("wait", 0)
        told = self.listening.answer({"action": action, "session": self.key} | request, "127.0.0.1")
        self.view = told.get("view", self.view)
        return told

    def consent(self, **changes):
        version = self.study.design.consent_version
        return self.call("consent", **({"listener": LISTENER, "device": "phone", "version": version} | changes))

    def rating(self, **changes):
        """A proper answer to the trial at hand, as a page would send it."""
        given = {question["name"]: question["choices"][-2]["value"] for question in self.view["questions"]}
        heard = round(1000 * SECONDS * len(self.view["clips"])) + 1
        timing = {"plays": 1, "listened_ms": heard, "response_ms": 900}
        return {"token": self.view["token"], "answers": given} | timing | changes

    def step(self):
        if self.view["stage"] == "level":
            return self.call("answer", token=self.view["token"])
        if self.view["stage"] == "headphones":
            return self.call("answer", token=self.view["token"], choices=None)
        return self.call("answer", **self.rating(), wait=5)

    def advance(self, stage):
        """Go on until a stage is reached; everything that was told on the way."""
        told = []
        while self.view["stage"] != stage:
            told.append(self.step())
            assert "error" not in told[-1], told[-1]
        return told


@pytest.fixture
def listener(study, store):
    return Listener(study, store)


@pytest.fixture
def rating(listener):
    """A listener at the first practice trial."""
    listener.consent()
    listener.advance("rating")
    return listener


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
        assert (view["version"], view["trials"], view["practice"]) == (study.design.consent_version, 25, 4)

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
            assert (vote["study_hash"], vote["consent_version"], vote["headphones"]) == (study.hash, "1", "unknown")
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
        assert sum(system["heard"] for system in view["systems"]) == 16 + 2 + 5
        assert {trial["made"] for trial in view["trials"]} >= set(HASHES)
        assert view["judged"]["of"] == 18
        left_out = {"for practice": 4, "that check the listening": 2, "with other questions": 5}
        assert view["judged"]["uncounted"] == left_out  # with these it is all that was heard
        assert view["systems"][0] == {"made": "a recording"} | {
            name: view["systems"][0][name] for name in ("heard", "quality", "called_real")
        }

    def test_skipped_sound_is_noted_and_costs_no_vote(self, rating, store):
        number, token = rating.view["number"], rating.view["token"]
        assert rating.call("skip", token=token)["view"]["number"] == number + 1
        assert "did not play" in store.notes()[0]["reason"]
        assert list(store.rows()) == []
        assert rating.call("skip", token=token)["view"]["number"] == number + 1  # again changes nothing
        assert len(store.notes()) == 1

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
            {"version": "2"},
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
        ahead = Tokens_of(store).step(tokens.session_id(KEY), 5)
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


def Tokens_of(store):  # noqa: N802
    return tokens.Tokens(store.secret())


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


class TestSounds:
    def heard(self, listener, token):
        told = listener.listening.sounds({"session": KEY, "clips": [token]}, "127.0.0.1")
        pcm = np.frombuffer(base64.b64decode(told["clips"][token]), "<u2")
        return (pcm ^ mask(token, len(pcm))).view("<i2")

    def test_page_gets_the_frozen_samples(self, rating, study, store):
        session = store.session(tokens.session_id(KEY))
        stimulus = session.plan[2]["clips"][0]
        audio, _ = read_audio(study.path(stimulus))
        np.testing.assert_array_equal(self.heard(rating, rating.view["clips"][0]), to_pcm16(audio))
        exemplar, _ = read_audio(study.path(study.exemplar(study[stimulus].label).id))
        np.testing.assert_array_equal(self.heard(rating, rating.view["exemplar"]), to_pcm16(exemplar))

    def test_mask_is_the_generator_that_it_says_it_is(self):
        state, expected = 0xDEADBEEF, []
        for _ in range(5):
            state = (1664525 * state + 1013904223) % 2**32
            expected.append(state >> 16)
        assert mask("deadbeef" + "0" * 24, 5).tolist() == expected

    def test_sound_of_the_next_step_may_be_fetched_and_no_later_one(self, rating, store):
        assert rating.view["preload"]
        for token in rating.view["preload"]:
            self.heard(rating, token)
        late = Tokens_of(store).clip(tokens.session_id(KEY), 9, "0")
        told = rating.listening.sounds({"session": KEY, "clips": [late]}, "127.0.0.1")
        assert told["error"] == "this sound is not part of the trial"

    @pytest.mark.parametrize("clips", [None, [], ["x"] * 13, [None], ["../../etc/passwd"], ["0" * 32], "0" * 32])
    def test_bad_request_for_sounds_is_one_sentence(self, rating, clips):
        told = rating.listening.sounds({"session": KEY, "clips": clips}, "127.0.0.1")
        assert set(told) == {"error", "wait_ms"}

    def test_replies_are_equally_long(self, listener):
        listener.consent()
        sizes = set()
        while listener.view["stage"] not in ("naming", "done"):
            if listener.view["stage"] == "rating":
                wanted = [*listener.view["clips"], listener.view["exemplar"]]
                sizes.add(len(json.dumps(listener.listening.sounds({"session": KEY, "clips": wanted}))))
            listener.step()
        assert len(sizes) == 1


class TestHeadphones:
    def check(self, listener, study, store, wrong=0):
        listener.consent()
        listener.step()
        targets = listener.listening._hearing.targets(tokens.session_id(KEY))
        choices = [(target + (at < wrong)) % 3 for at, target in enumerate(targets)]
        return listener.call("answer", token=listener.view["token"], choices=choices, wait=30)

    @pytest.mark.parametrize(("wrong", "verdict"), [(0, "pass"), (1, "pass"), (2, "fail"), (6, "fail")])
    def test_outcome_tags_the_votes_and_stops_nobody(self, listener, study, store, wrong, verdict):
        self.check(listener, study, store, wrong)
        listener.step()
        assert {vote["headphones"] for vote in store.rows()} == {verdict}

    @pytest.mark.parametrize("choices", [[], [0] * 5, [3] * 6, ["0"] * 6, [True] * 6, "000000", 5])
    def test_bad_choices_are_refused(self, listener, choices):
        listener.consent()
        listener.step()
        assert "choices must be" in listener.call("answer", token=listener.view["token"], choices=choices)["error"]

    def test_answers_before_the_noises_can_have_been_heard_are_refused(self, listener):
        listener.consent()
        listener.step()
        assert "listen to all" in listener.call("answer", token=listener.view["token"], choices=[0] * 6)["error"]

    def test_page_is_not_told_where_the_tone_is(self, listener):
        listener.consent()
        listener.step()
        trials = listener.view["trials"]
        assert [len(trial) for trial in trials] == [3] * 6
        told = listener.listening.sounds({"session": KEY, "clips": trials[0]})
        assert len({len(sound) for sound in told["clips"].values()}) == 1

    def test_each_ear_alone_hears_noise_and_the_difference_is_a_tone(self):
        random = np.random.default_rng(0)
        left, right = np.mean(
            [np.abs(np.fft.rfft(headphones.interval(True, 16000, random))) ** 2 for _ in range(40)], 0
        )
        band = slice(564, 637)  # Hz: a second has a bin a hertz
        around = np.r_[left[400:550], left[650:800]].mean()
        for ear in (left, right):
            assert 0.7 < ear[band].mean() / around < 1.3
        ears = np.mean(
            [np.abs(np.diff(np.fft.rfft(headphones.interval(True, 16000, random)), axis=0)[0]) ** 2 for _ in range(40)],
            0,
        )
        assert ears[band].mean() > 20 * ears[800:2800].mean()

    def test_without_the_tone_both_ears_hear_the_same(self):
        left, right = headphones.interval(False, 16000, np.random.default_rng(0))
        np.testing.assert_array_equal(left, right)
        assert np.abs(left).max() == pytest.approx(headphones.PEAK)


class TestPlan:
    def plan(self, study, seed=0, counts=None, heard=()):
        return plan.make_plan(study, counts or {}, heard, np.random.default_rng(seed))

    def rated(self, steps, study):
        return [study[step["clips"][0]] for step in steps if step["kind"] == "rating" and step["role"] == "test"]

    @pytest.mark.parametrize("seed", range(20))
    def test_no_system_comes_twice_in_a_row(self, study, seed):
        steps = [step for step in self.plan(study, seed) if step["kind"] == "rating"]
        systems = [study[step["clips"][0]].system for step in steps]
        assert all(first != second for first, second in itertools.pairwise(systems))

    @pytest.mark.parametrize("seed", range(20))
    def test_gold_trials_are_one_of_each_kind(self, seed):
        study = Study.load()  # which has more of them than a sitting hears
        gold = [study[step["clips"][0]] for step in self.plan(study, seed) if step.get("role") == "gold"]
        assert sorted(one.system for one in gold) == ["noise", "real"]

    @pytest.mark.parametrize(("num", "drawn"), [(3, "abc"), (5, "aabbc"), (7, "aaaabbc"), (9, "aaaaabbc")])
    def test_kinds_come_by_turns_until_there_is_no_more_of_one(self, num, drawn):
        for seed in range(10):
            assert "".join(sorted(plan._by_turns("aaaaabbc", num, np.random.default_rng(seed), kind=str))) == drawn

    def test_kind_that_comes_alone_is_any(self):
        assert {plan._by_turns("abc", 1, np.random.default_rng(seed), kind=str)[0] for seed in range(20)} == set("abc")

    @pytest.mark.parametrize("seed", range(5))
    def test_every_system_is_heard_equally_often_and_labels_are_spread(self, study, seed):
        rated = self.rated(self.plan(study, seed), study)
        assert Counter(one.system for one in rated) == dict.fromkeys(SYSTEMS, 4)
        assert set(Counter(one.label for one in rated).values()) == {8}
        assert len({one.id for one in rated}) == 16

    def test_least_rated_come_first(self, study):
        counts = {one.id: 5 for one in study.of_role("test")}
        rare = {one.id for system in SYSTEMS for one in [s for s in study.of_role("test") if s.system == system][:2]}
        counts |= dict.fromkeys(rare, 1)
        assert rare <= {one.id for one in self.rated(self.plan(study, counts=counts), study)}

    def test_many_sessions_rate_all_stimuli_equally(self, study, store):
        for number in range(10):
            someone = Listener(study, store, key=f"{number:032x}")
            someone.consent(listener=f"{number:032x}")
        seen = []
        store.start(store.session(tokens.session_id("0" * 32)), lambda counts: seen.append(counts) or [], 0)
        assert max(seen[0].values()) - min(seen[0].values()) <= 1

    def test_listener_who_comes_again_hears_other_sounds(self, study):
        first = {one.id for one in self.rated(self.plan(study), study)}
        again = {one.id for one in self.rated(self.plan(study, seed=1, heard=first), study)}
        assert not first & again

    @pytest.mark.parametrize("seed", range(10))
    def test_repeats_come_well_after_their_first(self, study, seed):
        steps = self.plan(study, seed)
        for at, step in enumerate(steps):
            if step.get("role") == "repeat":
                first = next(
                    i for i, one in enumerate(steps) if one.get("clips") == step["clips"] and one["role"] == "test"
                )
                assert at - first >= plan.REPEAT_DISTANCE

    def test_every_system_takes_every_place(self, study):
        first = Counter(self.rated(self.plan(study, seed), study)[0].system for seed in range(60))
        assert set(first) == set(SYSTEMS)
        assert max(first.values()) < 30

    def test_pairs_are_of_one_label_and_two_systems(self, study):
        pairs = [step["clips"] for step in self.plan(study) if step["kind"] == "preference"]
        for first, second in pairs:
            assert study[first].label == study[second].label
            assert study[first].system != study[second].system


class TestBlind:
    def test_nothing_that_is_told_before_the_end_names_a_system(self, listener, study):
        told = [listener.call("open"), listener.consent()]
        while listener.view["stage"] != "done":
            wanted = [*listener.view.get("clips", []), *filter(None, [listener.view.get("exemplar")])]
            if wanted:
                told.append(listener.listening.sounds({"session": KEY, "clips": wanted}))
            told.append(listener.step())
            assert not [reply for reply in told[-2:] if "error" in reply]
        text = json.dumps(told[:-1])
        for secret in secrets_of(study):
            assert secret not in text

    def test_view_of_a_gold_or_repeat_trial_is_like_any_other(self, listener, store):
        listener.consent()
        listener.advance("rating")
        shapes = set()
        steps = store.session(tokens.session_id(KEY)).plan
        roles = []
        while listener.view["stage"] == "rating":
            if not listener.view["practice"]:
                shapes.add(tuple(sorted(listener.view)))
                roles.append(steps[6 + len(roles)]["role"])
            listener.step()
        assert set(roles) == {"test", "gold", "repeat"}
        assert len(shapes) == 1


def secrets_of(study) -> set[str]:
    """All that says which system a clip is of."""
    names = {stimulus.system for stimulus in study.stimuli} - {"real", "noise"}
    hashes = {stimulus.checkpoint_sha256 for stimulus in study.stimuli if stimulus.model}
    batches = {batch.id for batch in study.batches}
    return names | hashes | batches | {one.id for one in study.stimuli} | {one.sha256 for one in study.stimuli}


class TestGuard:
    def test_burst_then_a_steady_rate(self):
        now = [0.0]
        counting = Guard(Limits(session=Limit(3, 2.0)), clock=lambda: now[0])
        for _ in range(3):
            counting.check("session", "a")
        with pytest.raises(RefusedError, match="too many") as caught:
            counting.check("session", "a")
        assert caught.value.wait_ms == 501
        counting.check("session", "b")  # another's share is untouched
        now[0] += 0.5
        counting.check("session", "a")

    def test_address_is_kept_as_a_hash_whose_salt_changes_daily(self):
        now = [0.0]
        counting = Guard(clock=lambda: now[0])
        counting.check("address", "192.0.2.7")
        (first,) = counting._buckets
        assert "192.0.2.7" not in repr(vars(counting))
        now[0] += guard.DAY_SECONDS + 1
        counting.check("address", "192.0.2.7")
        assert set(counting._buckets) != {first}
        assert len(counting._buckets) == 1

    def test_made_up_sessions_do_not_fill_the_memory(self, monkeypatch):
        monkeypatch.setattr(guard, "MAX_BUCKETS", 10)
        counting = Guard()
        for number in range(100):
            counting.check("session", str(number))
        assert len(counting._buckets) <= 11

    def test_one_session_cannot_flood(self, study, store):
        listener = Listener(study, store, limits=Limits(session=Limit(5, 0.1)))
        listener.consent()
        told = [listener.call("open") for _ in range(6)]
        assert "too many" in told[-1]["error"]
        assert told[-1]["wait_ms"] > 0

    def test_one_address_cannot_begin_sessions_without_end(self, study, store):
        listener = Listener(study, store, limits=Limits(start=Limit(2, 0.1)))
        told = []
        for number in range(3):
            listener.key = f"{number:032x}"
            told.append(listener.consent())
        assert ["error" in one for one in told] == [False, False, True]


def test_exclusion_by_hand_keeps_the_listener_going(rating, store):
    rating.step()
    store.exclude(Exclusion(session_id=tokens.session_id(KEY), rule="manual", reason="A colleague."))
    assert rating.call("open")["view"]["stage"] == "rating"


def test_spoken_label():
    assert views.spoken("Snare_drum") == "Snare drum"
