"""Check a row of an export: the columns and types of its kind, and the values of a vote."""

import dataclasses
import typing

from audiogan.listening.design import POINTS
from audiogan.listening.votes import (
    NUMBERED,
    PREFERENCES,
    ROLES,
    VERDICTS,
    Background,
    Exclusion,
    Note,
    Recruited,
    Vote,
)

STUDY = {"kind": str, "study_hash": str, "title": str, "minimum_raters": int}
STUDY_COLUMNS = tuple(STUDY)
KINDS = {"vote": Vote, "exclusion": Exclusion, "note": Note, "recruited": Recruited, "background": Background}
CHOICES = {"real": VERDICTS, "preference": PREFERENCES}  # the answers to these questions
MOST = 2**63  # integers must stay below this to fit the database


def checked(row) -> dict:
    """A row with its kind's columns and types; a CSV's empty cells become None where that is allowed.

    Raises:
        ValueError, TypeError, KeyError, OverflowError: the row is invalid.
    """
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")
    if row.get("kind") == "study":
        return _study({name: _typed(name, row[name], kind) for name, kind in STUDY.items()})
    if row.get("kind") not in KINDS:
        raise ValueError(f"kind must be study or one of {', '.join(KINDS)}, not {row.get('kind')!r:.80}")
    kind = KINDS[row["kind"]]
    types = typing.get_type_hints(kind)
    found = dataclasses.asdict(kind(**{name: _typed(name, row[name], types[name]) for name in types if name in row}))
    return _vote(found) if kind is Vote else found


def _study(row: dict) -> dict:
    if row["minimum_raters"] < 1:
        raise ValueError(f"minimum_raters must be a whole number from 1, not {row['minimum_raters']}")
    return row


def _vote(row: dict) -> dict:
    """The vote, with a number as its value if its question asks for one."""
    _check_choice("role", row["role"], ROLES)
    for name in ("system", *(["other_system"] if row["question"] == "preference" else [])):
        if not row[name]:
            raise ValueError(f"{name} is empty in a vote on {row['question']}")
    if row["question"] in NUMBERED:
        return row | {"value": _points(row["question"], row["value"])}
    if row["question"] in CHOICES:
        _check_choice(row["question"], row["value"], CHOICES[row["question"]])
    return row


def _points(question: str, value: int | str) -> int:
    points = {str(number): number for number in range(1, POINTS + 1)}
    if str(value) not in points:
        raise ValueError(f"{question} must be a whole number from 1 to {POINTS}, not {value!r:.80}")
    return points[str(value)]


def _check_choice(name: str, value, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r:.80}")


def _typed(name: str, value, kind):
    kinds = typing.get_args(kind) or (kind,)
    if value is None or (value == "" and type(None) in kinds):
        if type(None) in kinds:
            return None
    elif isinstance(value, str) and str not in kinds and int in kinds and value.isascii() and value.isdigit():
        return _typed(name, int(value), kind)
    elif isinstance(value, (str, int)) and float in kinds and not isinstance(value, bool):
        return float(value)
    elif type(value) in kinds and (type(value) is not int or abs(value) < MOST):
        return value
    raise ValueError(f"{name} is {value!r:.80}")
