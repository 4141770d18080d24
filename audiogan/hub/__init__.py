"""The Hugging Face Hub: push, pull and list checkpoints. Downloads are checked before they are used."""

from audiogan.hub.client import HubError, UnreachableError, connect, explained
from audiogan.hub.named import Available, available, find
from audiogan.hub.pull import Snapshot, check_repo, fetch, pull
from audiogan.hub.push import push

__all__ = [
    "Available",
    "HubError",
    "Snapshot",
    "UnreachableError",
    "available",
    "check_repo",
    "connect",
    "explained",
    "fetch",
    "find",
    "pull",
    "push",
]
