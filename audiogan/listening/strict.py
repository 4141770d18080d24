"""Strict reading of values in a study's YAML: an error is one sentence that names the value."""

from typing import Any


def check_names(where: str, row: Any, known, required=()) -> None:
    """Refuse anything but a mapping with known names that has all required ones."""
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a mapping, not {row!r:.80}")
    for name in row:
        if name not in known:
            raise ValueError(f"{where} has no {name!r}; it has {', '.join(known)}")
    for name in required:
        if name not in row:
            raise ValueError(f"{where} lacks {name!r}")


def text(name: str, value: Any, empty: bool = False) -> str:
    """A text, stripped."""
    if not isinstance(value, str) or not (value.strip() or empty):
        raise ValueError(f"{name} must be a text, not {value!r}")
    return value.strip()


def flag(name: str, value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}")
    return value


def whole(name: str, value: Any, low: int) -> int:
    """A whole number from `low` to 1000."""
    if type(value) is not int or not low <= value <= 1000:
        raise ValueError(f"{name} must be a whole number from {low} to 1000, not {value!r}")
    return value
