"""Figure 1 for a paper: on white, one or two columns wide, with many labels folded into several bands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiogan import figures, plots
from audiogan.files import write_atomically
from audiogan.fonts import ems, legible
from audiogan.log_mel import RANGE_DB, log_mel_db
from audiogan.text import in_words

if TYPE_CHECKING:
    from audiogan.figures import Figure

KINDS = (".svg", ".pdf", ".png")
DPI = 300  # of a PNG
COLUMN, PAGE, MAX_HEIGHT = 3.4, 7.0, 100.0  # inches: widths for most two-column papers
IN_A_COLUMN, IN_A_ROW = 4, 10  # labels
NAMES, WIDEST, GAP = 0.86, 0.8, 0.035  # inches: room for names, the widest picture, and the gap between two
SHAPE = 0.8  # a picture's height by its width
POINTS = 6.5  # of all letters
EM, LINE = POINTS / 72, 1.15 * POINTS / 72  # inches
SCALE, EXTENT = 0.7, 2.2  # inches: the colour scale, and the caption beside it
FRAME = "#888888"
COLOURS = "Greys"  # silence is white, and a black-and-white printer loses nothing


@dataclass(frozen=True)
class PaperFigure:
    """The figure asked for.

    Attributes:
        file: its suffix is one of `KINDS`; an existing file is replaced.
        labels: those to show, in order; all if empty.
    """

    file: Path
    labels: tuple[str, ...] = ()

    def check(self, columns: Sequence[str], systems: int, out: Path) -> None:
        """Check that it can be drawn, before hours of work.

        Args:
            columns: the labels available.
            systems: how many, besides real audio.
            out: the evaluation's folder, in which the file may lie, though it does not exist yet.

        Raises:
            ValueError: another kind of file, no such folder or label, or a figure higher than `MAX_HEIGHT`.
        """
        if self.file.suffix.lower() not in KINDS:
            raise ValueError(f"--figure must end in .svg, .pdf or .png, not {self.file.suffix!r}")
        if not self.file.parent.is_dir() and self.file.parent.absolute() != out.absolute():
            raise ValueError(f"--figure's folder {self.file.parent} is missing")
        unknown = [label for label in self.labels if label not in columns]
        if unknown or len(set(self.labels)) < len(self.labels):
            odd = unknown[0] if unknown else "one twice"
            raise ValueError(f"--figure-labels must be some of {', '.join(columns)}, not {odd}")
        height = Layout(self.labels or columns, systems + 1).height
        if height > MAX_HEIGHT:
            raise ValueError(f"--figure would be {height:,.0f} inches high: choose fewer labels with --figure-labels")

    def write(
        self, rows: Sequence[tuple[str, dict[int, np.ndarray]]], columns: Sequence[str], sample_rate: int
    ) -> None:
        """Draw it; `rows` as `plots.comparison_figure` takes them."""
        labels = self.labels or columns
        places = [columns.index(label) for label in labels]
        shown = [(name, {new: clips[old] for new, old in enumerate(places) if old in clips}) for name, clips in rows]
        figure = paper_figure(shown, labels, sample_rate)
        write_atomically(self.file, figures.figure_bytes(figure, self.file.suffix.lower()[1:]))


class Layout:
    """Where pictures are, in inches from the lower left corner. Labels that do not fit in one band continue below it.

    Attributes:
        width, height: of the figure.
        picture: width and height of each picture.
        titles: lines of each column's title.
        firsts: the first label of each band.
    """

    def __init__(self, labels: Sequence[str], rows: int):
        bands = math.ceil(len(labels) / IN_A_ROW)
        self.columns = math.ceil(len(labels) / bands)
        room = (COLUMN if len(labels) <= IN_A_COLUMN else PAGE) - NAMES
        across = min(room / self.columns - GAP, WIDEST)
        self.picture = across, SHAPE * across
        self.width = max(NAMES + self.columns * (across + GAP), EXTENT)
        self.titles = [_lines(in_words(label), across) for label in labels]
        self.firsts = range(0, len(labels), self.columns)
        heads = [LINE * (max(map(len, self.titles[at : at + self.columns])) + 0.6) for at in self.firsts]
        body = rows * (self.picture[1] + GAP)
        self.foot = LINE * (2 if self.width > EXTENT + 2 * SCALE else 3.5)
        self.height = self.foot + sum(heads) + len(heads) * body
        self._tops = [self.height - sum(heads[: band + 1]) - band * body for band in range(len(heads))]  # of pictures

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """The lower left corner of a picture."""
        band, place = divmod(column, self.columns)
        across, up = self.picture
        return NAMES + place * (across + GAP), self._tops[band] - row * (up + GAP) - up


def paper_figure(
    rows: Sequence[tuple[str, dict[int, np.ndarray]]], labels: Sequence[str], sample_rate: int
) -> "Figure":
    """A row for real audio and for each model, a column for each label, one dB scale; dark is loud.

    Args:
        rows: (name, audio [time] by label index); a missing label leaves its place empty.
    """
    layout = Layout(labels, len(rows))
    across, up = layout.picture
    figure = figures.blank((layout.width, layout.height), DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, layout.width), ylim=(0, layout.height), autoscale_on=False)
    axes.set_axis_off()
    for row, (name, clips) in enumerate(rows):
        lines = _lines(name, NAMES - EM)
        for first in layout.firsts:
            middle = layout.corner(row, first)[1] + up / 2
            _write(axes, lines, NAMES - 0.6 * EM, middle + LINE * (len(lines) / 2 - 1) + 0.2 * EM, "right")
        for column, audio in clips.items():
            _draw_picture(axes, log_mel_db(audio, sample_rate), layout.corner(row, column), layout.picture)
    for column, lines in enumerate(layout.titles):
        left, bottom = layout.corner(0, column)
        _write(axes, lines, left + across / 2, bottom + up + 0.4 * EM + LINE * (len(lines) - 1), "center")
    num_samples = max((len(audio) for _, clips in rows for audio in clips.values()), default=0)
    _write(axes, [plots.extent(num_samples, sample_rate)], 0.2 * EM, 0.4 * LINE, "left")
    _draw_scale(axes, layout.width - GAP, layout.foot - 1.6 * LINE)
    return figure


def _lines(name: str, width: float) -> list[str]:
    """A name in lines of at most `width` inches; breaks a word that is too long."""
    lines = []
    for line in plots.folded(legible(name), width / EM, ems).split("\n"):
        while ems(line) > width / EM:
            most = max(count for count in range(1, len(line)) if count == 1 or ems(line[:count]) <= width / EM)
            lines.append(line[:most])
            line = line[most:]
        lines.append(line)
    return lines


def _write(axes, lines: Sequence[str], x: float, y: float, side: str) -> None:
    """Write evenly spaced lines, whatever their descenders; the first one's baseline is at `y`."""
    for number, line in enumerate(lines):
        axes.text(x, y - number * LINE, line, fontsize=POINTS, ha=side, va="baseline")


def _draw_picture(axes, levels: np.ndarray, corner: tuple[float, float], size: tuple[float, float]) -> None:
    (left, bottom), (across, up) = corner, size
    right, top = left + across, bottom + up
    form = {"aspect": "auto", "origin": "lower", "interpolation": "none"}
    axes.imshow(levels, cmap=COLOURS, vmin=-RANGE_DB, vmax=0.0, extent=(left, right, bottom, top), **form)
    axes.plot((left, right, right, left, left), (bottom, bottom, top, top, bottom), color=FRAME, linewidth=0.4)


def _draw_scale(axes, right: float, y: float) -> None:
    """Draw the horizontal dB scale at the foot; its text ends at `right`, with its baseline at `y`."""
    least, most = f"\N{MINUS SIGN}{RANGE_DB:.0f}", "0 dBFS"
    end = right - EM * (ems(most) + 0.4)
    _draw_picture(axes, np.linspace(-RANGE_DB, 0.0, 256)[None], (end - SCALE, y), (SCALE, 0.75 * EM))
    _write(axes, [least], end - SCALE - 0.4 * EM, y, "right")
    _write(axes, [most], end + 0.4 * EM, y, "left")
