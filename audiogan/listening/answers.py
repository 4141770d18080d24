"""Strict parsing of a step's answers, and checks that a listener can have given them."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import audiogan
from audiogan.listening.design import POINTS
from audiogan.listening.guard import RefusedError
from audiogan.listening.study import Study
from audiogan.listening.votes import CANNOT_TELL, PREFERENCES, Vote

MAX_PLAYS, MAX_MS = 1000, 86_400_000
HEARD = 0.9  # share of each clip that the page must have played before an answer counts
FAST_MS = 300
CLOCK_MS = 2000  # tolerated difference between a page's clock and the server's
STRAIGHT = 8  # trials in a row with the same value on every scale


@dataclass(frozen=True)
class Timing:
    """A trial's timing as the page reports it; trusted only as far as the server's clock allows.

    Attributes:
        plays: how often the trial's sounds were played.
        listened_ms: all plays together.
        response_ms: from the end of the first full listen to the answer.
    """

    plays: int
    listened_ms: int
    response_ms: int


def read_timing(request: dict) -> Timing:
    """Read the timing that came with an answer.

    Raises:
        ValueError: a value is not a whole number, or out of range.
    """
    values = {}
    for name, most in (("plays", MAX_PLAYS), ("listened_ms", MAX_MS), ("response_ms", MAX_MS)):
        value = request.get(name)
        if type(value) is not int or not 0 <= value <= most:
            raise ValueError(f"{name} must be a whole number from 0 to {most}")
        values[name] = value
    return Timing(**values)


def read_values(study: Study, step: dict, answers) -> dict[str, int | str]:
    """Read the answer to each question of a step, in the order asked.

    Raises:
        ValueError: an answer is missing, was not asked for, or is not among the choices.
    """
    offered = questions(study, step)
    if not isinstance(answers, dict) or set(answers) != set(offered):
        raise ValueError(f"answers must have exactly {', '.join(offered)}")
    for name, values in offered.items():
        if not any(type(answers[name]) is type(value) and answers[name] == value for value in values):
            raise ValueError(f"{name} must be one of {', '.join(map(str, values))}")
    return {name: answers[name] for name in offered}


def questions(study: Study, step: dict) -> dict[str, tuple[int | str, ...]]:
    """A step's questions, each with the values it accepts."""
    scale = tuple(range(1, POINTS + 1))
    return {
        "naming": {"naming": (*study.labels, CANNOT_TELL)},
        "preference": {"preference": PREFERENCES},
        "diversity": {"diversity": scale},
        "rating": {one.name: scale if one.kind == "scale" else one.words for one in study.design.questions},
    }[step["kind"]]


def check_heard(step: dict, seconds: float, timing: Timing, elapsed_ms: int) -> None:
    """Refuse an answer given before the sounds can have been heard.

    Args:
        seconds: the length of one clip.
        elapsed_ms: since the step was opened, by the server's clock.

    Raises:
        RefusedError: too early, or the page itself reports too little playback.
    """
    needed = HEARD * 1000 * seconds * len(step["clips"])
    if timing.plays < 1 or timing.listened_ms < needed:
        raise RefusedError("listen to the whole sound before you answer")
    if elapsed_ms < needed:
        raise RefusedError("listen to the whole sound before you answer", wait_ms=round(needed - elapsed_ms) + 1)


def flags(timing: Timing, elapsed_ms: int, scales: Sequence[list[int]]) -> str:
    """Space-separated words for what looks odd: `fast`, `impossible`, `straight`.

    Args:
        scales: each trial's values on its scales so far, this trial's last.
    """
    late = scales[-STRAIGHT:]
    odd = {
        "fast": timing.response_ms < FAST_MS,
        "impossible": timing.response_ms > elapsed_ms + CLOCK_MS or timing.listened_ms > elapsed_ms + CLOCK_MS,
        "straight": len(late) == STRAIGHT and len({value for values in late for value in values}) == 1,
    }
    return " ".join(name for name, is_so in odd.items() if is_so)


def make_votes(study: Study, step: dict, values: dict[str, int | str], timing: Timing, **common) -> list[Vote]:
    """One vote per question of a step; `common` holds the session's fields."""
    return [
        Vote(
            **_stimulus_fields(study, step),
            **dataclasses.asdict(timing),
            role=step["role"],
            study_hash=study.hash,
            app_version=audiogan.__version__,
            order=order,
            question=question,
            value=value,
            **common,
        )
        for order, (question, value) in enumerate(values.items())
    ]


def _stimulus_fields(study: Study, step: dict) -> dict:
    if step["kind"] == "diversity":
        batch = next(batch for batch in study.batches if batch.id == step["batch"])
        checkpoint = study[batch.stimuli[0]].checkpoint_sha256
        return {"stimulus": batch.id, "system": batch.system, "checkpoint_sha256": checkpoint}
    one, *others = (study[stimulus] for stimulus in step["clips"])
    fields = {"stimulus": one.id, "clip_sha256": one.sha256}
    for name in ("label", "system", "checkpoint_sha256", "seed", "index", "pitch", "gain_db", "lufs"):
        fields[name] = getattr(one, name)
    if others:
        fields |= {"other_stimulus": others[0].id, "other_system": others[0].system}
    return fields
