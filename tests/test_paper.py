"""Figure 1 for a paper: on white, as wide as a column or a page, vector where its file is, of the labels asked for."""

import io
import re
import warnings

import numpy as np
import pytest
from conftest import SAMPLE_RATE, tone
from PIL import Image

from audiogan import cli, figures
from audiogan.evaluation import paper
from audiogan.evaluation.paper import Layout, PaperFigure, paper_figure
from audiogan.fonts import ems

CLIP = tone(440.0)
ROWS = [("real", {0: CLIP, 1: CLIP}), ("a-model-of-a-long-name", {1: CLIP})]


def texts(figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_is_on_white_and_silence_is_white():
    figure = paper_figure([("real", {0: np.zeros(16384, np.float32)})], ["Flute"], SAMPLE_RATE)
    with Image.open(io.BytesIO(figures.figure_bytes(figure, "png"))) as image:
        pixels = np.asarray(image.convert("L"))
        assert image.info["dpi"] == pytest.approx((300, 300), abs=1)
    assert pixels[0, 0] == pixels[-1, -1] == 255
    left, bottom = (int(300 * inches) for inches in Layout(["Flute"], 1).corner(0, 0))
    assert pixels[-bottom - 100, left + 100] == 255


def test_columns_of_a_paper_take_it_as_it_is():
    widths = {count: Layout([f"label {number}" for number in range(count)], 3).width for count in (1, 3, 4, 9, 19, 60)}
    assert all(width <= paper.COLUMN for count, width in widths.items() if count <= paper.IN_A_COLUMN)
    assert all(width <= paper.PAGE for width in widths.values())
    assert widths[19] == pytest.approx(paper.PAGE)


def test_many_labels_go_on_below_without_touching():
    labels, rows = [f"label {number}" for number in range(25)], 4
    layout = Layout(labels, rows)
    assert list(layout.firsts) == [0, 9, 18]  # evenly
    corners = np.array([layout.corner(row, column) for row in range(rows) for column in range(25)])
    apart = np.abs(corners[:, None] - corners[None])
    touching = (apart < np.array(layout.picture)).all(-1)
    assert (touching == np.eye(len(corners), dtype=bool)).all()
    assert corners.min() > layout.foot - 1e-9
    assert (corners + layout.picture).max(0) == pytest.approx(
        (layout.width - paper.GAP, layout.height - 1.6 * paper.LINE)
    )


@pytest.mark.parametrize("label", ["Glockenspiel", "Violin_or_fiddle", "M" * 40, "\u65e5\u672c" * 20])
def test_titles_fit_above_their_pictures(label):
    layout = Layout([label] * 10, 2)
    assert max(map(ems, layout.titles[0])) * paper.EM <= layout.picture[0]
    assert "".join(layout.titles[0]).replace(" ", "") in (label.replace("_", ""), ascii(label)[1:-1])


def test_no_words_touch_others_or_leave_the_figure():
    labels = ["Violin_or_fiddle", "Electric_piano", *map(str, range(4))]
    for count in (1, 3, 6):
        rows = [(name, {0: CLIP}) for name, _ in ROWS]
        figure = paper_figure(rows, labels[:count], SAMPLE_RATE)
        figures.png_bytes(figure)
        boxes = [text.get_window_extent() for text in figure.axes[0].texts]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width and box.y0 >= 0 for box in boxes), count
        for number, box in enumerate(boxes):
            lower = [other for other in boxes[number + 1 :] if box.padded(-3).overlaps(other)]
            assert not lower, texts(figure)[number]


def test_vectors_keep_each_pictures_own_pixels_and_are_alike():
    figure = paper_figure(ROWS, ("Flute", "Snare_drum"), SAMPLE_RATE)
    drawn = figures.figure_bytes(figure, "svg")
    assert drawn.count(b"<image") == 4  # three clips and the scale
    assert b"<text" not in drawn  # outlines
    page = figures.figure_bytes(figure, "pdf")
    assert page.startswith(b"%PDF")
    assert not re.search(rb"/Type3\b|/CreationDate", page)
    for kind, first in (("svg", drawn), ("pdf", page)):
        assert figures.figure_bytes(paper_figure(ROWS, ("Flute", "Snare_drum"), SAMPLE_RATE), kind) == first


def test_shows_the_labels_asked_for_in_their_order(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(paper, "paper_figure", lambda *figure: drawn.append(figure) or paper_figure(*figure))
    low, high = tone(100.0), tone(1000.0)
    asked = PaperFigure(tmp_path / "f.SVG", ("Snare_drum", "Flute"))
    asked.write([("real", {0: low, 2: high})], ["Flute", "Gong", "Snare_drum"], SAMPLE_RATE)
    ((((_, clips),), labels, _),) = drawn
    assert labels == ("Snare_drum", "Flute")
    assert (clips[0] is high, clips[1] is low) == (True, True)
    assert b"<svg" in (tmp_path / "f.SVG").read_bytes()


def test_evaluate_writes_it_beside_its_own(prepared, checkpoints, judge, evaluated, tmp_path, capsys):
    file = tmp_path / "out" / "paper.pdf"  # in a folder that is not there yet
    given = ["--data", prepared, "--out", tmp_path / "out", "--checkpoints", checkpoints, "--classifier", judge]
    given += ["--num", 60, "--device", "cpu", "--figure", file, "--figure-labels", "Flute"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert cli.main(["evaluate", *map(str, ["tiny-wavegan", *given])]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "out" / "report.html"), str(file)]
    assert file.read_bytes().startswith(b"%PDF")
    assert (tmp_path / "out" / "figure1.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--figure", "a.jpg"], "--figure must end in .svg, .pdf or .png, not '.jpg'"),
        (["--figure", "none/a.pdf"], "--figure's folder none is missing"),
        (["--figure", "a.pdf", "--figure-labels", "Snare_drum, Gong"], "must be some of Flute, Snare_drum, not Gong"),
        (["--figure", "a.pdf", "--figure-labels", "Flute,Flute"], "must be some of Flute, Snare_drum, not one twice"),
        (["--figure-labels", "Flute"], "--figure-labels needs --figure"),
    ],
)
def test_what_cannot_be_drawn_is_said_before_the_work(arguments, words, prepared, checkpoints, judge, tmp_path, capsys):
    given = ["--data", prepared, "--out", tmp_path / "out", "--checkpoints", checkpoints, "--classifier", judge]
    assert cli.main(["evaluate", "tiny-wavegan", *map(str, [*given, "--device", "cpu"]), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_figure_that_no_file_could_hold_is_refused(tmp_path):
    labels = [f"label {number}" for number in range(2000)]
    with pytest.raises(ValueError, match="inches high: choose fewer labels"):
        PaperFigure(tmp_path / "a.png").check(labels, 3, tmp_path)
    PaperFigure(tmp_path / "a.png", tuple(labels[:5])).check(labels, 3, tmp_path)
