"""Listeners' ratings as a forest plot: black on white, for print."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiogan import figures

if TYPE_CHECKING:
    from audiogan.figures import Figure


@dataclass(frozen=True)
class Panel:
    """One question of a forest plot.

    Attributes:
        title: above it.
        rows: a `system`, its `value`, and its `interval` (None, or low and high).
        low, high: ends of its axis; ticks: where it has marks.
    """

    title: str
    rows: Sequence[dict]
    low: float
    high: float
    ticks: Sequence[float]


def forest_figure(panels: Sequence[Panel], hollow: Sequence[str] = (), note: str = "") -> "Figure":
    """Values with their intervals, one panel per question and one line per system.

    Args:
        hollow: systems drawn as rings.
        note: a line of text below.
    """
    systems = list(dict.fromkeys(row["system"] for panel in panels for row in panel.rows))
    size = 1.8 + 1.9 * max(len(panels), 1), 0.7 + 0.28 * len(systems) + 0.2 * bool(note)
    figure = figures.blank(size, 200, layout="constrained")
    grid = figure.subplots(1, max(len(panels), 1), sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=False):
        for row in panel.rows:
            _draw_interval(axes, row, -systems.index(row["system"]), row["system"] in hollow)
        _style_panel(axes, panel)
    grid[0].set_yticks([-place for place in range(len(systems))], systems)
    grid[0].set_ylim(-len(systems) + 0.4, 0.6)
    if note:
        figure.supxlabel(note, fontsize=7, x=0.01, ha="left")
    return figure


def _draw_interval(axes, row: dict, height: int, is_hollow: bool) -> None:
    low, high = row["interval"] or (row["value"], row["value"])
    axes.plot((low, high), (height, height), color="black", linewidth=1.2, solid_capstyle="butt")
    fill = "white" if is_hollow else "black"
    axes.plot(row["value"], height, "o", color="black", markerfacecolor=fill, markersize=4)


def _style_panel(axes, panel: Panel) -> None:
    margin = 0.05 * (panel.high - panel.low)
    axes.set_title(panel.title, fontsize=9)
    axes.set_xlim(panel.low - margin, panel.high + margin)
    axes.set_xticks(panel.ticks)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, length=2)
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "top", "right"]].set_visible(False)
