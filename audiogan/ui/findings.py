"""Results of `statistics.analyse` as HTML."""

import html
from collections.abc import Iterator, Sequence

from audiogan.listening.study import REFERENCES
from audiogan.listening.views import SYSTEMS
from audiogan.ui.forest import POINTS, SHARE, Axis, Line, forest, grid

BLOCKS = {"Without excluded sittings": "screened", "Everyone": "all"}
EMPTY = (
    '<p class="empty">No ratings yet. Take the test on the Rate tab: what was said shows up here once it is over.</p>'
)
UNDER_WAY = "Sittings under way: {}. They count once they have ended, or after half an hour without an answer."
ASKED = {
    "quality": "Clean, or noisy and distorted?",
    "intelligibility": "Is it clear which instrument it is meant to be?",
    "resemblance": "Beside a real recording of that instrument.",
    "diversity": "How different are ten sounds of one system?",
}
DIFFER = (
    "The interval and p speak of other listeners and other clips of the same systems, or of other listeners and these "
    "clips where a system has too few clips. Wilcoxon's p, rank-biserial and Friedman's test always speak of other "
    "listeners and these clips: they may find a difference that other clips would not show."
)
OVER = {"raters and clips": "other listeners, other clips", "raters": "other listeners, these clips"}
NAMES = {
    "real": "recording (real)",
    "anchor": "muffled recording (anchor)",
    "griffin-lim": "rebuilt recording (griffin-lim)",
}
WORDS = "1 Bad, 2 Poor, 3 Fair, 4 Good, 5 Excellent."


def page(results: dict, block: str) -> str:
    """One study's results.

    Args:
        results: `under_way`, if it is there, says how many sittings are not counted yet.
        block: `screened` or `all`.
    """
    found = results[block]
    if not results["all"]["counts"]["votes"]:
        return EMPTY + _under_way(results)
    parts = [_summary(results, found), *_marks(found), *_scales(found), *_preference(found), *_real(found)]
    details = [*_naming(found), *_classes(found), *_comparisons(found), *_agreement(found)]
    return f'<div class="findings"><div class="plots">{"".join(parts)}</div>{"".join(details)}</div>'


def _summary(results: dict, found: dict) -> str:
    counts, left, minimum = found["counts"], results["exclusions"], results["minimum_raters"]
    excluded = _plural(left["sessions"], "sitting") if found is results["screened"] else "of them"
    facts = [
        (counts["raters"], _plural(counts["raters"], "listener")),
        (counts["sessions"], _plural(counts["sessions"], "sitting")),
        (counts["votes"], _plural(counts["votes"], "answer")),
        (left["sessions"], f"{excluded} excluded by rule"),
        (left["withdrawn"], "withdrawn"),
    ]
    numbers = "".join(f"<div><dd>{number:,}</dd><dt>{html.escape(text)}</dt></div>" for number, text in facts)
    flag = (
        '<p class="flag"><strong>Preliminary.</strong> A system has been rated by fewer than '
        f"{minimum} {_plural(minimum, 'listener')}: "
        "these numbers will still move.</p>"
    )
    rules = ", ".join(f"{rule.replace('_', ' ')}: {count}" for rule, count in left["rules"].items())
    why = f"<p>Rules broken (a sitting may break several): {html.escape(rules)}.</p>" if rules else ""
    title = html.escape(results["title"] or "What listeners said")
    flag = flag if found["preliminary"] else ""
    return f'<section class="summary"><h2>{title}</h2>{flag}<dl>{numbers}</dl>{why}{_under_way(results)}</section>'


def _under_way(results: dict) -> str:
    count = results.get("under_way", 0)
    return f'<p class="under-way">{UNDER_WAY.format(count)}</p>' if count else ""


def _marks(found: dict) -> Iterator[str]:
    """What the dots stand for, in the words that the listeners were told."""
    rows = [row for rows in found["scales"].values() for row in rows] + found["real"]
    present = {row["system"] for row in (*rows, *found["preference"]["ranking"])}
    hollow = "; ".join(f"{SYSTEMS[name]} ({name})" for name in REFERENCES if name in present)
    if hollow:
        yield (
            f'<p class="marks"><b class="hollow"></b>Hollow: {html.escape(hollow)}. '
            "<b></b>Filled: a network, by its name.</p>"
        )


