"""Repositories of the small Hub, in memory, and how the Hub keeps and names a file."""

import hashlib
from dataclasses import dataclass, field

LFS_ABOVE = 10_000_000  # bytes; binary files always


@dataclass
class Repo:
    """A repository: every commit keeps all of its files.

    Attributes:
        branches: commit ids by name.
        commits: files by path, by commit id.
    """

    private: bool
    gated: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: dict[str, bytes], message: str = "") -> str:
        """Put files into a new commit of a branch."""
        all_files = self.commits.get(self.branches.get(branch, ""), {}) | files
        name = hashlib.sha1(repr((len(self.commits), branch, sorted(all_files))).encode()).hexdigest()  # noqa: S324
        self.commits[name], self.branches[branch] = all_files, name
        self.messages.append(message)
        return name

    def find(self, revision: str) -> str | None:
        """The commit id of a branch or commit."""
        return self.branches.get(revision, revision if revision in self.commits else None)

    @property
    def files(self) -> dict[str, bytes]:
        """What main has."""
        return self.commits[self.branches["main"]]


def is_large(path: str, data: bytes, size: int = 0) -> bool:
    """What the Hub keeps as a large file."""
    return path.endswith((".safetensors", ".bin", ".pt")) or b"\0" in data or max(size, len(data)) > LFS_ABOVE


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def blob_id(data: bytes) -> str:
    """The name that git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()  # noqa: S324
