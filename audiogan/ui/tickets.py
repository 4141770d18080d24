"""Signed tickets: a page hands one back with its vote, so that it can only rate what this server played to it."""

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import os
import secrets

from audiogan.listening.store import Clip


class Tickets:
    """Issues and opens tickets.

    Args:
        secret: the key; None takes AUDIOGAN_SECRET, or a random one that lasts as long as the process.
    """

    def __init__(self, secret: str | None = None):
        self._key = (secret or os.environ.get("AUDIOGAN_SECRET") or secrets.token_hex(32)).encode()

    def issue(self, clip: Clip) -> str:
        """A ticket for rating a clip; the same clip always has the same one."""
        body = base64.urlsafe_b64encode(json.dumps(dataclasses.asdict(clip)).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def open(self, ticket: str) -> Clip:
        """The clip that a ticket was issued for.

        Raises:
            ValueError: this server did not issue it.
        """
        try:
            body, _, signature = ticket.rpartition(".")
            if not hmac.compare_digest(self._sign(body), signature):
                raise ValueError("signature")
            return Clip(**json.loads(base64.urlsafe_b64decode(body)))
        except (AttributeError, TypeError, ValueError, binascii.Error):
            raise ValueError("the app was restarted since this sound was made: sample again, then rate") from None

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()