def _scales(found: dict) -> Iterator[str]:
    for question, rows in found["scales"].items():
        lines = [
            Line(_name(row), row["mean"], row["interval"], _who(row), row["system"] in REFERENCES)
            for row in _best_first(rows, "mean")
        ]
        table = forest(lines, POINTS, ("System", "Mean", "Listeners", "Votes"), f"{question}: mean by system")
        note = f"{ASKED.get(question, '')} {WORDS}"
        yield _section(question.capitalize(), note + _few_clips(rows), table)


def _few_clips(rows: Sequence[dict]) -> str:
    few = any(row["over"] == "raters" for row in rows)
    return " Intervals are over listeners alone: there are too few clips to speak of others." if few else ""


def _real(found: dict) -> Iterator[str]:
    if not found["real"]:
        return
    lines = [
        Line(_name(row), 100 * row["called_real"], _scaled(row["interval"]), _told(row), row["system"] in REFERENCES)
        for row in _best_first(found["real"], "called_real")
    ]
    heads = ("System", "Called real", "Error against real", "d′ (95 % interval)", "Criterion c", "Listeners", "Votes")
    note = (
        "Guessing gives an error of 50 % and a d′ of 0: then listeners cannot tell the system from real recordings. "
        "A criterion below 0 means that they say real readily. Called real is the mean of listeners' shares; error, d′ "
        "and c are of all answers pooled."
    )
    yield _section("Real or invented?", note, forest(lines, SHARE, heads, "called real, by system"))


def _preference(found: dict) -> Iterator[str]:
    ranking = found["preference"]["ranking"]
    if not ranking:
        return
    ends = [end for row in ranking for end in (row["interval"] or [row["strength"]])]
    reach = max(1.0, *(abs(end) for end in ends))
    axis = Axis(-reach, reach, (f"−{reach:.1f}", "0", f"{reach:.1f}"))
    lines = [Line(_name(row), row["strength"], row["interval"], (), row["system"] in REFERENCES) for row in ranking]
    votes, raters = found["preference"]["votes"], found["preference"]["raters"]
    counts = f"{votes:,} {_plural(votes, 'comparison')} by {raters} {_plural(raters, 'listener')}."
    note = f"Bradley-Terry log strength: a difference of 1 is preferred 73 % of the time. {counts}"
    yield _section("Preferred", note, forest(lines, axis, ("System", "Strength"), "preference ranking"))


def _naming(found: dict) -> Iterator[str]:
    if not found["naming"]:
        return
    lines = [
        Line(_name(row), 100 * row["accuracy"], _scaled(row["interval"]), _who(row), row["system"] in REFERENCES)
        for row in _best_first(found["naming"], "accuracy")
    ]
    table = forest(lines, SHARE, ("System", "Named right", "Listeners", "Votes"), "instrument named right, by system")
    matrices = "".join(_matrix(row) for row in found["naming"])
    note = f"<p>Named right is the mean of listeners' shares.{_few_clips(found['naming'])}</p>"
    yield _details("Which instrument it was taken for", f"{note}<div class='plots'>{table}</div>{matrices}")


