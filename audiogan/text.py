"""Text files as editors and spreadsheets write them, and names as people read them."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from audiogan.files import regular


def read_text(file: str | os.PathLike, newline: str | None = None) -> str:
    """A UTF-8 file's text, without the byte-order mark that Excel and Notepad put first.

    Args:
        newline: as for `open`: None turns every line ending into a newline, "" keeps them.

    Raises:
        ValueError: not a file or not UTF-8; names it.
    """
    name = os.fspath(file)
    try:
        with open(regular(Path(file), name), encoding="utf-8-sig", newline=newline) as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 text: {error.reason} at byte {error.start}") from None


def read_object(file: Path, most_bytes: int, **version: int) -> dict:
    """The JSON object in an untrusted file.

    Args:
        most_bytes: the largest size accepted.
        version: one key of the object and the value it must have, as in `format=1`.

    Raises:
        OSError: it cannot be read.
        ValueError: not a file, too large, not JSON, not an object, or of another version.
    """
    if regular(file).stat().st_size > most_bytes:
        raise ValueError(f"it is larger than {most_bytes} bytes")
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    ((name, value),) = version.items()
    if not isinstance(document, dict) or document.get(name) != value:
        raise ValueError(f"its {name} is not {value}")
    return document


def few(names: Sequence[str], most: int = 4) -> str:
    """Join the first `most` names with commas, and say how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")


def file_stem(label: str) -> str:
    """A label as file names spell it: underscores for spaces."""
    return label.replace(" ", "_")


def in_words(label: str) -> str:
    """A label as a page or a report shows it: FSDKaggle2018's have underscores for spaces."""
    return label.replace("_", " ")
