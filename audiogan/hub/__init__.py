"""The Hugging Face Hub: checkpoints pushed, pulled and named. What comes from there is checked before it is used."""

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
