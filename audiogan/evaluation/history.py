"""The score of a training run against its step, where the run kept it."""

import json
import math
from pathlib import Path


def read(run: Path) -> dict:
    """Steps, scores and the floor of a run's metrics.jsonl; lines that a crash cut short are passed over.

    Returns:
        `run` (the folder's name), `steps`, `scores` and `floor`, real audio's score.

    Raises:
        ValueError: the folder has no metrics.jsonl, or no score in it.
    """
    file = Path(run) / "metrics.jsonl"
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        raise ValueError(f"--run {run} is not a training run: its metrics.jsonl is missing") from None
    rows = [row for row in map(_row, lines) if row]
    if not rows:
        raise ValueError(f"--run {run} has no score yet: its metrics.jsonl records losses only")
    return {
        "run": Path(run).resolve().name,
        "steps": [row[0] for row in rows],
        "scores": [row[1] for row in rows],
        "floor": rows[-1][2],
    }


def _row(line: str) -> tuple[int, float, float | None] | None:
    try:
        row = json.loads(line)
        step, score, floor = int(row["step"]), float(row["score"]), row.get("floor")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    floor = float(floor) if isinstance(floor, (int, float)) and math.isfinite(floor) else None
    return (step, score, floor) if math.isfinite(score) else None
