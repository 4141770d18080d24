"""Letters that matplotlib's font lacks: drawn in another installed font, or written as escapes."""

import contextlib
import functools
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL_WEIGHT = 400  # matplotlib's default


def legible(text: str) -> str:
    r"""The text with escapes (`\u65e5`), instead of empty boxes, for letters that no installed font has."""
    return "".join(letter if letter == "\n" or _family(letter) is not None else _escaped(letter) for letter in text)


def settle(figure: "Figure") -> None:
    """Give each text of a figure the fonts it needs, and turn off formulas: a `$` is a `$`."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        words = legible(text.get_text())
        text.set(text=words, parse_math=False)
        if others := sorted({_family(letter) for letter in words} - {None, ""}):
            text.set_family([*text.get_family(), *others])


def ems(text: str) -> float:
    """Width of a line in ems; a letter of another font counts as one em."""
    return sum(map(_advance, text))


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) == "Cf" or unicodedata.name(letter, "").startswith("VARIATION SELECTOR"):
        return ""  # controls how letters are joined, and is invisible itself
    return letter.encode("ascii", "backslashreplace").decode() if letter.isprintable() else ascii(letter)[1:-1]


def _family(letter: str) -> str | None:
    """The name of a font that has a letter: empty for the usual one, None if no font does."""
    return "" if ord(letter) in _usual() else _others().get(ord(letter))


def _font():
    """The font that figures are written in."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties()))


@functools.cache
def _usual() -> frozenset[int]:
    """Code points of that font's letters."""
    return frozenset(_font().get_charmap())


@functools.cache
def _advance(letter: str) -> float:
    from matplotlib.ft2font import LoadFlags

    font = _font()
    return (
        font.load_char(ord(letter), LoadFlags.NO_SCALE).horiAdvance / font.units_per_EM
        if _family(letter) == ""
        else 1.0
    )


@functools.cache
def _others() -> dict[int, str]:
    """An installed font for each code point, sans serif if there is one.

    Leaves out the fonts that come with matplotlib: they are for formulas, and one has a box for every letter.
    """
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontPath, fontManager, get_font

    theirs, found = Path(get_data_path()).resolve(), {}
    plain = [entry for entry in fontManager.ttflist if entry.style == "normal" and entry.weight == USUAL_WEIGHT]
    for entry in sorted(plain, key=lambda entry: ("Sans" not in entry.name, entry.name)):
        if not Path(entry.fname).resolve().is_relative_to(theirs):
            with contextlib.suppress(OSError, RuntimeError):  # removed since, or unreadable
                font = get_font(FontPath(entry.fname, entry.index))
                found = {code: entry.name for code in font.get_charmap() if font.scalable} | found
    return found
