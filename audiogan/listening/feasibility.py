"""Whether a pool can supply what its design asks for: sentences on shortfalls and on rules that can never apply."""

from collections.abc import Iterator

from audiogan.listening.design import POINTS
from audiogan.listening.plan import trial_counts
from audiogan.listening.screening import FEWEST_ANSWERS
from audiogan.listening.study import REFERENCES, Study

WHY = {
    "gold": "a gold trial needs the question quality or resemblance",
    "preference": "two systems need test clips of one label",
    "diversity": "a diversity trial needs ten test clips of a system",
}


def check(study: Study) -> None:
    """Refuse a study whose rules exclude everybody.

    Raises:
        ValueError: names a rule that every listener would break.
    """
    rules, counts = study.design.exclusions, trial_counts(study)
    finished = counts["test"] + counts["naming"] + counts["preference"] + counts["diversity"]
    if rules.min_test_trials is not None and rules.min_test_trials > finished:
        raise ValueError(
            f"exclusions.min_test_trials must be at most {finished}, the test trials of a sitting, not "
            f"{rules.min_test_trials:g}: everybody would be excluded"
        )
    answers = counts["test"] * len(_scales(study))
    most = (POINTS - 1) / 2
    if (rules.min_standard_deviation or 0) > most and answers >= FEWEST_ANSWERS:
        raise ValueError(
            f"exclusions.min_standard_deviation must be at most {most:g}, the most that {POINTS} points allow, not "
            f"{rules.min_standard_deviation:g}: everybody would be excluded"
        )


def shortfalls(study: Study) -> Iterator[str]:
    """Sentences on numbers of trials that the pool cannot supply, rules that nobody can break, systems missing from
    practice, and labels without a name in the study's language.
    """
    design, counts = study.design, trial_counts(study)
    for part in ("trials", "modules"):
        for name, asked in vars(getattr(design, part)).items():
            if counts[name] < asked:
                why = f" ({WHY[name]})" if name in WHY else ""
                yield f"{part}.{name} asks for {asked}, and a sitting will have {counts[name]}{why}"
    yield from (f"exclusions.{rule} excludes nobody: {why}" for rule, why in _dead(study, counts))
    practised = {stimulus.system for stimulus in study.of_role("training") if stimulus.model}
    missing = [system for system in study.systems if system not in (*REFERENCES, *practised)]
    if practised and missing:
        yield f"practice has sounds of {', '.join(sorted(practised))} and none of {', '.join(missing)}"
    unnamed = [label for label in study.labels if label not in design.wording.labels]
    if design.wording.texts and unnamed:
        yield f"language.labels has no name for {', '.join(unnamed)}, so listeners read the bare labels"


def _dead(study: Study, counts: dict[str, int]) -> Iterator[tuple[str, str]]:
    rules, scales = study.design.exclusions, _scales(study)
    if rules.max_gold_failed is not None and rules.max_gold_failed >= counts["gold"]:
        yield "max_gold_failed", f"it allows {rules.max_gold_failed:g} of {counts['gold']} gold trials to fail"
    if rules.max_repeat_difference is not None and not (counts["repeat"] and scales):
        yield "max_repeat_difference", "no scale is answered twice"
    if rules.min_standard_deviation is not None and counts["test"] * len(scales) < FEWEST_ANSWERS:
        yield "min_standard_deviation", f"a sitting has fewer than {FEWEST_ANSWERS} answers on scales"
    if rules.headphones and not study.design.headphone_check:
        yield "headphones", "checks.headphones is false"


def _scales(study: Study) -> list[str]:
    return [question.name for question in study.design.questions if question.kind == "scale"]
