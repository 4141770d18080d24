"""The folded part of the Results tab: instruments named, means by instrument, which systems differ, and agreement."""

import html
from collections.abc import Iterator

from audiogan.listening.study import REFERENCES
from audiogan.text import in_words
from audiogan.ui.finding_words import all_or_none, best_first, few_clips, named, percent, who
from audiogan.ui.forest import RATING, SHARE, Line, forest, grid

DIFFER = (
    "The interval and p hold for other listeners and other clips of the same systems, or for other listeners and these "
    "clips where a system has too few clips. Wilcoxon's p, rank-biserial and Friedman's test always hold for other "
    "listeners and these clips only: they may find a difference that other clips would not show."
)
SHARES = {"real": "Called real", "naming": "Named right"}  # questions whose differences are of shares
OVER = {"raters and clips": "other listeners, other clips", "raters": "other listeners, these clips"}
BY_LABEL = {
    "raters": "Intervals are over listeners; a label has too few clips for them to cover other clips.",
    "raters and clips": "Intervals are over listeners and clips.",
    "raters or raters and clips": (
        "Intervals are over listeners and clips, or over listeners alone where a system has too few clips of a label."
    ),
}


def details(found: dict) -> Iterator[str]:
    """A block of results as folded sections, without those for which there are no answers."""
    yield from _naming(found)
    yield from _classes(found)
    yield from _comparisons(found)
    yield from _agreement(found)


def _naming(found: dict) -> Iterator[str]:
    if not found["naming"]:
        return
    lines = [
        Line(
            named(row["system"]), 100 * row["accuracy"], percent(row["interval"]), who(row), row["system"] in REFERENCES
        )
        for row in best_first(found["naming"], "accuracy")
    ]
    table = forest(lines, SHARE, ("System", "Named right", "Listeners", "Votes"), "instrument named right, by system")
    matrices = "".join(_matrix(row) for row in found["naming"])
    words = few_clips(found["naming"]) + all_or_none([row["accuracy"] for row in found["naming"]])
    note = f"<p>Named right is the mean of listeners' shares.{words}</p>"
    yield _details("Which instrument it was taken for", f"{note}<div class='plots'>{table}</div>{matrices}")


def _matrix(row: dict) -> str:
    """A table of what was meant (rows) against what was answered (columns); darker is more often."""
    heads = "".join(f'<th scope="col">{html.escape(_spaced(answer))}</th>' for answer in row["answers"])
    body = ""
    for label, counts in zip(row["labels"], row["counts"], strict=True):
        total = max(sum(counts), 1)
        cells = "".join(f'<td style="--share:{count / total:.2f}">{count or ""}</td>' for count in counts)
        body += f'<tr><th scope="row">{html.escape(_spaced(label))}</th>{cells}</tr>'
    name = html.escape(named(row["system"]))
    return (
        f'<h4>{name}</h4><div class="wide" tabindex="0" role="region" aria-label="{name}: meant against answered">'
        f'<table class="matrix"><thead><tr><th scope="col">meant / answered</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _classes(found: dict) -> Iterator[str]:
    """Mean and interval of each question, a row per label and system."""
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
            named(system),
            _most(by_question.values()),
            *(_mean(by_question.get(it)) for it in questions),
        ]
        for (label, system), by_question in table.items()
    ]
    over = {row["over"] for by_question in table.values() for row in by_question.values() if row["interval"]}
    note = f"<p>{BY_LABEL[' or '.join(sorted(over))]}</p>" if over else ""
    yield _details("By instrument", note + grid(heads, rows, "means by instrument", texts={1}))


def _comparisons(found: dict) -> Iterator[str]:
    rows = [
        [
            _titled(question),
            _pair(pair),
            _difference(pair, question in SHARES),
            _p(pair["p_headline_holm"]),
            OVER[pair["over"]],
            str(pair["raters"]),
            _p(pair["p_holm"]),
            RATING.number(pair["rank_biserial"]),
        ]
        for question, tests in found["comparisons"].items()
        for pair in tests["pairs"]
        if pair["difference"] is not None
    ]
    rows += [
        ["Preferred, log odds", _pair(pair), _difference(pair), _p(pair["p_headline_holm"]), OVER[pair["over"]]]
        + 3 * ["–"]
        for pair in found["preference"]["pairs"]
    ]
    if not rows:
        return
    friedman = "".join(
        f"<p>{_titled(question)}, {OVER['raters']}: Friedman χ² {it['chi_squared']:.1f}, p {_p(it['p'])}, "
        f"Kendall's W {it['kendall_w']:.2f}, {it['raters']} listeners who heard every system.</p>"
        for question, it in ((question, tests["friedman"]) for question, tests in found["comparisons"].items())
        if it
    )
    heads = ["Question", "Difference", "Its size (95 % interval)", "p (Holm)", "Both hold for", "Listeners"]
    heads += ["These clips: p (Wilcoxon, Holm)", "These clips: rank-biserial"]
    table = grid(heads, rows, "differences between systems", texts={1, 4})
    yield _details("Which systems differ", f"<p>{DIFFER}</p>{table}{friedman}")


def _titled(question: str) -> str:
    return SHARES.get(question, question.capitalize())


def _pair(pair: dict) -> str:
    return f"{named(pair['first'])} − {named(pair['second'])}"


def _difference(pair: dict, of_shares: bool = False) -> str:
    axis, scale = (SHARE, 100) if of_shares else (RATING, 1)
    interval = pair["interval"] and [scale * end for end in pair["interval"]]
    return f"{axis.number(scale * pair['difference'])} ({axis.span(interval)})"


def _agreement(found: dict) -> Iterator[str]:
    rows = [
        [
            question.capitalize(),
            RATING.number(row["alpha"]),
            RATING.number(row["correlation"]),
            f"{RATING.number(row['repeat_difference'])} ({row['repeats']})",
        ]
        for question, row in found["agreement"].items()
    ]
    if rows:
        heads = ["Question", "Krippendorff's α", "Leave-one-out r, median", "Repeat differs by (repeats)"]
        yield _details("How far listeners agree", grid(heads, rows, "agreement"))


def _details(title: str, content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def _mean(row: dict | None) -> str:
    return "–" if row is None else f"{RATING.number(row['mean'])} ({RATING.span(row['interval'])})"


def _most(rows) -> str:
    return str(max(row["raters"] for row in rows))


def _p(value: float | None) -> str:
    if value is None:
        return "too few"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _spaced(label: str) -> str:
    return in_words(label) or "–"
