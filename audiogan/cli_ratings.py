"""`python -m audiogan ratings`: votes as files, and their statistics."""

import json
import os
import sys
from pathlib import Path

from audiogan.arguments import named_folder
from audiogan.files import write_together
from audiogan.listening import report

SUFFIXES = {"results": (".csv", ".jsonl"), "figure": (".png", ".svg")}


def add_ratings(commands) -> None:
    """The `ratings` command."""
    ratings = commands.add_parser("ratings", help="export and analyse listeners' votes")
    actions = ratings.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_export(actions)
    _add_stats(actions)
    _add_exclude(actions)
    sync = actions.add_parser("sync", help="sync once with the Hub data set that AUDIOGAN_RATINGS_DATASET names")
    sync.set_defaults(run=_sync)


def _add_export(actions) -> None:
    export = actions.add_parser("export", help="write every vote, exclusion and note, one per row")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    export.add_argument("--out", required=True, type=Path, metavar="FILE")
    export.add_argument("--results", type=Path, metavar="FILE.csv|.jsonl", help="also the results, one number per row")
    export.add_argument("--codebook", type=Path, metavar="FILE.md", help="also what each column means")
    export.add_argument("--table", type=Path, metavar="FILE.tex", help="also the results as a LaTeX table")
    export.add_argument("--participants", action="store_true", help="add recruitment platforms' ids: do not publish")
    export.add_argument("--figure", type=Path, metavar="FILE.png|.svg", help="also the results as a forest plot")
    _add_study(export)
    export.set_defaults(run=_export)


def _add_stats(actions) -> None:
    stats = actions.add_parser("stats", help="means, intervals, d', rankings, agreement, tests")
    stats.add_argument("--json", action="store_true", help="everything, as JSON")
    stats.add_argument("--from", dest="file", type=Path, metavar="FILE", help="read an export instead of the database")
    _add_study(stats)
    stats.set_defaults(run=_stats)


def _add_exclude(actions) -> None:
    exclude = actions.add_parser("exclude", help="leave a sitting or a vote out of the screened results, for a reason")
    exclude.add_argument("id", metavar="ID", help="a session_id or vote_id of an export, or a participant")
    exclude.add_argument("--reason", required=True, metavar="SENTENCE", help="appears in every export")
    exclude.set_defaults(run=_exclude)


def _add_study(command) -> None:
    words = "study whose rules apply (default: AUDIOGAN_STUDY, else the app's); may be repeated"
    command.add_argument("--study", action="append", type=named_folder, metavar="DIR", help=words)


def _export(options) -> None:
    from audiogan.listening import records
    from audiogan.listening.store import Store

    _check_files(options)
    rows = _stored(options.study)
    told, columns = rows, records.COLUMNS
    if options.participants:
        told = records.with_participants(rows, Store().participants.by_session())
        columns = (*columns, records.PARTICIPANT)
    text = records.to_jsonl(told) if options.format == "jsonl" else records.to_csv(told, columns)
    write_together({options.out: text.encode(), **_extras(options, rows)})
    votes = sum(row["kind"] == "vote" for row in rows)
    print(f"{votes} votes and {len(rows) - votes} other rows in {options.out}", file=sys.stderr)
    if options.participants:
        print(f"{options.out} names participants: do not publish it", file=sys.stderr)


def _check_files(options) -> None:
    files = list(filter(None, (options.out, options.results, options.codebook, options.table, options.figure)))
    for file in files:
        if not file.parent.is_dir():
            raise ValueError(f"{file}'s folder is missing")
        if [other.resolve() for other in files].count(file.resolve()) > 1:
            raise ValueError(f"{file} is named twice: each file needs a name of its own")
    for name, suffixes in SUFFIXES.items():
        file = getattr(options, name)
        if file and file.suffix not in suffixes:
            raise ValueError(f"--{name} must end in {' or '.join(suffixes)}, not {file.suffix!r}")


