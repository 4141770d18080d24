"""Tables whose rows draw their own interval: a forest plot that reads as text too. Every text is escaped here."""

import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """A scale from `low` to `high` with marks at `ticks`, which are evenly spaced from end to end.

    Attributes:
        unit: after each number in words, such as ` %`.
        digits: of numbers in cells.
    """

    low: float
    high: float
    ticks: tuple[str, ...]
    unit: str = ""
    digits: int = 2

    def place(self, value: float) -> float:
        """Per cent of the way from low to high, kept within."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def number(self, value: float | None) -> str:
        return "–" if value is None else f"{value:z.{self.digits}f}".replace("-", "−") + self.unit

    def span(self, interval: Sequence[float] | None) -> str:
        """`low to high`; words where one rater, or answers that are all alike, give no interval."""
        return "no interval" if interval is None else f"{self.number(interval[0])} to {self.number(interval[1])}"


RATING = Axis(1, 5, ("1", "2", "3", "4", "5"))
SHARE = Axis(0, 100, ("0", "25", "50", "75", "100"), " %", 0)


@dataclass(frozen=True)
class Line:
    """A row of a forest plot.

    Attributes:
        name: what it is about.
        value, interval: on the axis; the interval None where there is none.
        cells: texts of the columns after the interval.
        reference: drawn hollow: it is no model.
    """

    name: str
    value: float
    interval: Sequence[float] | None
    cells: Sequence[str] = ()
    reference: bool = False


def forest(lines: Sequence[Line], axis: Axis, heads: Sequence[str], label: str) -> str:
    """The table.

    Args:
        heads: of the name, the value and the `cells`.
        label: its name for who cannot see it.
    """
    ticks = "".join(f"<span>{html.escape(tick)}</span>" for tick in axis.ticks)
    name, value, *others = (f'<th role="columnheader" scope="col">{html.escape(head)}</th>' for head in heads)
    interval = '<th role="columnheader" scope="col">95 % interval</th>'
    plot = f'<th role="presentation" class="plot" aria-hidden="true"><div class="ticks">{ticks}</div></th>'
    body = "".join(_row(line, axis, heads[2:]) for line in lines)
    return (
        f'<table role="table" class="forest" aria-label="{html.escape(label)}"><thead role="rowgroup"><tr role="row">'
        f'{name}{value}{interval}{plot}{"".join(others)}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
    )


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]], label: str, texts: Collection[int] = ()) -> str:
    """A plain table; the first cell of each row is its heading, and `texts` are the other columns without numbers."""
    kinds = [' class="text"' if place in texts else "" for place in range(len(heads))]
    top = "".join(f'<th scope="col"{kind}>{html.escape(head)}</th>' for kind, head in zip(kinds, heads, strict=True))
    body = "".join(
        f'<tr><th scope="row">{html.escape(first)}</th>'
        + "".join(f"<td{kind}>{html.escape(cell)}</td>" for kind, cell in zip(kinds[1:], cells, strict=True))
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(label)}"><table>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(line: Line, axis: Axis, heads: Sequence[str]) -> str:
    cells = "".join(
        f'<td role="cell" data-heading="{html.escape(head)}">{html.escape(cell)}</td>'
        for head, cell in zip(heads, line.cells, strict=True)
    )
    low, high = line.interval or (line.value, line.value)
    start, end = axis.place(low), axis.place(high)
    return (
        f'<tr role="row" class="{"reference" if line.reference else "model"}">'
        f'<th role="rowheader" scope="row">{html.escape(line.name)}</th>'
        f'<td role="cell" class="value">{axis.number(line.value)}</td>'
        f'<td role="cell" class="span">{axis.span(line.interval)}</td>'
        f'<td role="presentation" class="plot" aria-hidden="true"><div class="axis">'
        f'<i style="left:{start}%;width:{round(end - start, 2)}%"></i><b style="left:{axis.place(line.value)}%"></b>'
        f"</div></td>{cells}</tr>"
    )