def _matrix(row: dict) -> str:
    """What was meant, downwards, against what was answered; darker is oftener."""
    heads = "".join(f'<th scope="col">{html.escape(_spaced(answer))}</th>' for answer in row["answers"])
    body = ""
    for label, counts in zip(row["labels"], row["counts"], strict=True):
        total = max(sum(counts), 1)
        cells = "".join(f'<td style="--share:{count / total:.2f}">{count or ""}</td>' for count in counts)
        body += f'<tr><th scope="row">{html.escape(_spaced(label))}</th>{cells}</tr>'
    name = html.escape(_name(row))
    return (
        f'<h4>{name}</h4><div class="wide" tabindex="0" role="region" aria-label="{name}: meant against answered">'
        f'<table class="matrix"><thead><tr><th scope="col">meant / answered</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _classes(found: dict) -> Iterator[str]:
    """Mean and interval of each question, a row a label and system."""
    table: dict[tuple, dict[str, dict]] = {}
    for question, rows in found["classes"].items():
        for row in rows:
            table.setdefault((row["label"], row["system"]), {})[question] = row
    if not table:
        return
    questions = list(found["classes"])
    heads = ["Instrument", "System", "Listeners", *(question.capitalize() for question in questions)]
    rows = [
        [
            _spaced(label),
            NAMES.get(system, system),
            _most(by_question.values()),
            *(_mean(by_question.get(it)) for it in questions),
        ]
        for (label, system), by_question in table.items()
    ]
    note = "<p>Intervals are over listeners; a label has too few clips to speak of others.</p>"
    yield _details("By instrument", note + grid(heads, rows, "means by instrument"))


def _comparisons(found: dict) -> Iterator[str]:
    rows = [
        [
            question.capitalize(),
            " − ".join(NAMES.get(pair[place], pair[place]) for place in ("first", "second")),
            f"{POINTS.number(pair['difference'])} ({POINTS.span(pair['interval'])})",
            _p(pair["p_headline_holm"]),
            OVER[pair["over"]],
            str(pair["raters"]),
            _p(pair["p_holm"]),
            POINTS.number(pair["rank_biserial"]),
        ]
        for question, tests in found["comparisons"].items()
        for pair in tests["pairs"]
        if pair["difference"] is not None
    ]
    if not rows:
        return
    friedman = "".join(
        f"<p>{question.capitalize()}, {OVER['raters']}: Friedman χ² {it['chi_squared']:.1f}, p {_p(it['p'])}, "
        f"Kendall's W {it['kendall_w']:.2f}, {it['raters']} listeners who heard every system.</p>"
        for question, it in ((question, tests["friedman"]) for question, tests in found["comparisons"].items())
        if it
    )
    heads = ["Question", "Difference", "Points (95 % interval)", "p (Holm)", "Both speak of", "Listeners"]
    heads += ["These clips: p (Wilcoxon, Holm)", "These clips: rank-biserial"]
    table = grid(heads, rows, "differences between systems")
    yield _details("Which systems differ", f"<p>{DIFFER}</p>{table}{friedman}")


def _agreement(found: dict) -> Iterator[str]:
    rows = [
        [
            question.capitalize(),
            POINTS.number(row["alpha"]),
            POINTS.number(row["correlation"]),
            f"{POINTS.number(row['repeat_difference'])} ({row['repeats']})",
        ]
        for question, row in found["agreement"].items()
    ]
    if rows:
        heads = ["Question", "Krippendorff's α", "Leave-one-out r, median", "Repeat differs by (repeats)"]
        yield _details("How far listeners agree", grid(heads, rows, "agreement"))


def _section(title: str, note: str, content: str) -> str:
    return f"<section><h3>{html.escape(title)}</h3><p>{html.escape(note)}</p>{content}</section>"


def _details(title: str, content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def _best_first(rows: Sequence[dict], name: str) -> list[dict]:
    return sorted(rows, key=lambda row: -row[name])


def _name(row: dict) -> str:
    """A system in plain words with its technical name; a model by its name."""
    return NAMES.get(row["system"], row["system"])


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _who(row: dict) -> tuple[str, str]:
    return str(row["raters"]), str(row["votes"])


def _told(row: dict) -> tuple[str, ...]:
    found = row["detection"]
    if found is None:
        return ("–", "–", "–", *_who(row))
    error = f"{SHARE.number(100 * found['error'])} ({SHARE.span(_scaled(found['error_interval']))})"
    d_prime = f"{POINTS.number(found['d_prime'])} ({POINTS.span(found['d_prime_interval'])})"
    return (error, d_prime, POINTS.number(found["criterion"]), *_who(row))


def _mean(row: dict | None) -> str:
    return "–" if row is None else f"{POINTS.number(row['mean'])} ({POINTS.span(row['interval'])})"


def _most(rows) -> str:
    return str(max(row["raters"] for row in rows))


def _scaled(interval: Sequence[float] | None) -> list[float] | None:
    return interval and [100 * end for end in interval]


def _p(value: float | None) -> str:
    if value is None:
        return "too few"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _spaced(label: str) -> str:
    return label.replace("_", " ") or "–"
