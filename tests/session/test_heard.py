"""The sounds that a listener hears, and how headphones are told from loudspeakers."""

import base64
import json

import numpy as np
import pytest
from sitting import KEY, tokens_of

from audiogan.audio import read_audio, to_pcm16
from audiogan.listening import headphones, tokens
from audiogan.listening.sounds import mask


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
        late = tokens_of(store).clip(tokens.session_id(KEY), 9, "0")
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
