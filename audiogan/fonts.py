"""Letters that matplotlib's font lacks: from another font of this machine, and where none has them as escapes."""

import contextlib
import functools
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

USUAL_WEIGHT = 400  # by which matplotlib finds a font where no other is asked for


def legible(text: str) -> str:
    r"""The text with escapes (`\u65e5`) for letters that no font here has, in place of empty boxes."""
    return "".join(letter if letter == "\n" or _family(letter) is not None else _escaped(letter) for letter in text)


def settle(figure: "Figure") -> None:
    """Give each text of a figure letters that there are, and take its signs as signs: `$` begins no formula."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        words = legible(text.get_text())
        text.set(text=words, parse_math=False)
        if others := sorted({_family(letter) for letter in words} - {None, ""}):
            text.set_family([*text.get_family(), *others])


def ems(text: str) -> float:
    """How wide a line is, in heights of its font; letters of other fonts are taken to be as wide as high."""
    return sum(map(_advance, text))


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) == "Cf" or unicodedata.name(letter, "").startswith("VARIATION SELECTOR"):
        return ""  # how letters are joined, which shows by itself nowhere
    return letter.encode("ascii", "backslashreplace").decode() if letter.isprintable() else ascii(letter)[1:-1]


def _family(letter: str) -> str | None:
    """The name of a font that has a letter: empty for the usual one, None where no font does."""
    return "" if ord(letter) in _usual() else _others().get(ord(letter))


def _font():
    """The font that figures are written in."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return get_font(findfont(FontProperties()))


@functools.cache
def _usual() -> frozenset[int]:
    """Its letters' code points."""
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
    """By code point, a font of this machine: one without serifs, if there is one.

    Fonts that come with matplotlib are left out: they are for formulas, and one has a box for every letter.
    """
    from matplotlib import get_data_path
    from matplotlib.font_manager import FontPath, fontManager, get_font

    theirs, found = Path(get_data_path()).resolve(), {}
    plain = [entry for entry in fontManager.ttflist if entry.style == "normal" and entry.weight == USUAL_WEIGHT]
    for entry in sorted(plain, key=lambda entry: ("Sans" not in entry.name, entry.name)):
        if not Path(entry.fname).resolve().is_relative_to(theirs):
            with contextlib.suppress(OSError, RuntimeError):  # not there any more, or not to be read
                font = get_font(FontPath(entry.fname, entry.index))
                found = {code: entry.name for code in font.get_charmap() if font.scalable} | found
    return found
