"""Results as a table with one number per row: what the Results tab shows, for other programs to read."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

BLOCKS = ("screened", "all")
KINDS_OF_COUNTS = {"roles": "role_votes", "headphones": "headphones_sessions", "devices": "device_sessions"}
DETECTION = ("error", "d_prime", "criterion")


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number of the results. Cells that do not apply to a statistic are empty.

    Attributes:
        study_hash: as in votes; empty for votes outside a study.
        block: `screened`, without excluded sittings, or `all`, with them.
        question: what was asked; empty for counts.
        statistic: `mean` (of raters' means), `called_real` (mean of raters' shares), `error`, `d_prime` and
            `criterion` (detection against real clips, all raters' votes pooled), `strength` (Bradley-Terry, log),
            `named_right` and `cannot_tell` (means of raters' shares), `taken_for` (votes that named `label` as
            `other`), `difference` (`system` minus `other`: in scale points; for `real` and `naming` in shares called
            real and named right; for `preference` in log odds), `rank_biserial` (of that difference, these clips
            only), `friedman_chi_squared` and `kendall_w` (both these clips only), `alpha` (Krippendorff, ordinal),
            `leave_one_out` (median correlation), `repeat_difference`; counts: `raters`, `sessions`, `votes` (of every
            role), `role_votes` (of the role `other`; results use `test` and `free`), `headphones_sessions` and
            `device_sessions` (sittings with the headphone outcome, or device, `other`), `excluded_sessions`,
            `excluded_votes`, `withdrawn`, `rule_broken` (sittings, or votes excluded one by one, under the rule
            `other`), `skipped_steps` and `skipped_sessions` (steps whose sound could not be played, and the sittings
            with such steps).
        system: `real`, `anchor`, `griffin-lim`, or a model's name; empty where a number is about all.
        label: an instrument; empty where a number is about all.
        other: a second system or label, a rule, a role, an outcome or a device.
        value: the number itself.
        low, high: its 95 % interval, where it has one.
        over: what an interval or p generalises over: `raters` (other listeners, these clips), or `raters and clips`
            (other listeners, other clips of the same systems and labels).
        sd: standard deviation of the votes behind a `mean`.
        p: of a `difference`, by Student's t over raters and clips, or by Wilcoxon's test over raters alone (for
            `preference` by Student's t there too); of a `rank_biserial`, always by Wilcoxon's test; both corrected by
            Holm over the question's pairs. Of `friedman_chi_squared`, by Friedman's test.
        raters, votes, clips: the numbers behind it; for `error`, `d_prime` and `criterion` those about the system,
            without those about real clips; for a `strength` all of the question's, because each depends on all.
        preliminary: `yes` with fewer raters than the study asks for.
    """

    study_hash: str
    block: str
    question: str = ""
    statistic: str
    system: str = ""
    label: str = ""
    other: str = ""
    value: float | int | None
    low: float | None = None
    high: float | None = None
    over: str = ""
    sd: float | None = None
    p: float | None = None
    raters: int | None = None
    votes: int | None = None
    clips: int | None = None
    preliminary: str = ""


COLUMNS = tuple(field.name for field in dataclasses.fields(Number))


def numbers(results: dict) -> list[dict]:
    """The results of `statistics.analysis.analyse` as `Number`s, block after block."""
    return [
        dataclasses.asdict(Number(study_hash=results["study_hash"], block=block, **fields))
        for block in BLOCKS
        for fields in _block(results, results[block])
    ]


def _block(results: dict, found: dict) -> Iterator[dict]:
    yield from _counts(results, found)
    for question, rows in found["scales"].items():
        yield from (_number(row, "mean", question) for row in rows)
    for question, rows in found["classes"].items():
        yield from (_number(row, "mean", question) for row in rows)
    for row in found["real"]:
        yield from _real(row)
    for row in found["preference"]["ranking"]:
        behind = {name: found["preference"][name] for name in ("votes", "raters")}
        yield _number(row | behind, "strength", "preference")
    for pair in found["preference"]["pairs"]:
        named = {"system": pair["first"], "other": pair["second"]}
        yield _number(pair, "difference", "preference") | named | {"p": pair["p_headline_holm"]}
    for row in found["naming"]:
        yield from _naming(row)
    for question, tests in found["comparisons"].items():
        yield from _comparisons(question, tests)
    for question, row in found["agreement"].items():
        yield from _agreement(question, row)


def _number(row: dict, statistic: str, question: str, value: str = "", interval: str = "interval") -> dict:
    """A row of the analysis as fields of `Number`; `value` and `interval` are the row's names for those."""
    low, high = row.get(interval) or (None, None)
    shared = {name: row[name] for name in ("system", "label", "over", "sd", "raters", "votes", "clips") if name in row}
    shared["preliminary"] = {True: "yes", False: "no"}.get(row.get("preliminary"), "")
    about = {"question": question, "statistic": statistic, "value": row[value or statistic]}
    return shared | about | {"low": low, "high": high}


def _counts(results: dict, found: dict) -> Iterator[dict]:
    left, skipped = results["exclusions"], results["skipped"]
    counts = {name: found["counts"][name] for name in ("raters", "sessions", "votes")}
    counts |= {"excluded_sessions": left["sessions"], "excluded_votes": left["votes"], "withdrawn": left["withdrawn"]}
    counts |= {"skipped_steps": skipped["steps"], "skipped_sessions": skipped["sessions"]}
    yield from ({"statistic": name, "value": count} for name, count in counts.items())
    for kind, what in KINDS_OF_COUNTS.items():
        yield from ({"statistic": what, "other": one, "value": n} for one, n in found["counts"][kind].items())
    yield from ({"statistic": "rule_broken", "other": rule, "value": count} for rule, count in left["rules"].items())


def _real(row: dict) -> Iterator[dict]:
    yield _number(row, "called_real", "real")
    if row["detection"]:
        shared = row | row["detection"]
        yield from (_number(shared, name, "real", interval=f"{name}_interval") for name in DETECTION)


def _naming(row: dict) -> Iterator[dict]:
    yield _number(row, "named_right", "naming", "accuracy")
    yield _number(row, "cannot_tell", "naming", interval="") | {"over": ""}
    for label, counts in zip(row["labels"], row["counts"], strict=True):
        for answer, count in zip(row["answers"], counts, strict=True):
            named = {"system": row["system"], "label": label, "other": answer}
            yield named | {"question": "naming", "statistic": "taken_for", "value": count}


def _comparisons(question: str, tests: dict) -> Iterator[dict]:
    if friedman := tests["friedman"]:
        of_raters = {"over": "raters"}
        yield _number(friedman, "friedman_chi_squared", question, "chi_squared") | of_raters | {"p": friedman["p"]}
        yield _number(friedman, "kendall_w", question) | of_raters
    for pair in tests["pairs"]:
        if pair["difference"] is not None:
            named = {"system": pair["first"], "other": pair["second"]}
            yield _number(pair, "difference", question) | named | {"p": pair["p_headline_holm"]}
            these_clips = {"over": "raters", "p": pair["p_holm"]}
            yield _number(pair, "rank_biserial", question, interval="") | named | these_clips


def _agreement(question: str, row: dict) -> Iterator[dict]:
    yield _number(row, "alpha", question)
    yield _number(row, "leave_one_out", question, "correlation") | {"raters": row["correlation_raters"]}
    yield _number(row, "repeat_difference", question) | {"votes": row["repeats"]}
