"""Exclusion rules: each by hand, from the design alone, and the same each time."""

import copy
import dataclasses

import numpy as np
import pytest
import yaml
from test_study import TEMPLATE, write_study
from voting import exclusion, vote

from audiogan.listening.design import Exclusions
from audiogan.listening.exclusions import attributed, kept, not_withdrawn
from audiogan.listening.plan import make_plan
from audiogan.listening.screening import broken_rules, by_rules
from audiogan.listening.study import Study, canonical_hash


@pytest.fixture
def study(tmp_path) -> Study:
    return study_with(tmp_path, max_repeat_difference=1, min_standard_deviation=0.5)


def study_with(folder, **rules) -> Study:
    """The hand-made study with these rules and no others."""
    off = {"max_repeat_difference": None, "min_standard_deviation": None, "min_response_ms": None}
    document = yaml.safe_load(TEMPLATE) | {"exclusions": {"max_gold_failed": None} | off | rules}
    write_study(folder / "pool", design_sha256=canonical_hash(document))
    (folder / "pool/study.yaml").write_text(yaml.safe_dump(document))
    return Study.load(folder / "pool")


def rules(study, *votes) -> list[str]:
    return [rule for rule, _ in broken_rules(votes, study)]


def test_gold_trial_counts_once_however_many_answers_were_wrong(tmp_path):
    study = study_with(tmp_path, max_gold_failed=0)
    gold = study.of_role("gold")[0].id
    wrong = vote(value=4, role="gold", stimulus=gold, trial_index=3)
    right = vote(value=2, role="gold", stimulus=gold, trial_index=4)
    other = vote(value=5, role="gold", stimulus=gold, trial_index=5, question="resemblance")
    assert rules(study, right, other) == []
    assert rules(study, right, wrong, wrong) == ["max_gold_failed"]
    (reason,) = [reason for _, reason in broken_rules([wrong], study)]
    assert reason == "gold trials that were wrong: 1, and at most 0 is allowed"


def test_sitting_without_a_gold_answer_neither_passed_nor_failed(tmp_path):
    study, all_may_fail = (study_with(tmp_path / str(most), max_gold_failed=most, min_test_trials=2) for most in (0, 1))
    tests = [vote(value=n + 1, trial_index=n) for n in range(2)]
    gold = {"role": "gold", "stimulus": study.of_role("gold")[0].id, "trial_index": 3}
    assert rules(study, *tests) == ["gold_unanswered"]
    assert rules(study, *tests, vote(value=5, question="resemblance", **gold)) == ["gold_unanswered"]
    assert rules(study, *tests, vote(value=1, **gold)) == rules(all_may_fail, *tests) == []
    assert rules(study, *tests, vote(value=5, **gold)) == ["max_gold_failed"]
    assert rules(study, *tests[:1]) == ["min_test_trials"]


def test_repeats_may_differ_by_so_much(study):
    first = vote(value=2)
    assert rules(study, first, vote(value=3, role="repeat")) == []
    assert rules(study, first, vote(value=4, role="repeat")) == ["max_repeat_difference"]


def test_straight_lining_needs_enough_answers(study):
    same = [vote(value=3, stimulus=f"c{number}") for number in range(5)]
    assert rules(study, *same[:4]) == []
    assert rules(study, *same) == ["min_standard_deviation"]
    assert rules(study, *same, vote(value=5, stimulus="c9")) == []


def test_speed_unfinished_sittings_and_headphones(tmp_path):
    study = study_with(tmp_path, min_response_ms=300, min_test_trials=2, headphones=True)
    hasty = [vote(value=n + 1, response_ms=100, trial_index=n) for n in range(2)]
    assert rules(study, *hasty) == ["min_response_ms"]
    assert rules(study, vote(response_ms=900)) == ["min_test_trials"]
    failed = [vote(value=n + 1, trial_index=n, headphones="fail") for n in range(2)]
    assert rules(study, *failed) == ["headphones"]
    unknown = [row | {"headphones": "unknown"} for row in failed]
    assert rules(study, *unknown) == []
    strict = study_with(tmp_path / "strict", headphones="not passed")
    assert rules(strict, *failed) == rules(strict, *unknown) == ["headphones"]
    assert rules(strict, *[row | {"headphones": "pass"} for row in failed]) == []


@pytest.mark.parametrize(
    ("lowest", "highest", "max_gold_failed", "kept"),
    [(1, 5, 1, 0.38), (2, 4, 1, 0.79), (3, 4, 1, 1.0), (1, 5, 0, 0.13), (2, 4, 0, 0.23), (3, 4, 0, 0.0)],
)
def test_how_many_who_answer_at_random_are_kept(lowest, highest, max_gold_failed, kept):
    study, random = copy.copy(Study.load()), np.random.default_rng(0)
    rules = Exclusions(max_gold_failed=max_gold_failed, min_test_trials=8)
    study.design = dataclasses.replace(study.design, exclusions=rules)
    sittings = [random_sitting(study, lowest, highest, random) for _ in range(200)]
    assert np.mean([not list(broken_rules(votes, study)) for votes in sittings]) == pytest.approx(kept, abs=0.1)


def random_sitting(study: Study, lowest: int, highest: int, random: np.random.Generator) -> list[dict]:
    """The votes of one who answers the scales of a study with any number of a range, in good time."""
    steps = [step for step in make_plan(study, {}, (), random) if step["kind"] == "rating"]
    return [
        vote(
            value=int(random.integers(lowest, highest + 1)),
            question=question.name,
            stimulus=step["clips"][0],
            role=step["role"],
            trial_index=trial,
            response_ms=2000,
        )
        for trial, step in enumerate(steps)
        for question in study.design.questions
        if question.kind == "scale"
    ]


def test_events_are_for_this_study_and_sorted_by_session(study):
    same = [vote(rater, value=3, stimulus=f"c{n}", study_hash=study.hash) for rater in "ba" for n in range(5)]
    events = by_rules(same + [row | {"study_hash": "f" * 64, "session_id": "elsewhere"} for row in same], study)
    assert [event["session_id"] for event in events] == ["s-a", "s-b"]
    assert {(event["kind"], event["rule"], event["study_hash"]) for event in events} == {
        ("exclusion", "min_standard_deviation", study.hash)
    }


def test_kept_and_withdrawn():
    votes = [vote("a"), vote("b"), vote("c")]
    events = [exclusion("manual", session_id="s-a"), exclusion("withdrawn", vote_id=votes[1]["vote_id"])]
    assert [row["rater"] for row in kept([*votes, *events])] == ["c"]
    assert not_withdrawn([*votes, *events]) == [votes[0], votes[2], *events]


def test_event_without_a_study_takes_that_of_its_votes():
    rows = [vote("a"), exclusion("withdrawn", session_id="s-a"), exclusion(vote_id=vote("a")["vote_id"])]
    events = [*rows, exclusion("withdrawn", session_id="unknown"), exclusion(session_id="s-a", study_hash="f" * 64)]
    assert [row["study_hash"] for row in attributed(events)] == ["5" * 64] * 3 + ["", "f" * 64]
