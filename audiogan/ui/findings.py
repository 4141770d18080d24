"""Results of `statistics.analysis.analyse` as HTML."""

import html
from collections.abc import Iterator

from audiogan.listening.study import REFERENCES, Study
from audiogan.listening.views import SYSTEMS, scale_words
from audiogan.ui.finding_details import details
from audiogan.ui.finding_words import (
    FEW_CLIPS,
    RULES,
    alike,
    all_or_none,
    best_first,
    few_clips,
    named,
    percent,
    plural,
    who,
)
from audiogan.ui.forest import RATING, SHARE, Axis, Line, forest

BLOCKS = {"Without excluded sessions": "screened", "Everyone": "all"}
EMPTY = (
    '<p class="empty">No ratings yet. Take the test on the Rate tab: what was said shows up here once it is over.</p>'
)
UNDER_WAY = "Sessions under way: {}. They count once they have ended, or after half an hour without an answer."


def page(results: dict, block: str, study: Study | None = None) -> str:
    """One study's results.

    Args:
        results: `under_way`, if present, is the number of sessions that are not counted yet.
        block: `screened` or `all`.
        study: what listeners were asked; None if unknown.
    """
    found = results[block]
    if not results["all"]["counts"]["votes"]:
        return EMPTY + _withdrawn(results) + _skipped(results) + _under_way(results)
    parts = [_summary(results, found), *_marks(found), *_scales(found, study), *_preference(found), *_real(found)]
    return f'<div class="findings"><div class="plots">{"".join(parts)}</div>{"".join(details(found))}</div>'


def _summary(results: dict, found: dict) -> str:
    counts, left, minimum = found["counts"], results["exclusions"], results["minimum_raters"]
    title = html.escape(results["title"] or "What listeners said")
    rules = ", ".join(f"{RULES.get(rule, rule)} {count}" for rule, count in left["rules"].items())
    why = f"<p>Rules broken (a session may break several): {html.escape(rules)}.</p>" if rules else ""
    if not counts["sessions"]:
        rest = why + _withdrawn(results) + _skipped(results) + _under_way(results)
        return f'<section class="summary"><h2>{title}</h2>{_none_counts(left["sessions"])}{rest}</section>'
    facts = [
        (counts["raters"], plural(counts["raters"], "listener")),
        (counts["sessions"], plural(counts["sessions"], "session")),
        (counts["answers"], plural(counts["answers"], "answer")),
        (left["sessions"], f"{plural(left['sessions'], 'session')} excluded by rule"),
        (left["withdrawn"], "withdrawn"),
    ]
    numbers = "".join(f"<div><dd>{number:,}</dd><dt>{html.escape(text)}</dt></div>" for number, text in facts)
    flag = (
        '<p class="flag"><strong>Preliminary.</strong> A system has been rated by fewer than '
        f"{minimum} {plural(minimum, 'listener')}: "
        "these numbers will still move.</p>"
    )
    flag = flag if found["preliminary"] else ""
    why += _skipped(results) + _under_way(results)
    return f'<section class="summary"><h2>{title}</h2>{flag}<dl>{numbers}</dl>{why}</section>'


def _none_counts(excluded: int) -> str:
    """A sentence for when every session is excluded."""
    were, them = ("was", "it") if excluded == 1 else ("were", "them")
    return f"<p>No session counts yet: {excluded:,} {were} left out by rule. “Everyone” shows {them}.</p>"


def _withdrawn(results: dict) -> str:
    count = results["exclusions"]["withdrawn"]
    return f"<p>Withdrawn: {count:,} {plural(count, 'session')}.</p>" if count else ""


def _skipped(results: dict) -> str:
    steps, sessions = (results["skipped"][name] for name in ("steps", "sessions"))
    words = f"{plural(steps, 'step')} of {sessions:,} {plural(sessions, 'session')}"
    return f"<p>Skipped because a sound could not be played: {steps:,} {words}.</p>" if steps else ""


