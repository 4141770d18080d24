"""Results as a LaTeX table: a row per system with each scale's mean, called real, d', c, named right and strength."""

from collections.abc import Sequence

from audiogan.listening.report import WITHOUT_RULES

_SPECIAL = {c: rf"\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL["\\"] = r"\textbackslash{}"


def table(results: dict, block: str = "screened") -> str:
    """A booktabs table.

    Args:
        results: from `statistics.analysis.analyse`.
        block: `screened`, or `all` to include excluded sittings.
    """
    found, minimum = results[block], results["minimum_raters"]
    questions = list(found["scales"])
    real, naming, ranking = found["real"], found["naming"], found["preference"]["ranking"]
    heads = ["System", "$R$", "$n$", *(question.capitalize() for question in questions)]
    heads += ["Called real (\\%)", "$d'$", "$c$"] if real else []
    heads += ["Named right (\\%)"] if naming else []
    heads += ["Strength"] if ranking else []
    lines = [r"\begin{tabular}{l" + "r" * (len(heads) - 1) + "}", r"\toprule"]
    lines += [" & ".join(heads) + r" \\", r"\midrule"]
    lines += [" & ".join(_row(system, found, questions)) + r" \\" for system in found["systems"]]
    if found["preliminary"]:
        note = f"Preliminary: a system has fewer than {minimum} raters."
        lines += [r"\midrule", rf"\multicolumn{{{len(heads)}}}{{l}}{{{note}}} \\"]
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join([*_caption(results, found, block), *lines]) + "\n"


def escape(text: str) -> str:
    """Escape text for LaTeX."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _caption(results: dict, found: dict, block: str) -> list[str]:
    counts, left_out = found["counts"], results["exclusions"]["sessions"]
    here = " (here left in)" if block == "all" else ""
    what = "; ".join([*_measures(found), _over(found)])
    lines = [
        f"% {counts['raters']} raters, {counts['answers']} test answers, {left_out} sessions excluded{here}; study "
        f"{results['study_hash'][:12] or 'none'}.",
        f"% R raters and n votes: range over the columns{_compared(found)}.",
        f"% {what[:1].upper()}{what[1:]}.",
    ]
    return [*lines, f"% NOT SCREENED: {WITHOUT_RULES}."] if results["without_rules"] else lines


def _compared(found: dict) -> str:
    """Numbers behind the strengths, if there are any: each depends on all comparisons."""
    all_of_it = found["preference"]
    return f"; strengths: {all_of_it['raters']} and {all_of_it['votes']}" if all_of_it["votes"] else ""


def _measures(found: dict) -> list[str]:
    """The quantities in the table's columns."""
    measures = ["means of raters' means or shares"] if found["scales"] or found["real"] or found["naming"] else []
    measures += ["d' and c of pooled votes"] if any(row["detection"] for row in found["real"]) else []
    return measures + (["Bradley-Terry strengths, log"] if found["preference"]["ranking"] else [])


def _over(found: dict) -> str:
    """What the table's intervals generalise over."""
    rows = [row for rows in (*found["scales"].values(), found["real"], found["naming"]) for row in rows]
    over = {row["over"] for row in (*rows, *found["preference"]["ranking"]) if row["interval"]}
    told = [row["detection"] for row in found["real"] if row["detection"]]
    over |= {one["over"] for one in told if one["d_prime_interval"] or one["criterion_interval"]}
    if not over:
        return "no 95 % interval can be given"
    return f"95 % intervals over {'raters and clips, some over raters alone' if len(over) > 1 else over.pop()}"


def _row(system: str, found: dict, questions: Sequence[str]) -> list[str]:
    rated = [_of(found["scales"][question], system) for question in questions]
    real, named = _of(found["real"], system), _of(found["naming"], system)
    strength = _of(found["preference"]["ranking"], system)
    behind = [row for row in (*rated, real, named) if row] or [found["preference"]]
    cells = [escape(system), *(_range([row[name] for row in behind]) for name in ("raters", "votes"))]
    cells += map(_mean, rated)
    cells += _told(real) if found["real"] else []
    cells += [_share(named, "accuracy")] if found["naming"] else []
    cells += [_mean(strength, "strength")] if found["preference"]["ranking"] else []
    return cells


def _range(counts: Sequence[int]) -> str:
    """A count, or the fewest and the most."""
    low, high = min(counts, default=0), max(counts, default=0)
    return str(low) if low == high else f"{low}--{high}"


def _told(row: dict | None) -> list[str]:
    """Called real in per cent, d' and criterion."""
    if row is None:
        return ["--"] * 3
    share, detection = _share(row, "called_real"), row["detection"]
    if detection is None:
        return [share, "--", "--"]
    return [share, *(_number(detection[name], detection[f"{name}_interval"]) for name in ("d_prime", "criterion"))]


def _of(rows: Sequence[dict], system: str) -> dict | None:
    return next((row for row in rows if row["system"] == system), None)


def _mean(row: dict | None, name: str = "mean") -> str:
    return "--" if row is None else _number(row[name], row["interval"])


def _share(row: dict | None, name: str) -> str:
    return "--" if row is None else _number(100 * row[name], row["interval"], 0, 100)


def _number(value: float, interval: Sequence[float] | None, digits: int = 2, scale: float = 1.0) -> str:
    """A number in LaTeX, with its interval, if any, times `scale`."""
    ends = ", ".join(f"{scale * end:z.{digits}f}" for end in interval or ())
    return f"${value:z.{digits}f}" + (rf"\,[{ends}]$" if ends else "$")
