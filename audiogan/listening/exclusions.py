"""Apply exclusion events to rows, and sort rows by study."""

from collections.abc import Iterable

WITHDRAWN = "withdrawn"
MANUAL = "manual"
GIVEN = ("vote", "note", "background")  # kinds of rows that a sitting leaves
TOLD = ("note", "exclusion", "recruited")  # kinds of rows that give a study results even without votes


def kept(rows: Iterable[dict]) -> list[dict]:
    """The votes that no exclusion event among the rows excludes."""
    rows = list(rows)
    left = _without(rows, [row for row in rows if row["kind"] == "exclusion"])
    return [row for row in left if row["kind"] == "vote"]


def not_withdrawn(rows: Iterable[dict]) -> list[dict]:
    """The rows without the votes, notes and background of withdrawn sittings, which enter no result and no export."""
    rows = list(rows)
    withdrawn = [row for row in rows if row["kind"] == "exclusion" and row["rule"] == WITHDRAWN]
    return _without(rows, withdrawn) + [row for row in rows if row["kind"] not in GIVEN]


def attributed(rows: Iterable[dict]) -> list[dict]:
    """The rows, with each exclusion that names no study assigned to the study of the votes it excludes, if present."""
    rows = list(rows)
    votes = [row for row in rows if row["kind"] == "vote"]
    studies = {row[name]: row["study_hash"] for row in votes for name in ("session_id", "vote_id")}

    def study(event: dict) -> str:
        return event["study_hash"] or studies.get(event["session_id"] or event["vote_id"], "")

    return [row | {"study_hash": study(row)} if row["kind"] == "exclusion" else row for row in rows]


def by_study(rows: Iterable[dict]) -> dict[str, list[dict]]:
    """Rows by study, studies with votes first, oldest first. Free votes have the key ''.

    Older exports do not name the study of a withdrawn session: its event goes to the only study there is, else to the
    free votes.
    """
    rows = attributed(rows)
    hashes = dict.fromkeys(row["study_hash"] for row in rows if row["kind"] == "vote")
    hashes |= dict.fromkeys(row["study_hash"] for row in rows if row["kind"] in TOLD and row["study_hash"])
    found = {study: [row for row in rows if row["study_hash"] == study] for study in hashes}
    if len(hashes) == 1 and "" not in hashes:
        found[next(iter(hashes))] += [row for row in rows if not row["study_hash"]]
    return found


def _without(rows: list[dict], events: list[dict]) -> list[dict]:
    """The votes, notes and background rows that no event names."""
    sessions = {event["session_id"] for event in events} - {""}
    votes = {event["vote_id"] for event in events} - {""}
    return [
        row
        for row in rows
        if row["kind"] in GIVEN and row["session_id"] not in sessions and row.get("vote_id") not in votes
    ]
