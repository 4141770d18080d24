"""Results as a LaTeX table for a paper: a row a system, each scale's mean and interval, then d' and criterion."""

from collections.abc import Sequence

from audiogan.listening.report import WITHOUT_RULES

_SPECIAL = {c: rf"\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_SPECIAL["\\"] = r"\textbackslash{}"


def table(results: dict, block: str = "screened") -> str:
    """A booktabs table.

    Args:
        results: of `statistics.analyse`.
        block: `screened`, or `all` with the excluded ones in.
    """
    found, minimum = results[block], results["minimum_raters"]
    questions = list(found["scales"])
    real = {row["system"]: row for row in found["real"]}
    heads = ["System", "$R$", "$n$", *(question.capitalize() for question in questions)]
    heads += ["Called real (\\%)", "$d'$", "$c$"] if real else []
    lines = [r"\begin{tabular}{l" + "r" * (len(heads) - 1) + "}", r"\toprule"]
    lines += [" & ".join(heads) + r" \\", r"\midrule"]
    lines += [" & ".join(_row(system, found, questions, real)) + r" \\" for system in found["systems"]]
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join([*_caption(results, found, block, minimum), *lines]) + "\n"


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _caption(results: dict, found: dict, block: str, minimum: int) -> list[str]:
    counts, left_out = found["counts"], results["exclusions"]["sessions"]
    over = {row["over"] for rows in found["scales"].values() for row in rows}
    lines = [
        f"% {counts['raters']} raters, {counts['votes']} votes, {left_out} sessions excluded"
        + (" (here left in)." if block == "all" else "."),
        f"% Means of raters' means with 95 % intervals over {' / '.join(sorted(over)) or 'raters'}; study "
        f"{results['study_hash'][:12] or 'none'}.",
    ]
    if results["without_rules"]:
        lines.append(f"% NOT SCREENED: {WITHOUT_RULES}.")
    return lines + ([f"% PRELIMINARY: a system has fewer than {minimum} raters."] if found["preliminary"] else [])


def _row(system: str, found: dict, questions: Sequence[str], real: dict) -> list[str]:
    by_question = {question: _of(found["scales"][question], system) for question in questions}
    known = [row for row in by_question.values() if row]
    raters, votes = max((row["raters"] for row in known), default=0), max((row["votes"] for row in known), default=0)
    cells = [escape(system), str(raters), str(votes), *(_mean(row) for row in by_question.values())]
    if real:
        row = real.get(system)
        detection = row and row["detection"]
        cells.append(f"${100 * row['called_real']:.0f}$" if row else "--")
        cells += [f"${detection[name]:z.2f}$" if detection else "--" for name in ("d_prime", "criterion")]
    return cells


def _of(rows: Sequence[dict], system: str) -> dict | None:
    return next((row for row in rows if row["system"] == system), None)


def _mean(row: dict | None) -> str:
    if row is None:
        return "--"
    if row["interval"] is None:
        return f"${row['mean']:.2f}$"
    low, high = row["interval"]
    return rf"${row['mean']:.2f}\,[{low:.2f}, {high:.2f}]$"
