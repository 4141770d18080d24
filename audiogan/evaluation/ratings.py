"""Human scores from a file of votes, as `python -m audiogan ratings export` writes it."""

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import scipy.stats

QUESTIONS = ("quality", "intelligibility", "resemblance")


def read(file: Path) -> dict[str, dict]:
    """Mean opinion scores by model.

    Returns:
        By model: `votes`, `raters`, and for each question that was answered `mean`, `low` and `high`, the interval of
        95 % over raters' means (Student's t), None for a single rater: one listener gives many votes, and they agree.

    Raises:
        ValueError: the file is missing or holds no votes.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
        lines = text.splitlines()
        json_lines = text.lstrip().startswith("{")
        rows = [json.loads(line) for line in lines if line.strip()] if json_lines else list(csv.DictReader(lines))
        votes = [
            (row["model"], row["session_id"], row["question"], float(row["value"]), row.get("vote_id", ""))
            for row in rows
            if row["question"] in QUESTIONS
        ]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"--ratings {file} is not a file of python -m audiogan ratings export: {error}") from None
    if not votes:
        raise ValueError(f"--ratings {file} holds no votes")
    return {model: _summary([vote for vote in votes if vote[0] == model]) for model in sorted({v[0] for v in votes})}


def _summary(votes: list[tuple]) -> dict:
    summary = {"votes": len({vote[4] for vote in votes}), "raters": len({vote[1] for vote in votes})}
    for question in QUESTIONS:
        values = defaultdict(list)
        for _, rater, asked, value, _ in votes:
            if asked == question:
                values[rater].append(value)
        if values:
            summary[question] = interval([float(np.mean(own)) for own in values.values()])
    return summary


def interval(means: list[float]) -> dict[str, float | None]:
    """Mean of raters' means with the ends of its interval of 95 %."""
    mean = float(np.mean(means))
    if len(means) < 2:
        return {"mean": round(mean, 3), "low": None, "high": None}
    reach = scipy.stats.t.ppf(0.975, len(means) - 1) * scipy.stats.sem(means)
    return {"mean": round(mean, 3), "low": round(float(mean - reach), 3), "high": round(float(mean + reach), 3)}
