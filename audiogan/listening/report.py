"""Results as text for a terminal."""

from collections.abc import Sequence

REAL = "Called real, mean of raters' shares; told from real clips, votes pooled (guessing: error 50 %, d' 0)"
WITHOUT_RULES = "its design is not among those loaded (--study DIR), so none of its exclusion rules was applied"


def text(results: dict) -> str:
    """One study's screened results from `statistics.analysis.analyse`, with the means over all sittings."""
    found, minimum = results["screened"], results["minimum_raters"]
    lines = [_title(results), _counts(results), _skipped(results["skipped"]), *_recruited(results["recruited"])]
    lines += [_said(asked, counts) for asked, counts in results["background"]["screened"].items()]
    if results["without_rules"]:
        lines.append(f"NOT SCREENED: {WITHOUT_RULES}.")
    if found["preliminary"]:
        lines.append(f"PRELIMINARY: a system has fewer than {minimum} raters.")
    for question, rows in found["scales"].items():
        everyone = {row["system"]: row["mean"] for row in results["all"]["scales"][question]}
        lines += ["", f"{question.capitalize()}, mean of raters' means, 95 % interval"]
        lines += [_mean(row, everyone[row["system"]]) for row in rows]
        lines += _tests(found["comparisons"][question])
        lines += _agreement(found["agreement"].get(question))
    if found["real"]:
        lines += ["", REAL, *map(_real, found["real"]), *_tests(found["comparisons"]["real"])]
    if found["preference"]["ranking"]:
        lines += ["", "Preferred, Bradley-Terry log strength", *map(_strength, found["preference"]["ranking"])]
        lines += _preferred(found["preference"]["pairs"])
    if found["naming"]:
        lines += ["", "Instrument named right, mean of raters' shares, 95 % interval", *map(_naming, found["naming"])]
        lines += _tests(found["comparisons"]["naming"])
    return "\n".join(lines)


def span(interval: Sequence[float] | None, digits: int = 2, scale: float = 1.0) -> str:
    """`[low, high]`, or `[no interval]`, as for a single rater or identical answers."""
    if interval is None:
        return "[no interval]"
    return f"[{scale * interval[0]:.{digits}f}, {scale * interval[1]:.{digits}f}]"


def _title(results: dict) -> str:
    if not results["study_hash"]:
        return "Ratings outside a study"
    return f"{results['title'] or 'Study'} ({results['study_hash'][:12]})"


def _counts(results: dict) -> str:
    counts, left = results["screened"]["counts"], results["exclusions"]
    line = f"{counts['raters']} raters, {counts['sessions']} sessions, {counts['answers']} test answers (of "
    line += f"{counts['votes']} votes, with practice, gold and repeats); left out: "
    line += f"{left['sessions']} sessions, {left['votes']} votes; withdrawn: {left['withdrawn']}"
    rules = ", ".join(f"{rule} {count}" for rule, count in left["rules"].items())
    return f"{line} ({rules})" if rules else line


def _skipped(skipped: dict) -> str:
    return f"skipped, because a sound could not be played: {skipped['steps']} steps of {skipped['sessions']} sessions"


def _recruited(found: dict) -> list[str]:
    if not found["begun"]:
        return []
    begun, answered = found["begun"], found["answered"]
    return [f"by recruitment: {begun} sessions begun, {answered} of them with answers that were not withdrawn"]


def _said(asked: str, counts: dict[str, int]) -> str:
    told = ", ".join(f"{said or 'would rather not say'} {count}" for said, count in counts.items())
    return f"listeners' {asked}, sessions: {told}"


def _mean(row: dict, everyone: float) -> str:
    return (
        f"  {row['system']:28} {row['mean']:.2f} {span(row['interval']):14} over {row['over']:16} "
        f"{row['raters']:4} raters {row['votes']:6} votes {row['clips']:4} clips   with excluded {everyone:.2f}"
    )


def _real(row: dict) -> str:
    head = f"  {row['system']:28} {100 * row['called_real']:3.0f} % {span(row['interval'], 0, 100):10}"
    detection = row["detection"]
    if detection is None:
        return head
    return (
        f"{head} error {100 * detection['error']:3.0f} % {span(detection['error_interval'], 0, 100):10} "
        f"d' {detection['d_prime']:5.2f} {span(detection['d_prime_interval']):15} c {detection['criterion']:5.2f}"
    )


def _strength(row: dict) -> str:
    return f"  {row['system']:28} {row['strength']:5.2f} {span(row['interval']):14} over {row['over']}"


def _preferred(pairs: Sequence[dict]) -> list[str]:
    differ, lines = _differing(pairs)
    return lines + [_headline(pair) for pair in differ]


def _naming(row: dict) -> str:
    return (
        f"  {row['system']:28} {100 * row['accuracy']:3.0f} % {span(row['interval'], 0, 100):10} "
        f"over {row['over']:16} cannot tell {100 * row['cannot_tell']:3.0f} %   {row['votes']} votes"
    )


def _tests(found: dict) -> list[str]:
    differ, lines = _differing(found["pairs"])
    for pair in differ:
        lines.append(
            f"{_headline(pair)}; other listeners, these clips: "
            f"Wilcoxon p {pair['p_holm']:.2g} (Holm), rank-biserial {pair['rank_biserial']:.2f}"
        )
    friedman = found["friedman"]
    if friedman:
        lines.append(
            f"  other listeners, these clips: Friedman chi2 {friedman['chi_squared']:.2f}, p {friedman['p']:.2g}, "
            f"Kendall's W {friedman['kendall_w']:.2f}, {friedman['raters']} raters who heard all"
        )
    return lines


def _differing(pairs: Sequence[dict]) -> tuple[list[dict], list[str]]:
    """The pairs that differ, and a line that counts them."""
    tested = [pair for pair in pairs if pair["p_headline_holm"] is not None]
    differ = [pair for pair in tested if pair["p_headline_holm"] < 0.05]
    line = f"  {len(differ)} of {len(tested)} pairs differ at 5 % (Holm); --json has all of them"
    return differ, [line] if tested else []


def _headline(pair: dict) -> str:
    return (
        f"  {pair['first']} - {pair['second']}: {pair['difference']:+.2f} {span(pair['interval'])} over "
        f"{pair['over']}, p {pair['p_headline_holm']:.2g} (Holm)"
    )


def _agreement(found: dict | None) -> list[str]:
    if found is None or found["alpha"] is None:
        return []
    line = f"  agreement: Krippendorff's alpha {found['alpha']:.2f}"
    if found["correlation"] is not None:
        line += f", leave-one-out r {found['correlation']:.2f} (median of {found['correlation_raters']})"
    if found["repeats"]:
        line += f", repeats differ by {found['repeat_difference']:.2f} (n {found['repeats']})"
    return [line]