def _extras(options, rows: list[dict]) -> dict[Path, bytes]:
    """The other files asked for. They cover every study; the figure, only the one with the most votes."""
    from audiogan.listening import codebook, latex, result_files
    from audiogan.listening.statistics.analysis import analyse_all

    results, extras = analyse_all(rows), {}
    _warn(results)
    if options.results:
        extras[options.results] = result_files.numbers_file(results, options.results.suffix).encode()
    if options.codebook:
        extras[options.codebook] = codebook.codebook(_studies(options.study)).encode()
    if options.table:
        extras[options.table] = "\n".join(map(latex.table, results)).encode()
    if options.figure:
        if not results:
            raise ValueError("there are no votes to draw; nothing was written")
        extras[options.figure] = _figure(options.figure, results[0])
    return extras


def _figure(file: Path, results: dict) -> bytes:
    from audiogan.listening import result_files

    try:
        return result_files.result_file(f"figure{file.suffix}", results)
    except ValueError as error:
        raise ValueError(f"--figure {file} cannot be drawn: {error}; nothing was written") from None


def _stats(options) -> None:
    from audiogan.listening import records
    from audiogan.listening.statistics.analysis import analyse_all

    if options.file:
        rows = records.completed(records.read(options.file), _studies(options.study))
    else:
        rows = _stored(options.study)
    results = analyse_all(rows)
    _warn(results)
    if options.json:
        print(json.dumps({"studies": results}, indent=2, allow_nan=False))
    else:
        print("\n\n".join(map(report.text, results)) or _none(options.file))


def _exclude(options) -> None:
    from audiogan.listening.exclusions import MANUAL
    from audiogan.listening.store import Store
    from audiogan.listening.votes import Exclusion

    store, reason = Store(), " ".join(_text("--reason", options.reason).split())
    if not reason:
        raise ValueError("--reason must be a sentence: whoever reads the votes should know why")
    named, votes = _named(store, _text("ID", options.id))
    event = Exclusion(**named, rule=MANUAL, reason=reason, study_hash=votes[0]["study_hash"])
    if not store.exclude(event):
        raise ValueError(f"{options.id} is already excluded by hand; its first reason stays")
    print(f"{len(votes)} answers of {options.id} are left out of the screened results: {reason}")


def _text(name: str, given: str) -> str:
    """Return the argument; raise a ValueError that names it if it is not valid text, which no database accepts."""
    try:
        given.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name} must be UTF-8 text, not {given!r:.80}") from None
    return given


def _named(store, name: str) -> tuple[dict, list[dict]]:
    """The sitting or vote that an ID means, as arguments of `Exclusion`, and its answers."""
    sessions = [name, *store.participants.sessions_of(name)]
    found = [(session, votes) for session in sessions if (votes := store.votes_of(session))]
    if len(found) > 1:
        raise ValueError(
            f"{name} took part in several studies: name a session_id, {' or '.join(one for one, _ in found)}"
        )
    if found:
        return {"session_id": found[0][0]}, found[0][1]
    session = store.session_of_vote(name)
    if session is None:
        raise ValueError(f"no sitting and no vote in {store.where} has the ID {name}")
    return {"vote_id": name}, [row for row in store.votes_of(session) if row["vote_id"] == name]


def _none(file: Path | None) -> str:
    from audiogan.listening.store import Store

    return f"No votes in {file}." if file else f"No votes yet in {Store().where}."


def _warn(results: list[dict]) -> None:
    """Warn about studies whose rules are unknown."""
    for one in results:
        if one["without_rules"]:
            print(f"study {one['study_hash']}: {report.WITHOUT_RULES}", file=sys.stderr)


def _sync(options) -> None:
    from audiogan.listening import hub_sync
    from audiogan.listening.store import Store

    dataset = os.environ.get(hub_sync.VARIABLE, "")
    if not dataset:
        raise ValueError(f"{hub_sync.VARIABLE} must name the data set: OWNER/NAME")
    state = hub_sync.HubSync(Store(), dataset).round()
    print(f"{state.pulled} entries pulled from {dataset}, {state.pushed} pushed")
    if state.damaged:
        print(f"{state.damaged} damaged lines in it were skipped", file=sys.stderr)


def _studies(folders: list[Path] | None) -> list:
    from audiogan.listening.study import Study, chosen_folder

    return [Study.load(folder) for folder in folders or [chosen_folder()]]


def _stored(folders: list[Path] | None) -> list[dict]:
    from audiogan.listening.records import records
    from audiogan.listening.store import Store

    return records(Store().rows(), _studies(folders))
