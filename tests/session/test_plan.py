"""Who hears what in which order, and what is never told."""

import copy
import dataclasses
import itertools
import json
from collections import Counter

import numpy as np
import pytest
from sitting import KEY, Listener, secrets_of
from tiny_study import SYSTEMS

from audiogan.listening import plan, tokens
from audiogan.listening.study import Study


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

    def test_whoever_answers_enough_to_count_has_met_a_gold_trial(self):
        study, met = Study.load(), Counter()
        enough = study.design.exclusions.min_test_trials
        for seed in range(100):
            roles = [step["role"] for step in self.plan(study, seed) if step.get("role") in ("test", "gold")]
            met[roles.index("gold")] += 1
        assert set(met) == set(range(1, enough))
        assert max(met.values()) < 40

    def test_gold_trial_comes_first_where_one_test_trial_is_enough(self, study):
        short = copy.copy(study)
        rules = dataclasses.replace(study.design.exclusions, min_test_trials=1)
        short.design = dataclasses.replace(study.design, exclusions=rules)
        for seed in range(10):
            roles = [step["role"] for step in self.plan(short, seed) if step.get("role") in ("test", "gold")]
            assert roles[0] == "gold"

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

    def test_modules_are_balanced_over_systems_however_often_each_was_rated(self, study):
        lagging = {one.id: 9 * (one.system != SYSTEMS[1]) for one in study.of_role("test")}
        named, met = Counter(), Counter()
        for seed in range(200):
            for step in self.plan(study, seed, counts=lagging):
                systems = [study[clip].system for clip in step.get("clips", ())]
                named.update(systems if step["kind"] == "naming" else ())
                met.update([frozenset(systems)] if step["kind"] == "preference" else ())
        assert set(named) == set(SYSTEMS)
        assert max(named.values()) - min(named.values()) < 50  # of 100 each
        assert len(met) == 6
        assert max(met.values()) - min(met.values()) < 50  # of 67 each

    def test_practice_takes_systems_by_turns(self, study):
        for seed in range(20):
            trained = [study[step["clips"][0]] for step in self.plan(study, seed) if step.get("role") == "training"]
            assert Counter(one.system for one in trained if one.model) == {"secretgan-alpha": 1, "secretgan-beta": 1}

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
