"""Human scores from a file of votes, as written by `python -m audiogan ratings export`."""

from pathlib import Path

from audiogan.listening.records import read as read_export
from audiogan.listening.statistics.analysis import analyse_all
from audiogan.listening.votes import SCALES


def read(file: Path) -> list[dict[str, dict]]:
    """Mean opinion scores as in the listening test's results, without excluded sittings: a dictionary for each study.

    Returns:
        Studies in the order of `analyse_all`, each by system (a model, `real`, ...): `study_hash`, `without_rules` (see
        `analyse`), `checkpoints` (the hashes of the weights that were heard), `votes` and `raters` (the most of any
        question), `preliminary`, and for each question answered its `mean`, `low` and `high`, the ends of a 95 %
        interval, None for one rater or for answers that are all alike. A study without such votes is left out.

    Raises:
        ValueError: the file is missing, is not an export, or holds no such votes.
    """
    try:
        rows = read_export(file)
    except OSError as error:
        raise ValueError(f"--ratings {file} cannot be read: {error.strerror}") from None
    studies = []
    for results in analyse_all(rows):
        study, found = results["study_hash"], _by_system(results["screened"]["scales"])
        votes = [row for row in rows if row["kind"] == "vote" and row["study_hash"] == study]
        for system, entry in found.items():
            weights = {row["checkpoint_sha256"] for row in votes if row["system"] == system} - {""}
            about = {"study_hash": study, "without_rules": results["without_rules"], "checkpoints": sorted(weights)}
            found[system] = about | entry
        studies += [found] if found else []
    if not studies:
        raise ValueError(f"--ratings {file} holds no votes on {', '.join(SCALES)} that count")
    return studies


def of_weights(studies: list[dict[str, dict]], system: str, weights: str) -> dict | None:
    """What listeners said of a system, in the first study that heard no other weights; None if there is none.

    A study that names the weights goes before those that name none. `real` is what the same listeners said of real
    recordings, None if they heard none.
    """
    heard = [study for study in studies if system in study and not set(study[system]["checkpoints"]) - {weights}]
    if not heard:
        return None
    study = max(heard, key=lambda study: bool(study[system]["checkpoints"]))
    return study[system] | {"real": study.get("real")}


def _by_system(scales: dict[str, list[dict]]) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for question in (question for question in SCALES if question in scales):
        for row in scales[question]:
            entry = found.setdefault(row["system"], {"votes": 0, "raters": 0, "preliminary": False})
            entry |= {name: max(entry[name], row[name]) for name in ("votes", "raters", "preliminary")}
            low, high = row["interval"] or (None, None)
            entry[question] = {"mean": row["mean"], "low": low, "high": high}
    return found
