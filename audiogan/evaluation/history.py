"""The scores that a training run kept, by step."""

import json
import math
from pathlib import Path


def read(run: Path) -> dict:
    """Steps, scores and floors of a run's metrics.jsonl; skips lines that a crash cut short.

    Returns:
        `run` (the folder's name), `steps`, `scores` and `kads` (KAD, None if not kept), and `floor` and
        `kad_floor`, real audio's score and KAD.

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
    steps, scores, kads, floors, kad_floors = (list(column) for column in zip(*rows, strict=True))
    histories = {"steps": steps, "scores": scores, "kads": kads}
    return {"run": Path(run).resolve().name, **histories, "floor": floors[-1], "kad_floor": kad_floors[-1]}


def _row(line: str) -> tuple[int, float, float | None, float | None, float | None] | None:
    """Step, score, KAD, and real audio's score and KAD."""
    try:
        row = json.loads(line)
        step, score = int(row["step"]), float(row["score"])
        others = (_number(row.get(key)) for key in ("kad", "floor", "kad_floor"))
        return (step, score, *others) if math.isfinite(score) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _number(value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
