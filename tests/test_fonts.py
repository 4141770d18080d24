"""Letters that the usual font lacks are another font's, or escapes: never empty boxes, never warnings."""

import io

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from PIL import Image

from audiogan import figures, fonts, plots

ABSENT = "\U00012000\U00012001"  # two signs of cuneiform
ESCAPED = "\\U00012000\\U00012001"


def save_font(file, name: str, outlines: str) -> None:
    """A font whose one drawing, a black square, stands for `ABSENT`."""
    glyphs = [".notdef", "square"]
    builder = FontBuilder(1000, isTTF=outlines == "ttf")
    builder.setupGlyphOrder(glyphs)
    builder.setupCharacterMap(dict.fromkeys(map(ord, ABSENT), "square"))
    pens = {glyph: TTGlyphPen(None) if outlines == "ttf" else T2CharStringPen(800, None) for glyph in glyphs}
    for corner, draw in zip(((0, 0), (0, 700), (700, 700), (700, 0)), ["moveTo"] + ["lineTo"] * 3, strict=True):
        getattr(pens["square"], draw)(corner)
    pens["square"].closePath()
    if outlines == "ttf":
        builder.setupGlyf({glyph: pen.glyph() for glyph, pen in pens.items()})
    else:
        builder.setupCFF(name, {}, {glyph: pen.getCharString() for glyph, pen in pens.items()}, {})
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (800, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    builder.save(file)


@pytest.fixture
def machine(monkeypatch):
    """The fonts of a machine, to which a test may add."""
    monkeypatch.setattr(fontManager, "ttflist", list(fontManager.ttflist))
    fonts._others.cache_clear()
    yield
    fonts._others.cache_clear()


@pytest.fixture(params=["ttf", "otf"])
def squares(request, machine, tmp_path):
    """A font of this machine that has `ABSENT`."""
    file, name = tmp_path / f"squares.{request.param}", f"Squares{request.param}"
    save_font(file, name, request.param)
    fontManager.addfont(file)
    fontManager._findfont_cached.cache_clear()
    return name


def comparison(*labels: str):
    return plots.comparison_figure([("real", {0: np.zeros(16384, np.float32)})], labels, 16000)


@pytest.mark.filterwarnings("error")
def test_what_no_font_has_is_escaped(machine, caplog):
    figure = comparison(f"Flute {ABSENT}")
    figures.png_bytes(figure)
    assert figure.axes[0].get_title() == f"Flute\n{ESCAPED}"
    assert not caplog.records


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_what_another_font_of_the_machine_has_is_its(squares, caplog, kind):
    figure = comparison(f"Flute {ABSENT}")
    drawn = figures.figure_bytes(figure, kind)
    assert figure.axes[0].get_title() == f"Flute {ABSENT}"
    assert not caplog.records
    if kind == "png":
        with Image.open(io.BytesIO(drawn)) as image:
            title = np.asarray(image.convert("L"))[20:60, 150:270] > 200
        assert np.convolve(title.max(0), np.ones(7), "valid").max() == 7  # ink of a square, wider than letters' stems


@pytest.mark.filterwarnings("error")
def test_a_dollar_is_a_dollar():
    figure = comparison("$\\foo$ $2")
    assert figures.png_bytes(figure)
    assert figure.axes[0].get_title() == "$\\foo$ $2"


def test_what_the_usual_font_has_stays_as_it_is():
    assert fonts.legible("Snare drum é Ж −\n") == "Snare drum é Ж −\n"
    figure = comparison("Flute")
    family = figure.axes[0].title.get_family()
    figures.png_bytes(figure)
    assert figure.axes[0].title.get_family() == family
