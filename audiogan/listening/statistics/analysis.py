"""Everything at once: votes and exclusion events to one dictionary of JSON types."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from audiogan.listening.exclusions import GIVEN, WITHDRAWN, by_study, kept, not_withdrawn
from audiogan.listening.statistics import agreement, comparisons, intervals, preference
from audiogan.listening.statistics.answers import answers_of
from audiogan.listening.statistics.detection import detect
from audiogan.listening.statistics.naming import confusion, correct
from audiogan.listening.study import ordered
from audiogan.listening.votes import NUMBERED, ROLES

MINIMUM_RATERS = 15
RATED = ("test", "free")  # roles whose votes are results; the others are checks


def analyse(rows: Iterable[dict], minimum_raters: int | None = None) -> dict:
    """The results of one study, with and without those who were excluded.

    Args:
        rows: votes, exclusions and notes of one study, as `Store.rows` yields them; `study` rows may be among them.
        minimum_raters: a system rated by fewer is `preliminary`; None takes it from a `study` row, or 15.

    Returns:
        `study_hash`, `title`, `minimum_raters`, `without_rules` (votes of a study without its `study` row: nobody
        applied its exclusion rules), `exclusions` (how many sessions and votes, how many were withdrawn, and how often
        each rule was broken), `skipped` (how many steps because their sound could not be played, and in how many
        sessions, whether these are excluded or not), `recruited` (how many sittings of listeners whom a platform sent
        were begun, and how many of these have votes), `background` (in `all` and `screened`, for each question about
        the listener, how many sittings gave each answer; '' is who would rather not say), and `all` and `screened`:
        see `block`.
    """
    rows = list(rows)
    about = next((row for row in rows if row["kind"] == "study"), {})
    minimum = minimum_raters or about.get("minimum_raters") or MINIMUM_RATERS
    given = not_withdrawn(rows)
    votes, notes, about_listeners = ([row for row in given if row["kind"] == kind] for kind in GIVEN)
    screened = kept(rows)
    events = [row for row in rows if row["kind"] == "exclusion"]
    gone = {row["session_id"] for row in events if row["rule"] == WITHDRAWN}  # for which no other rule matters
    counted = (row for row in events if row["rule"] == WITHDRAWN or row["session_id"] not in gone)
    rules = {(row["rule"], row["session_id"] or row["vote_id"]) for row in counted}
    sent = {row["session_id"] for row in rows if row["kind"] == "recruited"}
    by_rule = Counter(rule for rule, _ in rules)
    everyone = block(votes, minimum)
    study = next((row["study_hash"] for row in (*votes, *notes, *rows)), "")
    return {
        "study_hash": study,
        "title": about.get("title", ""),
        "minimum_raters": minimum,
        "without_rules": bool(study) and not about,
        "exclusions": {
            "sessions": len(_distinct(votes, "session_id")) - len(_distinct(screened, "session_id")),
            "votes": len(votes) - len(screened),
            "withdrawn": by_rule.pop(WITHDRAWN, 0),
            "rules": dict(sorted(by_rule.items())),
        },
        "skipped": {"steps": len(notes), "sessions": len(_distinct(notes, "session_id"))},
        "background": {
            name: _said(about_listeners, _distinct(some, "session_id"))
            for name, some in (("screened", screened), ("all", votes))
        },
        "recruited": {"begun": len(sent), "answered": len(sent & _distinct(votes, "session_id"))},
        "all": everyone,
        "screened": everyone if len(screened) == len(votes) else block(screened, minimum),
    }


def analyse_all(rows: Iterable[dict]) -> list[dict]:
    """The results of each study in an export, that with most votes first; of free votes last."""
    found = [analyse(group) for group in by_study(rows).values()]
    return sorted(found, key=lambda one: (not one["study_hash"], -one["all"]["counts"]["votes"]))


def block(votes: Sequence[dict], minimum_raters: int) -> dict:
    """Every statistic of a set of votes.

    Returns:
        `counts`, `systems`, `scales` (question to a row a system), `classes` (question to a row a system and label),
        `real` (a row a system), `preference`, `naming` (a row a system), `agreement` (by question), `comparisons` (by
        question; of `real` and `naming` differences of shares, called real and named right),
        `preliminary` (a system has fewer raters than `minimum_raters` of any question that it has answers to; or there
        are none at all).
    """
    tests = [row for row in votes if row["role"] in RATED]
    systems = ordered({row["system"] for row in tests})
    scales = {question: _of(tests, question) for question in NUMBERED if _of(tests, question)}
    means = {question: _means(rows, systems, minimum_raters) for question, rows in scales.items()}
    rated = {question: rows for question, rows in scales.items() if question != "diversity"}
    real, naming = _real(_of(tests, "real"), minimum_raters), _naming(_of(tests, "naming"), minimum_raters)
    compared = {question: _comparisons(rows) for question, rows in scales.items()}
    if real:
        compared["real"] = _comparisons(_of(tests, "real"), _called_real)
    if naming:
        compared["naming"] = _comparisons(correct(_of(tests, "naming")))
    preferred = _preference(_of(tests, "preference"), minimum_raters)
    rows = [row for rows in (*means.values(), real, naming, preferred["ranking"]) for row in rows]
    return {
        "counts": _counts(votes),
        "systems": systems,
        "preliminary": not rows or any(row["preliminary"] for row in rows),
        "scales": means,
        "classes": {question: _classes(rows, systems, minimum_raters) for question, rows in rated.items()},
        "real": real,
        "preference": preferred,
        "naming": naming,
        "agreement": {question: agreement.summary(rows, _of(votes, question)) for question, rows in rated.items()},
        "comparisons": compared,
    }


def _of(rows: Sequence[dict], question: str) -> list[dict]:
    return [row for row in rows if row["question"] == question]


def _distinct(rows: Sequence[dict], name: str) -> set:
    return {row[name] for row in rows}


def _said(rows: Sequence[dict], sessions: set) -> dict[str, dict[str, int]]:
    """Sittings by what their listener said about themselves."""
    found: dict[str, Counter] = {}
    for row in rows:
        if row["session_id"] in sessions:
            found.setdefault(row["asked"], Counter())[row["said"]] += 1
    return {asked: dict(counts.most_common()) for asked, counts in found.items()}


def _counts(votes: Sequence[dict]) -> dict:
    return {
        "raters": len(_distinct(votes, "rater")),
        "sessions": len(_distinct(votes, "session_id")),
        "votes": len(votes),
        "roles": {role: sum(row["role"] == role for row in votes) for role in ROLES},
        "answers": sum(row["role"] in RATED for row in votes),
        "headphones": dict(Counter({row["session_id"]: row["headphones"] for row in votes}.values())),
        "devices": dict(Counter({row["session_id"]: row["device_class"] or "unknown" for row in votes}.values())),
    }


def _means(rows: Sequence[dict], systems: Sequence[str], minimum_raters: int) -> list[dict]:
    """A mean opinion score a system, those without votes left out."""
    grouped = ((system, [row for row in rows if row["system"] == system]) for system in systems)
    return [{"system": system} | mean_opinion(own, minimum_raters) for system, own in grouped if own]


def _classes(rows: Sequence[dict], systems: Sequence[str], minimum_raters: int) -> list[dict]:
    return [
        {"label": label} | mean
        for label in sorted(_distinct(rows, "label"))
        for mean in _means([row for row in rows if row["label"] == label], systems, minimum_raters)
    ]


def mean_opinion(rows: Sequence[dict], minimum_raters: int) -> dict:
    """Mean of raters' means with its intervals, standard deviation of votes, counts, and votes of each value."""
    answers = answers_of(rows)
    interval, over = intervals.headline(answers)
    found = Counter(int(float(row["value"])) for row in rows)
    return {
        "mean": answers.mean,
        "interval": intervals.ends(interval, 1, 5),
        "over": over,
        "sd": float(answers.values.std(ddof=1)) if len(answers) > 1 else None,
        "votes": len(answers),
        "raters": answers.num_raters,
        "clips": answers.num_clips,
        "distribution": [found[value] for value in range(1, 6)],
        "interval_over_raters": intervals.ends(intervals.over_raters(answers), 1, 5),
        "preliminary": answers.num_raters < minimum_raters,
    }


