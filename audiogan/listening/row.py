"""A row of an export, read back: the columns of its kind, and the types that a CSV's cells stood for."""

import dataclasses
import typing

from audiogan.listening.votes import NUMBERED, Background, Exclusion, Note, Recruited, Vote

STUDY_COLUMNS = ("kind", "study_hash", "title", "minimum_raters")
KINDS = {"vote": Vote, "exclusion": Exclusion, "note": Note, "recruited": Recruited, "background": Background}


def checked(row) -> dict:
    """A row with its kind's columns and types; a CSV's empty cells are what they stood for.

    Raises:
        ValueError, TypeError, KeyError: it is not one.
    """
    if not isinstance(row, dict):
        raise ValueError("it is not a JSON object")
    if row.get("kind") == "study":
        about = {name: row[name] for name in STUDY_COLUMNS}
        return about | {"minimum_raters": int(about["minimum_raters"])}
    if row.get("kind") not in KINDS:
        raise ValueError(f"kind must be study or one of {', '.join(KINDS)}, not {row.get('kind')!r}")
    kind = KINDS[row["kind"]]
    types = typing.get_type_hints(kind)
    found = dataclasses.asdict(kind(**{name: _typed(name, row[name], types[name]) for name in types if name in row}))
    if kind is Vote and found["question"] in NUMBERED:
        found["value"] = _typed("value", found["value"], int)
    return found


def _typed(name: str, value, kind):
    kinds = typing.get_args(kind) or (kind,)
    if value is None or (value == "" and type(None) in kinds):
        if type(None) in kinds:
            return None
    elif isinstance(value, str) and str not in kinds and int in kinds and value.isascii() and value.isdigit():
        return int(value)
    elif isinstance(value, (str, int)) and float in kinds and not isinstance(value, bool):
        return float(value)
    elif type(value) in kinds:
        return value
    raise ValueError(f"{name} is {value!r}")
