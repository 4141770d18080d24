"""Listeners whom a platform sends and pays: their participant ids, and the proof that they finished."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from audiogan.listening.strict import check_names, text

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of a parameter, a participant or a code
MAX_URL = 500
_URL = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]!$&()*+,;=%@-]+")  # no space, quote or markup
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Recruitment:
    """How a platform identifies a study's listeners and confirms that they finished.

    Attributes:
        parameter: the parameter of the address that names a participant.
        completion_url, completion_code: shown only to listeners who have finished; one of them may be empty.
    """

    parameter: str
    completion_url: str = ""
    completion_code: str = ""


def read_recruitment(row: Any) -> Recruitment:
    """The `recruitment` of a study's YAML.

    Raises:
        ValueError: a missing or unknown name, or an invalid value; one sentence.
    """
    check_names("recruitment", row, ("parameter", "completion_url", "completion_code"), required=("parameter",))
    if not {"completion_url", "completion_code"} & set(row):
        raise ValueError("recruitment needs a completion_url or a completion_code, or both")
    return Recruitment(
        **{name: _url(value) if name == "completion_url" else _name(name, value) for name, value in row.items()}
    )


def is_participant(value) -> bool:
    """Whether this has the form of a participant's id."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _name(name: str, value: Any) -> str:
    value = text(f"recruitment.{name}", value)
    if not NAME.fullmatch(value):
        raise ValueError(f"recruitment.{name} must be 1 to 64 letters, digits, _ or -, not {value!r:.80}")
    return value


def _url(value: Any) -> str:
    value = text("recruitment.completion_url", value)
    if not _is_safe(value):
        wanted = f"an https address of at most {MAX_URL} characters (http on localhost alone)"
        raise ValueError(f"recruitment.completion_url must be {wanted}, not {value!r:.80}")
    return value


def _is_safe(url: str) -> bool:
    if len(url) > MAX_URL or not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and "@" not in parts.netloc and (parts.scheme == "https" or host in _HERE)
