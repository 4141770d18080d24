"""Checkpoints of the Hub that the environment names: they stand beside those of the folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from audiogan import checkpoint
from audiogan.arguments import comma_list
from audiogan.hub.pull import check_repo, fetch

VARIABLE = "AUDIOGAN_HUB_CHECKPOINTS"


@dataclass(frozen=True)
class Available:
    """The checkpoints there are.

    Attributes:
        checkpoints: those of the folder, then those of the Hub.
        problems: a sentence for each named checkpoint that is not among them.
    """

    checkpoints: list[checkpoint.Checkpoint]
    problems: list[str]


def available(folder: str | os.PathLike = checkpoint.FOLDER) -> Available:
    """The checkpoints of a folder, and those that AUDIOGAN_HUB_CHECKPOINTS names: OWNER/NAME[@REVISION], with commas.

    One from the Hub is called NAME, or OWNER.NAME where that is taken. A Hub that cannot be reached takes
    away only what is not in the cache.

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
    """The folder of a checkpoint and what it is called: of the folder, a path, or a name of `available`.

    Raises:
        ValueError: there is none; names those there are, and why a named one is missing.
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
        raise ValueError(f"there is a checkpoint {name} already")
    return checkpoint.read(fetch(repo, revision or None).folder, name)
