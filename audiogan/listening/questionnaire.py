"""Questions to listeners about themselves: fixed choices, nothing typed, every answer optional."""

import re
from dataclasses import dataclass
from typing import Any

from audiogan.listening.strict import check_names, text

KIND = "questionnaire"  # kind of the step in a session
MAX_QUESTIONS = 8
CHOICES = (2, 8)  # per question, fewest and most
MAX_PROMPT, MAX_CHOICE = 200, 64
RATHER_NOT = "I would rather not say"  # offered with every question, and stored as an empty text
_NAME = re.compile(r"[a-z_]{1,32}")


@dataclass(frozen=True)
class Asked:
    """One question about the listener, with its choices besides `RATHER_NOT`."""

    name: str
    prompt: str
    choices: tuple[str, ...]


def read_questionnaire(rows: Any) -> tuple[Asked, ...]:
    """The `questionnaire` of a study's YAML.

    Raises:
        ValueError: too many questions, duplicate names, or an invalid question; one sentence.
    """
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_QUESTIONS:
        raise ValueError(f"questionnaire must be a list of 1 to {MAX_QUESTIONS} questions")
    asked = tuple(map(_asked, rows))
    names = [one.name for one in asked]
    if len(set(names)) < len(names):
        raise ValueError(f"questionnaire's questions must have different names, not {', '.join(names)}")
    return asked


def read_said(asked: tuple[Asked, ...], answers: Any) -> dict[str, str]:
    """Read a listener's answers, by question name; empty where they would rather not say.

    Raises:
        ValueError: not exactly the questions asked, or a choice that was not offered.
    """
    offered = {one.name: one.choices for one in asked}
    if not isinstance(answers, dict) or set(answers) != set(offered):
        raise ValueError(f"answers must have exactly {', '.join(offered)}")
    for name, choices in offered.items():
        if answers[name] not in ("", *choices):
            raise ValueError(f"{name} must be one of {', '.join(choices)}, or empty")
    return {name: answers[name] for name in offered}


def _asked(row: Any) -> Asked:
    check_names("a question of questionnaire", row, ("name", "prompt", "choices"), ("name", "prompt", "choices"))
    name, choices = row["name"], row["choices"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"a questionnaire's name must be 1 to 32 letters from a to z or _, not {name!r:.80}")
    if not isinstance(choices, list) or not CHOICES[0] <= len(choices) <= CHOICES[1]:
        raise ValueError(f"questionnaire {name}'s choices must be a list of {CHOICES[0]} to {CHOICES[1]} texts")
    prompt = _line(f"questionnaire {name}'s prompt", row["prompt"], MAX_PROMPT)
    choices = [_line(f"questionnaire {name}'s choice", choice, MAX_CHOICE) for choice in choices]
    if len({*choices, RATHER_NOT}) <= len(choices):
        raise ValueError(f"questionnaire {name}'s choices must differ, also from {RATHER_NOT!r}, always offered")
    return Asked(name, prompt, tuple(choices))


def _line(name: str, value: Any, longest: int) -> str:
    value = text(name, value)
    if len(value) > longest or not value.isprintable():
        raise ValueError(f"{name} must be one line of at most {longest} characters, not {value!r:.80}")
    return value
