"""Apply the design's exclusion rules to votes: each broken rule gives an exclusion event."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import mean, median, pstdev

from audiogan.listening.design import NOT_PASSED
from audiogan.listening.plan import trial_counts
from audiogan.listening.statistics.agreement import repeats
from audiogan.listening.study import Study
from audiogan.listening.votes import Exclusion

UNCHECKED = "gold_unanswered"  # rule of a sitting with enough test trials that neither passed nor failed a gold trial
FEWEST_ANSWERS = 5  # on scales, for their spread to mean anything


def by_rules(rows: Sequence[dict], study: Study) -> list[dict]:
    """An exclusion event, as a dictionary, for each session and each of the design's rules that it breaks.

    The same rows give the same events in the same order; none of them is stored.
    """
    sessions = defaultdict(list)
    for row in rows:
        if row["kind"] == "vote" and row["study_hash"] == study.hash:
            sessions[row["session_id"]].append(row)
    return [
        dataclasses.asdict(Exclusion(session_id=session, rule=rule, reason=reason, study_hash=study.hash))
        for session, votes in sorted(sessions.items())
        for rule, reason in broken_rules(votes, study)
    ]


def broken_rules(votes: Sequence[dict], study: Study) -> Iterator[tuple[str, str]]:
    """Each rule that one session breaks, with a sentence about it."""
    rules, scales = study.design.exclusions, {it.name for it in study.design.questions if it.kind == "scale"}
    tests = [row for row in votes if row["role"] == "test"]
    gold, finished = _gold(votes, study), len({row["trial_index"] for row in tests})
    measured = (
        ("max_gold_failed", sum(not right for right in gold.values()), "gold trials that were wrong"),
        ("max_repeat_difference", _repeat_difference(votes, scales), "mean difference between repeats"),
    )
    for rule, value, words in measured:
        limit = getattr(rules, rule)
        if limit is not None and value is not None and value > limit:
            yield rule, f"{words}: {value:g}, and at most {limit:g} is allowed"
    measured = (
        ("min_standard_deviation", _spread(tests, scales), "standard deviation of the answers"),
        ("min_response_ms", _response(tests), "median time to answer, in ms"),
        ("min_test_trials", finished, "test trials that were finished"),
    )
    for rule, value, words in measured:
        limit = getattr(rules, rule)
        if limit is not None and value is not None and value < limit:
            yield rule, f"{words}: {value:g}, and at least {limit:g} is asked for"
    if _gold_needed(study) and not gold and finished >= (rules.min_test_trials or 1):
        yield UNCHECKED, "no gold trial was answered, so whether the listener paid attention is unknown"
    outcomes = {row["headphones"] for row in votes}
    if rules.headphones and "fail" in outcomes:
        yield "headphones", "the headphone check was failed"
    elif rules.headphones == NOT_PASSED and "pass" not in outcomes:
        yield "headphones", "the headphone check was not passed"


def _gold_needed(study: Study) -> bool:
    """Whether sittings have gold trials that not all may fail."""
    most = study.design.exclusions.max_gold_failed
    return most is not None and most < trial_counts(study)["gold"]


def _gold(votes: Sequence[dict], study: Study) -> dict[int, bool]:
    """Whether each answered gold trial had only expected answers."""
    known, found = {stimulus.id for stimulus in study.stimuli}, {}
    for row in votes:
        if row["role"] == "gold" and row["stimulus"] in known:
            passes = study.gold_passes(row["stimulus"], row["question"], row["value"])
            if passes is not None:
                found[row["trial_index"]] = passes and found.get(row["trial_index"], True)
    return found


def _repeat_difference(votes: Sequence[dict], scales: set[str]) -> float | None:
    differences = repeats([row for row in votes if row["question"] in scales])
    return mean(differences) if differences else None


def _spread(tests: Sequence[dict], scales: set[str]) -> float | None:
    values = [float(row["value"]) for row in tests if row["question"] in scales]
    return pstdev(values) if len(values) >= FEWEST_ANSWERS else None


def _response(tests: Sequence[dict]) -> float | None:
    times = [row["response_ms"] for row in tests if row["response_ms"] is not None]
    return median(times) if times else None