def _under_way(results: dict) -> str:
    count = results.get("under_way", 0)
    return f'<p class="under-way">{UNDER_WAY.format(count)}</p>' if count else ""


def _marks(found: dict) -> Iterator[str]:
    """The legend of the dots, in the words that listeners were told."""
    rows = [row for rows in found["scales"].values() for row in rows] + found["real"]
    present = {row["system"] for row in (*rows, *found["preference"]["ranking"])}
    hollow = "; ".join(f"{SYSTEMS[name]} ({name})" for name in REFERENCES if name in present)
    if hollow:
        yield (
            f'<p class="marks"><b class="hollow"></b>Hollow: {html.escape(hollow)}. '
            "<b></b>Filled: a system, by its name.</p>"
        )


def _scales(found: dict, study: Study | None) -> Iterator[str]:
    for question, rows in found["scales"].items():
        lines = [
            Line(named(row["system"]), row["mean"], row["interval"], who(row), row["system"] in REFERENCES)
            for row in best_first(rows, "mean")
        ]
        table = forest(lines, RATING, ("System", "Mean", "Listeners", "Votes"), f"{question}: mean by system")
        note = _asked(question, study) if study else ""
        yield _section(question.capitalize(), note + few_clips(rows) + alike(rows), table)


def _asked(question: str, study: Study) -> str:
    """What listeners read: the question and the words of its scale."""
    prompt, words = scale_words(study, question)
    return f"{prompt.replace('{label}', '…')} {', '.join(f'{at} {word}' for at, word in enumerate(words, 1))}."


def _real(found: dict) -> Iterator[str]:
    if not found["real"]:
        return
    lines = [
        Line(
            named(row["system"]),
            100 * row["called_real"],
            percent(row["interval"]),
            _told(row),
            row["system"] in REFERENCES,
        )
        for row in best_first(found["real"], "called_real")
    ]
    heads = ("System", "Called real", "Error against real", "d′ (95 % interval)", "Criterion c", "Listeners", "Votes")
    note = (
        "Guessing gives an error of 50 % and a d′ of 0: then listeners cannot tell the system from real recordings. "
        "A criterion below 0 means that they say real readily. Called real is the mean of listeners' shares; error, d′ "
        "and c are of all answers pooled."
    )
    note += few_clips(found["real"]) + all_or_none([row["called_real"] for row in found["real"]])
    yield _section("Real or invented?", note, forest(lines, SHARE, heads, "called real, by system"))


def _preference(found: dict) -> Iterator[str]:
    ranking = found["preference"]["ranking"]
    if not ranking:
        return
    ends = [end for row in ranking for end in (row["interval"] or [row["strength"]])]
    reach = max(1.0, *(abs(end) for end in ends))
    axis = Axis(-reach, reach, (f"−{reach:.1f}", "0", f"{reach:.1f}"))
    lines = [
        Line(named(row["system"]), row["strength"], row["interval"], (), row["system"] in REFERENCES) for row in ranking
    ]
    votes, raters = found["preference"]["votes"], found["preference"]["raters"]
    counts = f"{votes:,} {plural(votes, 'comparison')} by {raters} {plural(raters, 'listener')}."
    note = f"Bradley-Terry log strength: a difference of 1 is preferred 73 % of the time. {counts}"
    note += FEW_CLIPS if ranking[0]["over"] == "raters" else ""
    yield _section("Preferred", note, forest(lines, axis, ("System", "Strength"), "preference ranking"))


def _section(title: str, note: str, content: str) -> str:
    return f"<section><h3>{html.escape(title)}</h3><p>{html.escape(note)}</p>{content}</section>"


def _told(row: dict) -> tuple[str, ...]:
    found = row["detection"]
    if found is None:
        return ("–", "–", "–", *who(row))
    error = f"{SHARE.number(100 * found['error'])} ({SHARE.span(percent(found['error_interval']))})"
    d_prime = f"{RATING.number(found['d_prime'])} ({RATING.span(found['d_prime_interval'])})"
    return (error, d_prime, RATING.number(found["criterion"]), *who(row))
