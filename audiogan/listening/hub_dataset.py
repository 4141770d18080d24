"""A private data set on the Hub: JSON lines in files that only grow in number and length."""

import json
from collections.abc import Iterator
from pathlib import Path

from audiogan.hub import HubError, check_repo, connect, explained
from audiogan.listening.outbox import FOLDERS
from audiogan.listening.store.journal import checked

VARIABLE = "AUDIOGAN_RATINGS_DATASET"
CONFLICTS = 5  # attempts at a commit while others commit at the same moment
TIMEOUT_SECONDS = 30.0
_KIND = {"repo_type": "dataset"}


class HubDataset:
    """The data set of that name. Creating this object does not touch the network.

    Attributes:
        damaged: lines skipped when `entries` last ran.

    Raises:
        ValueError: the name is not OWNER/NAME.
    """

    def __init__(self, name: str):
        try:
            self.name, self.damaged = check_repo(name), 0
        except ValueError as error:
            raise ValueError(f"{VARIABLE}: {error}") from None

    def entries(self, cache: Path) -> Iterator[dict]:
        """Every entry, sessions before votes, and votes roughly in the order given.

        Args:
            cache: a folder for the files.

        Raises:
            HubError: the Hub cannot deliver it, or the data set is public.
        """
        self.damaged = 0
        files = self._download(cache).glob("*/*.jsonl")
        for file in sorted(files, key=lambda file: (file.parent.name, _began(file))):
            with file.open("rb") as lines:
                for line in lines:
                    entry = _parsed(line)
                    if entry is None:
                        self.damaged += 1
                    else:
                        yield entry

    def is_there(self) -> bool:
        """Whether the data set still exists on the Hub.

        Raises:
            HubError: it has become public, or the Hub cannot be asked.
        """
        from huggingface_hub.errors import RepositoryNotFoundError

        with explained(self.name):
            try:
                self._private()
            except RepositoryNotFoundError:
                return False
        return True

    def add(self, contents: dict[str, bytes], message: str) -> None:
        """Upload files in one commit.

        Raises:
            HubError: the Hub does not accept them.
        """
        from huggingface_hub import CommitOperationAdd

        for attempt in range(CONFLICTS):
            try:
                with explained(self.name):
                    operations = [CommitOperationAdd(path, data) for path, data in contents.items()]
                    connect().create_commit(self.name, operations, commit_message=message, **_KIND)
                return
            except HubError as error:
                if not error.conflict or attempt == CONFLICTS - 1:
                    raise

    def _download(self, cache: Path) -> Path:
        """Download all files and return their folder; create the data set if it does not exist."""
        from huggingface_hub.errors import RepositoryNotFoundError

        api = connect()
        with explained(self.name):
            try:
                commit = self._private()
            except RepositoryNotFoundError:
                api.create_repo(self.name, private=True, exist_ok=True, **_KIND)
                commit = self._private()
            options = {
                "revision": commit,
                "allow_patterns": [f"{folder}/*.jsonl" for folder in set(FOLDERS.values())],
            }
            return Path(api.snapshot_download(self.name, cache_dir=cache, **options, **_KIND))

    def _private(self) -> str:
        """The newest commit; refuses a public data set."""
        info = connect().repo_info(self.name, timeout=TIMEOUT_SECONDS, **_KIND)
        if not info.private:
            raise HubError(f"data set {self.name} is public; votes go only to a private one")
        return info.sha


def _parsed(line: bytes) -> dict | None:
    """The entry of a line; None if it is damaged."""
    try:
        entry = json.loads(line)
        checked(entry)
    except (ValueError, RecursionError):
        return None
    return entry


def _began(file: Path) -> str:
    """Time of a file's first event."""
    with file.open("rb") as lines:
        return (_parsed(lines.readline()) or {}).get("created_utc", "")
