"""What the programs' command lines share: one line for a mistake, exit status 2."""

import argparse
import errno
import os
import sys
from pathlib import Path

DEVICES = ("auto", "cuda", "mps", "cpu")
NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")  # what torch's RuntimeErrors say of it


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str):
        """Print the mistake and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def named_folder(text: str) -> Path:
    """The type of an argument that names a folder: an empty one, of a variable that is not set, is not the one here."""
    if not text:
        raise argparse.ArgumentTypeError("it names no folder")
    return Path(text)


def comma_list(text: str) -> tuple[str, ...]:
    """What stands between commas, without spaces around it; what is empty is left out."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def add_device(parser: argparse.ArgumentParser) -> None:
    """Where to compute."""
    parser.add_argument("--device", default="auto", help=f"where to compute: {', '.join(DEVICES)} (default: auto)")


def add_checkpoints(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """The folder of checkpoints."""
    parser.add_argument(
        "--checkpoints", metavar="DIR", type=Path, default=default, help="where checkpoints are (default: checkpoints/)"
    )


def add_sounds(parser: argparse.ArgumentParser) -> None:
    """Systems that are folders of sounds."""
    parser.add_argument(
        "--sounds",
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="any other system's sounds: files in DIR/LABEL, or in DIR where it takes no label; may be repeated",
    )


def run_command(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    """Parse, then call the `run` of the chosen command.

    Returns:
        0, or 2 after one line on stderr: bad input, a full disk, a file that cannot be written, a failed training.
    """
    options = parser.parse_args(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # a path that the terminal cannot show is no mistake
    try:
        options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left; nothing more to say
    except OSError as error:
        return _complain(parser, _explain(error))
    except (ValueError, FloatingPointError) as error:
        return _complain(parser, str(error))
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in NO_MEMORY):
            raise
        return _complain(parser, f"out of memory: {error}".rstrip(": "))
    except KeyboardInterrupt:
        return _complain(parser, "interrupted")
    return 0


def _complain(parser: argparse.ArgumentParser, message: str) -> int:
    print(f"{parser.prog}: {printable(' '.join(message.split()))}", file=sys.stderr)
    return 2


def printable(line: str) -> str:
    """The same without what a terminal would obey: names of files may hold line ends and escapes."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def _explain(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        written = ": nothing was written;" if error.filename else ", or where the output goes:"  # print names no file
        return f"the disk is full{written} free some room and try again"
    if error.errno is None:
        return str(error)
    where = f" {error.filename}" if error.filename else ""
    return f"cannot use{where}: {error.strerror or error}"