def _real(rows: Sequence[dict], minimum_raters: int) -> list[dict]:
    """How often each system was called real, and how well it was told from real clips."""
    real = [row for row in rows if row["system"] == "real"]
    found = []
    for system in ordered(_distinct(rows, "system")):
        own = [row for row in rows if row["system"] == system]
        answers = answers_of(own, _called_real)
        interval, over = intervals.headline(answers, share=True)
        found.append(
            {
                "system": system,
                "called_real": answers.mean,
                "interval": intervals.ends(interval, 0, 1),
                "over": over,
                "votes": len(answers),
                "raters": answers.num_raters,
                "clips": answers.num_clips,
                "detection": None if system == "real" else _detection(real, own),
                "preliminary": answers.num_raters < minimum_raters,
            }
        )
    return found


def _detection(real: Sequence[dict], invented: Sequence[dict]) -> dict | None:
    found = detect(answers_of(real, _called_real), answers_of(invented, _called_real))
    if found is None:
        return None
    named = {name: value for name, value in asdict(found).items() if not name.endswith("_interval")}
    spans = {name: intervals.ends(getattr(found, name)) for name in asdict(found) if name.endswith("_interval")}
    return named | spans


def _called_real(value) -> float:
    return float(value == "real")


def _preference(rows: Sequence[dict], minimum_raters: int) -> dict:
    return preference.summary(
        rows, ordered(_distinct(rows, "system") | _distinct(rows, "other_system")), minimum_raters
    )


def _naming(rows: Sequence[dict], minimum_raters: int) -> list[dict]:
    found = []
    for system in ordered(_distinct(rows, "system")):
        row = confusion([row for row in rows if row["system"] == system])
        found.append({"system": system} | row | {"preliminary": row["raters"] < minimum_raters})
    return found


def _comparisons(rows: Sequence[dict], number: Callable[[Any], float] = float) -> dict:
    systems = ordered(_distinct(rows, "system"))
    answers = {system: answers_of([row for row in rows if row["system"] == system], number) for system in systems}
    means = comparisons.rater_means(answers)
    return {"friedman": comparisons.friedman(means), "pairs": comparisons.pairwise(answers)}
