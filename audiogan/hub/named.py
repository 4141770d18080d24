"""Checkpoints on the Hub that the environment names, listed beside those in the folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from audiogan import checkpoint
from audiogan.arguments import comma_list
from audiogan.hub.pull import check_repo, fetch

VARIABLE = "AUDIOGAN_HUB_CHECKPOINTS"


@dataclass(frozen=True)
class Available:
    """The available checkpoints.

    Attributes:
        checkpoints: those in the folder, then those on the Hub.
        problems: a sentence for each named checkpoint that is missing.
    """

    checkpoints: list[checkpoint.Checkpoint]
    problems: list[str]


def available(folder: str | os.PathLike = checkpoint.FOLDER) -> Available:
    """The checkpoints in a folder, and those in AUDIOGAN_HUB_CHECKPOINTS: OWNER/NAME[@REVISION], with commas between.

    One from the Hub is called NAME, or OWNER.NAME if that is taken. While the Hub cannot be reached, only those that
    are not in the cache are missing.

    Raises:
        ValueError: the folder is missing, or a checkpoint in it is broken.
    """
    found, problems = checkpoint.list_checkpoints(folder), []
    for entry in _entries():
        try:
            found.append(_fetched(entry, {item.name for item in found}))
        except (OSError, ValueError) as error:
            problems.append(f"{VARIABLE}: {entry} is left out: {error}")
    return Available(found, problems)


def find(name_or_path: str | os.PathLike, folder: str | os.PathLike = checkpoint.FOLDER) -> tuple[Path, str]:
    """Find a checkpoint by name or path; its folder, and its name if it comes from the Hub, else "".

    Raises:
        ValueError: no such checkpoint; lists those there are, and why any from the Hub is missing.
    """
    try:
        return checkpoint.find(name_or_path, folder), ""
    except ValueError as error:
        if not _entries():
            raise
        there = available(folder)
        for item in there.checkpoints:
            if item.name == name_or_path:
                return item.folder, item.name
        names = ", ".join(item.name for item in there.checkpoints)
        raise ValueError("; ".join([f"{error}; with the Hub's, there are {names}", *there.problems])) from None


def _entries() -> tuple[str, ...]:
    return comma_list(os.environ.get(VARIABLE, ""))


def _fetched(entry: str, taken: set[str]) -> checkpoint.Checkpoint:
    repo, _, revision = entry.partition("@")
    owner, name = check_repo(repo).split("/")
    name = checkpoint.check_name(f"{owner}.{name}" if name in taken else name)
    if name in taken:
        raise ValueError(f"a checkpoint {name} exists already")
    return checkpoint.read(fetch(repo, revision or None).folder, name)
