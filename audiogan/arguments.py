"""Shared command-line handling: a mistake prints one line and exits with status 2."""

import argparse
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEVICES = ("auto", "cuda", "mps", "cpu")
NO_SOCKS = (
    "a proxy variable such as ALL_PROXY names a SOCKS proxy: name an http:// one, or run pip install socksio first"
)
NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")  # phrases in torch's RuntimeErrors


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str):
        """Print the mistake and exit with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def named_folder(text: str) -> Path:
    """Argument type for a folder. Refuses "", an unset shell variable, which `Path` takes for the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("must name a folder, not ''")
    return Path(text)


def comma_list(text: str) -> tuple[str, ...]:
    """The items between commas, stripped of spaces; skips empty ones."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device`."""
    parser.add_argument("--device", default="auto", help=f"where to compute: {', '.join(DEVICES)} (default: auto)")


def add_checkpoints(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """Add `--checkpoints`."""
    parser.add_argument(
        "--checkpoints",
        metavar="DIR",
        type=named_folder,
        default=default,
        help="where checkpoints are (default: checkpoints/)",
    )


def add_sounds(parser: argparse.ArgumentParser) -> None:
    """Add `--sounds`, for systems that are folders of sounds."""
    parser.add_argument(
        "--sounds",
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="sounds of any other system: files in DIR/LABEL, or in DIR if it has no labels; may be repeated",
    )


def run_command(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    """Parse, then call the `run` of the chosen command.

    Returns:
        0; or 2, after one line on stderr, for bad input, a full disk, an unwritable file, a SOCKS proxy or a failed
        training.
    """
    _open_closed_streams()
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # so that printing a path the terminal cannot show does not fail
    try:
        options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader is gone
    except OSError as error:
        return _complain(parser.prog, _explain(error))
    except (ValueError, FloatingPointError) as error:
        return _complain(parser.prog, str(error))
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in NO_MEMORY):
            raise
        return _complain(parser.prog, f"out of memory: {error}".rstrip(": "))
    except ImportError as error:
        if "SOCKS" not in str(error):  # from httpx, and from the Hub's httpx2
            raise
        return _complain(parser.prog, NO_SOCKS)
    except KeyboardInterrupt:
        return _complain(parser.prog, "interrupted")
    return 0


@contextmanager
def interruptible(prog: str) -> Iterator[None]:
    """End the program on Ctrl-C as `run_command` does, also while it imports what it needs."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(_complain(prog, "interrupted"))


def _open_closed_streams() -> None:
    """Open the null device as each standard stream that was closed before the start, as by `>&-` or a supervisor.

    Python has None for those. Besides, the next file to be opened would take the stream's number, and with it whatever
    C libraries and other programs print.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode)  # noqa: SIM115 (open as long as the process)
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def _complain(prog: str, message: str) -> int:
    print(f"{prog}: {printable(' '.join(message.split()))}", file=sys.stderr)
    return 2


def printable(line: str) -> str:
    """Escape unprintable characters: file names may contain newlines and terminal escapes."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _explain(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        written = ": nothing was written;" if error.filename else " where the output goes:"  # print names no file
        return f"the disk is full{written} free some room and try again"
    if error.errno is None:
        return str(error)
    where = f" {error.filename}" if error.filename else ""
    return f"cannot use{where}: {error.strerror or error}"
