"""Rows without the votes that exclusion events take out, and which of them belong to a study."""

from collections.abc import Iterable

WITHDRAWN = "withdrawn"
MANUAL = "manual"
GIVEN = ("vote", "note", "background")  # kinds of what a sitting left
TOLD = ("note", "exclusion", "recruited")  # kinds for which a study has results, even without votes


def kept(rows: Iterable[dict]) -> list[dict]:
    """The votes that no exclusion event among the rows takes out."""
    rows = list(rows)
    left = _without(rows, [row for row in rows if row["kind"] == "exclusion"])
    return [row for row in left if row["kind"] == "vote"]


def not_withdrawn(rows: Iterable[dict]) -> list[dict]:
    """All rows but those of sittings that their listener took back: these are in no result and in no export."""
    rows = list(rows)
    withdrawn = [row for row in rows if row["kind"] == "exclusion" and row["rule"] == WITHDRAWN]
    return _without(rows, withdrawn) + [row for row in rows if row["kind"] not in GIVEN]


def attributed(rows: Iterable[dict]) -> list[dict]:
    """The rows, each exclusion that names no study with that of the votes it takes out, where these are among them."""
    rows = list(rows)
    votes = [row for row in rows if row["kind"] == "vote"]
    studies = {row[name]: row["study_hash"] for row in votes for name in ("session_id", "vote_id")}

    def study(event: dict) -> str:
        return event["study_hash"] or studies.get(event["session_id"] or event["vote_id"], "")

    return [row | {"study_hash": study(row)} if row["kind"] == "exclusion" else row for row in rows]


def by_study(rows: Iterable[dict]) -> dict[str, list[dict]]:
    """Rows by study, those with votes first, oldest first. Free votes have the key ''.

    Older exports do not say of which study a session was that withdrew: its event goes with the only study there is,
    else with free votes.
    """
    rows = attributed(rows)
    hashes = dict.fromkeys(row["study_hash"] for row in rows if row["kind"] == "vote")
    hashes |= dict.fromkeys(row["study_hash"] for row in rows if row["kind"] in TOLD and row["study_hash"])
    found = {study: [row for row in rows if row["study_hash"] == study] for study in hashes}
    if len(hashes) == 1 and "" not in hashes:
        found[next(iter(hashes))] += [row for row in rows if not row["study_hash"]]
    return found


def _without(rows: list[dict], events: list[dict]) -> list[dict]:
    """The votes and notes among the rows that no event names."""
    sessions = {event["session_id"] for event in events} - {""}
    votes = {event["vote_id"] for event in events} - {""}
    return [
        row
        for row in rows
        if row["kind"] in GIVEN and row["session_id"] not in sessions and row.get("vote_id") not in votes
    ]
