"""Human scores from a file of votes, as written by `python -m audiogan ratings export`."""

from pathlib import Path

from audiogan.listening.records import read as read_export
from audiogan.listening.statistics.analysis import analyse_all
from audiogan.listening.votes import SCALES


def read(file: Path) -> dict[str, dict]:
    """Mean opinion scores by system, as in the listening test's results, without excluded sittings.

    Returns:
        By system (a model, `real`, ...), from the study with most votes that has it: `study_hash`, `without_rules` (see
        `analyse`), `checkpoints` (the hashes of the weights that were heard), `votes` and `raters` (the most of any
        question), `preliminary`, and for each question answered its `mean`, `low` and `high`, the ends of a 95 %
        interval, None for one rater or for answers that are all alike.

    Raises:
        ValueError: the file is missing, is not an export, or holds no such votes.
    """
    try:
        rows = read_export(file)
    except OSError as error:
        raise ValueError(f"--ratings {file} cannot be read: {error.strerror}") from None
    human: dict[str, dict] = {}
    for results in reversed(analyse_all(rows)):
        study = results["study_hash"]
        votes = [row for row in rows if row["kind"] == "vote" and row["study_hash"] == study]
        for system, entry in _by_system(results["screened"]["scales"]).items():
            weights = {row["checkpoint_sha256"] for row in votes if row["system"] == system} - {""}
            about = {"study_hash": study, "without_rules": results["without_rules"], "checkpoints": sorted(weights)}
            human[system] = about | entry
    if not human:
        raise ValueError(f"--ratings {file} holds no votes on {', '.join(SCALES)} that count")
    return human


def _by_system(scales: dict[str, list[dict]]) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for question in (question for question in SCALES if question in scales):
        for row in scales[question]:
            entry = found.setdefault(row["system"], {"votes": 0, "raters": 0, "preliminary": False})
            entry |= {name: max(entry[name], row[name]) for name in ("votes", "raters", "preliminary")}
            low, high = row["interval"] or (None, None)
            entry[question] = {"mean": row["mean"], "low": low, "high": high}
    return found
