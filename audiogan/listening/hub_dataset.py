"""A private data set of the Hub as files of JSON lines that only ever grow in number and length."""

import json
from collections.abc import Iterator
from pathlib import Path

from audiogan.hub import HubError, check_repo, connect, explained
from audiogan.listening.outbox import FOLDERS
from audiogan.listening.store.journal import checked

VARIABLE = "AUDIOGAN_RATINGS_DATASET"
CONFLICTS = 5  # commits by others at the same moment that one commit puts up with
TIMEOUT_SECONDS = 30.0
_KIND = {"repo_type": "dataset"}


class HubDataset:
    """The data set of a name. Nothing here touches the network before it is asked to.

    Attributes:
        damaged: lines that were passed over when all was last read.

    Raises:
        ValueError: the name is not OWNER/NAME.
    """

    def __init__(self, name: str):
        try:
            self.name, self.damaged = check_repo(name), 0
        except ValueError as error:
            raise ValueError(f"{VARIABLE}: {error}") from None

    def entries(self, cache: Path) -> Iterator[dict]:
        """Every entry, sessions before votes, and votes about in the order in which they were given.

        Args:
            cache: a folder for the files.

        Raises:
            HubError: the Hub does not give it, or the data set is public.
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
        """Whether the Hub still has it.

        Raises:
            HubError: it became public, or the Hub does not say.
        """
        from huggingface_hub.errors import RepositoryNotFoundError

        with explained(self.name):
            try:
                self._private()
            except RepositoryNotFoundError:
                return False
        return True

    def add(self, contents: dict[str, bytes], message: str) -> None:
        """Put files there, in one commit.

        Raises:
            HubError: the Hub does not take them.
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
        """The folder of all files; the data set is made where there is none."""
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
        """The newest commit, of a private data set."""
        info = connect().repo_info(self.name, timeout=TIMEOUT_SECONDS, **_KIND)
        if not info.private:
            raise HubError(f"data set {self.name} is public, and votes go to a private one only")
        return info.sha


def _parsed(line: bytes) -> dict | None:
    """The entry of a line; None where it is damaged."""
    try:
        entry = json.loads(line)
        checked(entry)
    except (ValueError, RecursionError):
        return None
    return entry


def _began(file: Path) -> str:
    """When the first event of a file was."""
    with file.open("rb") as lines:
        return (_parsed(lines.readline()) or {}).get("created_utc", "")
