"""Line charts as inline SVG, in the page's colours and without outside resources."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 400, 230
LEFT, RIGHT, TOP, BOTTOM = 54, 10, 12, 44
DASHES = ("", "7 4", "2 3", "9 3 2 3", "4 4", "1 4", "12 4")
COLOURS = 7


@dataclass(frozen=True)
class Line:
    """A line of a chart; its number sets colour and dashes, the same for a model in every chart."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    number: int


def stroke(number: int) -> str:
    """SVG attributes of a model's line."""
    dashes = DASHES[number % len(DASHES)]
    return f'style="stroke:var(--m{number % COLOURS})"' + (f' stroke-dasharray="{dashes}"' if dashes else "")


def legend(names: Sequence[str], real: str = "") -> str:
    """The legend of the lines, and of the filled area if `real` names it."""
    items = [
        f'<li><svg viewBox="0 0 30 10" aria-hidden="true"><path class="line" d="M0 5H30" {stroke(number)}/></svg>'
        f"{escape(name)}</li>"
        for number, name in enumerate(names)
    ]
    if real:
        area = '<svg viewBox="0 0 30 10" aria-hidden="true"><rect class="real" width="30" height="10"/></svg>'
        items.insert(0, f"<li>{area}{escape(real)}</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def distribution(edges: Sequence[float], real: Sequence[float], lines: Sequence[Line], title: str, unit: str) -> str:
    """Shares of clips by value: real audio as a filled area, each model as a line of steps."""
    highest = max([max(real), *(max(line.y) for line in lines)]) or 1.0
    frame = _Frame((edges[0], edges[-1]), (0.0, highest), title, unit, "% of clips")
    area = _steps(frame, edges, real, closed=True)
    drawn = "".join(f'<path class="line" d="{_steps(frame, edges, line.y)}" {stroke(line.number)}/>' for line in lines)
    return frame.svg(f'<path class="real" d="{area}"/>{drawn}')


def progress(lines: Sequence[Line], floor: float | None, title: str, unit: str, height: str) -> str:
    """Values along steps, smaller is better, with a dashed line at real audio's; the vertical axis is logarithmic.

    Values of 0 or less, which a distance may take by chance, lie at the bottom.
    """
    values = [value for line in lines for value in line.y if value > 0] + ([floor] if floor and floor > 0 else [])
    low, high = np.log10(min(values)) - 0.05, np.log10(max(values)) + 0.05
    frame = _Frame((0.0, max(max(line.x) for line in lines)), (low, high), title, unit, height, logarithmic=True)
    parts = []
    if floor and floor > 0:
        level = frame.y(np.log10(floor))
        parts.append(f'<path class="floor" d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{level - 5:.1f}" text-anchor="end">real audio {floor:.3g}</text>')
    for line in lines:
        heights = np.log10(np.maximum(line.y, 10**low))
        points = [f"{frame.x(x):.1f} {frame.y(height):.1f}" for x, height in zip(line.x, heights, strict=True)]
        parts.append(f'<path class="line" d="M{"L".join(points)}" {stroke(line.number)}/>')
    return frame.svg("".join(parts))


class _Frame:
    """Axes with ticks; maps values to coordinates."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], title, unit, height, logarithmic=False):
        self.x_ends, self.y_ends = x, (y[0], y[1] if y[1] > y[0] else y[0] + 1)
        self.title, self.unit, self.height, self.logarithmic = title, unit, height, logarithmic

    def x(self, value: float) -> float:
        low, high = self.x_ends
        return LEFT + (value - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        low, high = self.y_ends
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def svg(self, content: str) -> str:
        base = HEIGHT - BOTTOM
        marks = [f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{base}H{WIDTH - RIGHT}"/>']
        for value in _ticks(*self.x_ends):
            marks.append(f'<text x="{self.x(value):.1f}" y="{base + 17}" text-anchor="middle">{_short(value)}</text>')
        for value in self._heights():
            level = self.y(np.log10(value) if self.logarithmic else value)
            marks.append(f'<path class="grid" d="M{LEFT} {level:.1f}H{WIDTH - RIGHT}"/>')
            marks.append(f'<text x="{LEFT - 7}" y="{level + 4:.1f}" text-anchor="end">{_short(value)}</text>')
        middle, centre = (LEFT + WIDTH - RIGHT) / 2, (TOP + base) / 2
        marks.append(f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(self.unit)}</text>')
        marks.append(
            f'<text transform="translate(12 {centre}) rotate(-90)" text-anchor="middle">{escape(self.height)}</text>'
        )
        label = f'role="img" aria-label="{escape(self.title)}"'
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {label}>{"".join(marks)}{content}</svg>'

    def _heights(self) -> list[float]:
        if not self.logarithmic:
            return _ticks(*self.y_ends)
        low, high = (10**value for value in self.y_ends)
        decades = [step * 10.0**power for power in range(-4, 7) for step in (1, 2, 5)]
        inside = [value for value in decades if low <= value <= high]
        return inside[:: -(-len(inside) // 6)] if inside else []


def _ticks(low: float, high: float) -> list[float]:
    """Round values between two ends, about five."""
    span = (high - low) or 1.0
    step = 10 ** np.floor(np.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5.5)
    return [float(value) for value in np.arange(np.ceil(low / step) * step, high + step / 1e6, step)]


def _steps(frame: _Frame, edges: Sequence[float], shares: Sequence[float], closed: bool = False) -> str:
    points = []
    for start, end, share in zip(edges, edges[1:], shares, strict=False):
        points += [f"{frame.x(start):.1f} {frame.y(share):.1f}", f"{frame.x(end):.1f} {frame.y(share):.1f}"]
    base = f"{frame.y(0.0):.1f}"
    path = "M" + "L".join(points)
    return f"{path}V{base}H{frame.x(edges[0]):.1f}Z" if closed else path


def _short(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value / 1000:g}k"
    return f"{round(value, 4):g}".replace("-", "\N{MINUS SIGN}")
