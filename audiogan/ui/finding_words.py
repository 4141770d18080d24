"""How results are worded: what systems are called, and numbers beside them."""

from collections.abc import Sequence

NAMES = {
    "real": "recording (real)",
    "anchor": "muffled recording (anchor)",
    "griffin-lim": "rebuilt recording (griffin-lim)",
}


def few_clips(rows: Sequence[dict]) -> str:
    few = any(row["over"] == "raters" for row in rows)
    return " Intervals are over listeners alone: there are too few clips to speak of others." if few else ""


def best_first(rows: Sequence[dict], name: str) -> list[dict]:
    return sorted(rows, key=lambda row: -row[name])


def named(system: str) -> str:
    """A reference in plain words with its technical name; a model by its name."""
    return NAMES.get(system, system)


def plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def who(row: dict) -> tuple[str, str]:
    return str(row["raters"]), str(row["votes"])


def percent(interval: Sequence[float] | None) -> list[float] | None:
    return interval and [100 * end for end in interval]
