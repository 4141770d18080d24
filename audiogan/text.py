"""Text files that people name, as editors and spreadsheets leave them."""

import os


def read_text(file: str | os.PathLike, newline: str | None = None) -> str:
    """A UTF-8 file's text, without the byte-order mark that Excel and Notepad begin a file with.

    Args:
        newline: as of `open`: None makes every end of a line a newline, "" leaves them.

    Raises:
        ValueError: it is not UTF-8; names the file.
    """
    try:
        with open(file, encoding="utf-8-sig", newline=newline) as stream:
            return stream.read()
    except UnicodeDecodeError as error:
        raise ValueError(f"{os.fspath(file)} is not UTF-8 text: {error.reason} at byte {error.start}") from None
