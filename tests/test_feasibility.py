"""What a pool cannot give of what its design asks, said before anybody listens."""

import dataclasses

import numpy as np
import pytest
import tiny_study

from audiogan.listening import feasibility, views
from audiogan.listening.plan import make_plan, trial_counts
from audiogan.listening.study import Study

QUALITY = {"name": "quality", "kind": "scale", "prompt": "?", "words": list("abcde")}
REAL = {"name": "real", "kind": "choice", "prompt": "?", "words": ["real", "invented"]}


@pytest.fixture
def study(tmp_path):
    """A maker of studies: four systems, two labels, one test clip of each, two gold clips."""

    def make(without: tuple[str, ...] = (), **changes) -> Study:
        made = Study.load(tiny_study.write_study(tmp_path / "pool", per_cell=1, **changes))
        made.stimuli = tuple(stimulus for stimulus in made.stimuli if stimulus.role not in without)
        return made

    return make


def test_default_study_asks_for_nothing_that_it_cannot_give():
    feasibility.check(Study.load())
    assert list(feasibility.shortfalls(Study.load())) == []


@pytest.mark.parametrize("asked", [{"test": 4, "repeat": 2}, {"test": 99, "repeat": 9}, {"test": 2, "repeat": 5}])
def test_counts_are_those_of_a_plan_and_of_the_consent_page(study, asked):
    made = study(trials={"training": 9, "gold": 5} | asked, modules={"naming": 99, "preference": 99, "diversity": 9})
    steps = [step for step in make_plan(made, {}, (), np.random.default_rng(0)) if "role" in step]
    counts, told = trial_counts(made), views.consent(made)
    assert sum(counts.values()) == len(steps)
    assert len(steps) == told["tasks"] + told["practice"]
    for role in ("training", "gold", "repeat"):
        assert counts[role] == sum(step["role"] == role for step in steps)
    for kind in ("naming", "preference", "diversity"):
        assert counts[kind] == sum(step["kind"] == kind for step in steps)


def test_gold_trials_without_a_question_for_them_are_named(study):
    found = list(feasibility.shortfalls(study(without=("gold",), questions=[REAL], trials={"test": 8})))
    assert "trials.gold asks for 2, and a sitting will have 0 (a gold trial needs the question quality or" in found[0]
    assert [sentence.split()[0] for sentence in found[1:]] == [
        "exclusions.max_gold_failed",
        "exclusions.max_repeat_difference",
        "exclusions.min_standard_deviation",
    ]


def test_fewer_trials_than_asked_for_are_named(study):
    made = study(modules={"diversity": 3})
    made.batches = ()
    assert list(feasibility.shortfalls(made)) == [
        "trials.test asks for 16, and a sitting will have 8",
        "modules.diversity asks for 3, and a sitting will have 0 (a diversity trial needs ten test clips of a system)",
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"min_test_trials": 9}, "min_test_trials must be at most 8, the test trials of a sitting, not 9: everybody"),
        ({"min_standard_deviation": 2.5}, "min_standard_deviation must be at most 2, .* not 2.5: everybody would be"),
    ],
)
def test_design_that_would_exclude_everybody_is_refused(study, rules, message):
    made = study()
    feasibility.check(made)
    made.design = dataclasses.replace(made.design, exclusions=dataclasses.replace(made.design.exclusions, **rules))
    with pytest.raises(ValueError, match=message):
        feasibility.check(made)


def test_systems_that_nobody_practises_on_are_named(study):
    made = study(trials={"test": 8}, exclusions={})
    made.stimuli = tuple(one for one in made.stimuli if (one.system, one.role) != ("secretgan-beta", "training"))
    assert list(feasibility.shortfalls(made)) == ["practice has sounds of secretgan-alpha and none of secretgan-beta"]


def test_headphone_rule_without_the_check_is_named(study):
    made = study(trials={"test": 8}, checks={"headphones": False}, exclusions={"headphones": True})
    assert list(feasibility.shortfalls(made)) == ["exclusions.headphones excludes nobody: checks.headphones is false"]
