"""Votes as files: writing an export and reading it back. One row per event, distinguished by `kind`.

An export is self-contained: besides votes, notes, background answers, recruited sittings and stored exclusions it has
a `study` row (title, minimum_raters) and the exclusions by the study's rules, so that it alone gives the same numbers.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence

from audiogan.listening.exclusions import attributed, not_withdrawn
from audiogan.listening.row import STUDY_COLUMNS, checked
from audiogan.listening.screening import by_rules
from audiogan.listening.study import Study
from audiogan.listening.votes import BACKGROUND_COLUMNS, EXCLUSION_COLUMNS, VOTE_COLUMNS
from audiogan.text import read_text

COLUMNS = tuple(dict.fromkeys(("kind", *VOTE_COLUMNS, *EXCLUSION_COLUMNS, *STUDY_COLUMNS, *BACKGROUND_COLUMNS)))
PARTICIPANT = "participant"  # an extra column, only in exports that ask for it
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")  # starts of what a spreadsheet runs, and the quote that stops it


def records(rows: Iterable[dict], studies: Sequence[Study]) -> list[dict]:
    """The rows of `Store.rows` without withdrawn sittings, with `study` rows and exclusions from these studies."""
    rows, studies = not_withdrawn(attributed(rows)), {study.hash: study for study in studies}.values()  # each once
    hashes = {row["study_hash"] for row in rows}
    about = [study_row(study) for study in studies if study.hash in hashes]
    return [*about, *rows, *(event for study in studies for event in by_rules(rows, study))]


def completed(rows: Sequence[dict], studies: Sequence[Study]) -> list[dict]:
    """An export's rows, with `study` rows and exclusions of these studies where it lacks them: never a rule twice."""
    told = {row["study_hash"] for row in rows if row["kind"] == "study"}
    return records(rows, [study for study in studies if study.hash not in told])


def study_row(study: Study) -> dict:
    """The `study` row of an export: what results need to know about a study."""
    design = study.design
    return {
        "kind": "study",
        "study_hash": study.hash,
        "title": design.title,
        "minimum_raters": design.minimum_raters,
    }


def with_participants(rows: Iterable[dict], by_session: dict[str, str]) -> list[dict]:
    """The rows, with the platform's id added to those of sittings whose participant is known."""
    return [row | ({PARTICIPANT: name} if (name := by_session.get(row.get("session_id"))) else {}) for row in rows]


def to_jsonl(rows: Iterable[dict]) -> str:
    """One JSON object per line."""
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def to_csv(rows: Iterable[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The columns as CSV; a quote goes before texts that a spreadsheet would run as formulas."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, restval="")
    writer.writeheader()
    writer.writerows({key: _inert(value) for key, value in row.items()} for row in rows)
    return buffer.getvalue()


def read(file: str | os.PathLike) -> list[dict]:
    """Read an export in either format, or files of the Hub's data set, in which a vote may appear twice.

    Raises:
        ValueError: the file is not one; names the row.
    """
    text = read_text(file, newline="")
    parse = _json_rows if text.lstrip()[:1] in ("{", "") else _csv_rows
    rows = []
    try:
        for row in _once(map(checked, parse(text))):
            rows.append(row)
    except (TypeError, ValueError, KeyError, OverflowError, RecursionError, csv.Error) as error:
        raise ValueError(f"{os.fspath(file)} is not an export of ratings: row {len(rows) + 1}: {error}") from None
    return list(filter(None, rows))


def _inert(value):
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _once(rows: Iterable[dict]) -> Iterable[dict | None]:
    """The rows, with None in place of a repeated vote.

    Raises:
        ValueError: a repeated vote differs from the first.
    """
    votes: dict[tuple, dict] = {}
    for row in rows:
        first = votes.setdefault((row["vote_id"], row["question"]), row) if row["kind"] == "vote" else row
        if first != row:
            raise ValueError(f"vote {row['vote_id']} on {row['question']} came before with different content")
        yield row if first is row else None


def _json_rows(text: str) -> Iterable[dict]:
    return (json.loads(line) for line in text.split("\n") if line.strip())


def _csv_rows(text: str) -> Iterable[dict]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if "kind" not in (reader.fieldnames or ()):
        raise ValueError("the header has no column kind")
    for row in reader:
        if None in row or None in row.values():
            raise ValueError("it has more or fewer cells than the header")
        yield {key: value[1:] if value.startswith("'") else value for key, value in row.items()}
