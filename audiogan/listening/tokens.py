"""Keyed hashes: a token that a page hands back was issued by this app, and reveals nothing of what it stands for."""

import hashlib
import hmac
import os
import re

import numpy as np

SHORTEST_KEY = 16  # characters
TOKEN_LENGTH, RECEIPT_LENGTH = 32, 16  # hexadecimal digits
_KEY = re.compile(rf"[0-9a-f]{{{TOKEN_LENGTH}}}")
_RECEIPT = re.compile(rf"[0-9a-f]{{{RECEIPT_LENGTH}}}")


def given_key(variable: str) -> str:
    """The key in an environment variable, "" if it is unset.

    Raises:
        ValueError: it is too short, or not UTF-8.
    """
    key = os.environ.get(variable, "")
    if key and len(key) < SHORTEST_KEY:
        raise ValueError(f"{variable} must have at least {SHORTEST_KEY} characters, not {len(key)}")
    if any("\ud800" <= letter <= "\udfff" for letter in key):  # Python's stand-ins for bytes that are not UTF-8
        raise ValueError(f"{variable} must be UTF-8 text")
    return key


class Tokens:
    """Names for a session's steps and clips that only the holder of the key can make.

    Args:
        key: the same in every process that serves a study.
    """

    def __init__(self, key: str):
        self._key = key.encode()

    def step(self, session_id: str, number: int) -> str:
        """The token that an answer to a step must carry."""
        return self._hash("step", session_id, number)[:TOKEN_LENGTH]

    def clip(self, session_id: str, number: int, place: str) -> str:
        """The token by which a page asks for the sound at a place of a step; unrelated to the sound itself."""
        return self._hash("clip", session_id, number, place)[:TOKEN_LENGTH]

    def receipt(self, session_id: str, number: int) -> str:
        """Proof that a step's answers are stored; whoever holds it may withdraw them."""
        return self._hash("receipt", session_id, number)[:RECEIPT_LENGTH]

    def rater(self, study_hash: str, listener: str) -> str:
        """An id that joins a listener's sittings within a study but not across studies: it is salted with the study."""
        return self._hash("rater", study_hash, listener)[:TOKEN_LENGTH]

    def participant_key(self, study_hash: str, participant: str) -> str:
        """The key of the only session of a platform's participant in one study, the same in every browser."""
        return self._hash("participant", study_hash, participant)[:TOKEN_LENGTH]

    def chance(self, session_id: str, *what) -> np.random.Generator:
        """A generator of random numbers, always the same for a session, and unpredictable without the key."""
        return np.random.default_rng(int(self._hash("chance", session_id, *what), 16))

    def _hash(self, *parts) -> str:
        return hmac.new(self._key, repr(parts).encode(), hashlib.sha256).hexdigest()


def same(expected: str, given) -> bool:
    """Compare in constant time, whatever was given."""
    return isinstance(given, str) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def session_id(key: str) -> str:
    """A session's public name, which is stored and exported. Opening it takes the key, which only the listener has."""
    return hashlib.sha256(f"session {key}".encode()).hexdigest()[:TOKEN_LENGTH]


def is_key(text) -> bool:
    """Whether this has the form of a session's or listener's key: as many hexadecimal digits as a token."""
    return isinstance(text, str) and _KEY.fullmatch(text) is not None


def vote_id(receipt: str) -> str:
    """A vote's id in the table, which may be published: the receipt cannot be derived from it."""
    return hashlib.sha256(f"receipt {receipt}".encode()).hexdigest()[:TOKEN_LENGTH]


def shown_receipt(receipt: str) -> str:
    """A receipt in groups of four, to be read out."""
    return "-".join(receipt[start : start + 4] for start in range(0, RECEIPT_LENGTH, 4))


def parse_receipt(text) -> str:
    """Read a receipt as someone typed it.

    Raises:
        ValueError: it has not the form of one.
    """
    digits = re.sub(r"[\s-]", "", text).lower() if isinstance(text, str) and len(text) <= 64 else ""
    if not _RECEIPT.fullmatch(digits):
        raise ValueError(f"receipt must be {RECEIPT_LENGTH} digits and letters from a to f")
    return digits
