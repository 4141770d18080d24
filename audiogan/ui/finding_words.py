"""The wording of results: names of systems, rules, and notes on intervals."""

from collections.abc import Sequence

NAMES = {
    "real": "recording (real)",
    "anchor": "muffled recording (anchor)",
    "griffin-lim": "rebuilt recording (griffin-lim)",
}

FEW_CLIPS = " Intervals are over listeners alone: there are too few clips to cover other clips."

RULES = {  # what a session did that broke each rule
    "max_gold_failed": "failed checks of listening:",
    "gold_unanswered": "answered no check of listening:",
    "max_repeat_difference": "answered the same sound differently:",
    "min_standard_deviation": "gave nearly the same answer throughout:",
    "min_response_ms": "answered too fast:",
    "min_test_trials": "heard too few sounds:",
    "headphones": "did not pass the headphone check:",
    "manual": "taken out by hand:",
}


def few_clips(rows: Sequence[dict]) -> str:
    """A sentence on the intervals if there are too few clips for intervals over clips."""
    from audiogan.listening.statistics.intervals import FEWEST_CLIPS  # imports scipy, not needed at start

    few = any(row["clips"] < FEWEST_CLIPS for row in rows)
    return FEW_CLIPS if few else ""


def alike(rows: Sequence[dict]) -> str:
    """A sentence on means that have no interval although several listeners answered."""
    none = any(row["interval"] is None and row["raters"] > 1 for row in rows)
    return " A mean of identical answers has no interval." if none else ""


def all_or_none(shares: Sequence[float]) -> str:
    """A sentence on shares at the ends of their scale."""
    found = any(share in (0, 1) for share in shares)
    return " An interval at 0 or 100 % is Wilson's, over listeners." if found else ""


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
