"""One study's results as files: what the Results tab offers, and what `ratings export` writes beside the votes."""

import math
from collections.abc import Iterator, Sequence

from audiogan import figures
from audiogan.forest_plot import Panel, forest_figure
from audiogan.listening import codebook, latex, records
from audiogan.listening.numbers import COLUMNS, numbers
from audiogan.listening.study import REFERENCES, Study

KINDS = {  # file name to media type
    "results.csv": "text/csv; charset=utf-8",
    "results.jsonl": "application/jsonl; charset=utf-8",
    "codebook.md": "text/markdown; charset=utf-8",
    "table.tex": "application/x-tex; charset=utf-8",
    "figure.png": "image/png",
    "figure.svg": "image/svg+xml",
}
OF_ONE_BLOCK = ("table.tex", "figure.png", "figure.svg")  # the other files have both


def result_file(name: str, results: dict, block: str = "screened", studies: Sequence[Study] = ()) -> bytes:
    """A file's contents.

    Args:
        name: one of `KINDS`.
        results: of `statistics.analyse`.
        block: of the files in `OF_ONE_BLOCK`, `screened` or `all`.
        studies: for the codebook.

    Raises:
        ValueError: nothing was rated that could be drawn, or every sitting that did is excluded.
    """
    makers = {
        "results.csv": lambda: numbers_file([results], ".csv").encode(),
        "results.jsonl": lambda: numbers_file([results], ".jsonl").encode(),
        "codebook.md": lambda: codebook.codebook(studies, public=True).encode(),
        "table.tex": lambda: latex.table(results, block).encode(),
        "figure.png": lambda: _figure(results, block, "png"),
        "figure.svg": lambda: _figure(results, block, "svg"),
    }
    return makers[name]()


def numbers_file(results: Sequence[dict], suffix: str) -> str:
    """The numbers of several studies; `suffix` is `.csv` or `.jsonl`."""
    rows = [row for one in results for row in numbers(one)]
    return records.to_csv(rows, COLUMNS) if suffix == ".csv" else records.to_jsonl(rows)


def is_drawn(found: dict) -> bool:
    """Whether a block of results has anything for the files in `OF_ONE_BLOCK`."""
    return bool(found["scales"] or found["real"] or found["naming"] or found["preference"]["ranking"])


def _figure(results: dict, block: str, kind: str) -> bytes:
    panels = list(_panels(results[block]))
    if not panels:
        excluded = block == "screened" and any(_panels(results["all"]))
        raise ValueError("every sitting is excluded" if excluded else "there are no votes to draw")
    note = f"Preliminary: a system has fewer than {results['minimum_raters']} raters."
    note = note if results[block]["preliminary"] else ""
    return figures.figure_bytes(forest_figure(panels, REFERENCES, note), kind)


def _panels(found: dict) -> Iterator[Panel]:
    for question, rows in found["scales"].items():
        values = [row | {"value": row["mean"]} for row in rows]
        yield Panel(question.capitalize(), values, 1, 5, range(1, 6))
    for name, title, rows in (
        ("called_real", "Called real (%)", found["real"]),
        ("accuracy", "Named right (%)", found["naming"]),
    ):
        if rows:
            yield Panel(title, [_percent(row, name) for row in rows], 0, 100, range(0, 101, 25))
    if ranking := found["preference"]["ranking"]:
        ends = [abs(end) for row in ranking for end in (row["interval"] or [row["strength"]])]
        reach = max(math.ceil(max(ends)), 1)
        values = [row | {"value": row["strength"]} for row in ranking]
        yield Panel("Strength (log)", values, -reach, reach, (-reach, 0, reach))


def _percent(row: dict, name: str) -> dict:
    return row | {"value": 100 * row[name], "interval": row["interval"] and [100 * end for end in row["interval"]]}
