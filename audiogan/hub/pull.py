"""Pull from the Hub: only a checkpoint's files, of a known commit, of bounded sizes, loaded once as a check."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from audiogan import checkpoint
from audiogan.folders import staged
from audiogan.hub.client import HubError, connect, explained
from audiogan.models import build_generator

WEIGHTS = "model.safetensors"
REQUIRED = ("config.json", WEIGHTS)
FILES = (*REQUIRED, "README.md", checkpoint.INDEX)
MAX_BYTES = {
    "config.json": checkpoint.MAX_CONFIG_BYTES,
    "README.md": 1_000_000,
    checkpoint.INDEX: checkpoint.MAX_INDEX_BYTES,
}
HEADER_BYTES = 1_000_000  # of a safetensors file, at most
MAY_HOLD_CODE = (".bin", ".ckpt", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth", ".py", ".sh", ".tar")


@dataclass(frozen=True)
class Snapshot:
    """A checked checkpoint from the Hub, in huggingface_hub's cache.

    Attributes:
        repo: OWNER/NAME.
        commit: the SHA of the requested revision.
        folder: its files; read only.
    """

    repo: str
    commit: str
    folder: Path


def fetch(repo: str, revision: str | None = None) -> Snapshot:
    """A repository's checkpoint, downloaded unless the cache has that commit, and loaded once as a check.

    Args:
        repo: OWNER/NAME.
        revision: a branch, tag or commit; None is `main`. A commit in the cache needs no network.

    Raises:
        HubError: no such repository, or no valid checkpoint, or unsafe files in it; the cache keeps nothing new.
        UnreachableError: the Hub cannot be reached and the cache does not have it.
    """
    check_repo(repo)
    api = connect()
    with explained(repo):
        resolved = api.resolve_revision(repo, revision=revision)
    with _or_refused(repo, resolved.resolved):
        folder = _cached(api, repo, resolved) or _download(api, repo, resolved)
        _check_sizes({path.name: path.stat().st_size for path in folder.iterdir()}, folder)
        checkpoint.load(folder, "pulled")
    return Snapshot(repo, resolved.resolved, folder)


def pull(repo: str, folder: Path, revision: str | None = None, name: str = "", replace: bool = False) -> Snapshot:
    """Copy a repository's checkpoint into `folder`/NAME, whole or not at all.

    Args:
        name: by default the repository's.
        replace: replace an existing checkpoint, but nothing else.

    Raises:
        HubError: as `fetch`.
        ValueError: a bad name, or one that is taken.
    """
    name = checkpoint.check_name(name or check_repo(repo).partition("/")[2])
    checkpoint.refuse_taken(folder / name, replace)
    found = fetch(repo, revision)
    with staged(folder / name, replace=True) as partial:
        for file in FILES:
            if (found.folder / file).is_file():
                shutil.copyfile(found.folder / file, partial / file)
    return found


def check_repo(repo: str) -> str:
    """Return the name if a repository may have it.

    Raises:
        ValueError: it is not OWNER/NAME by the Hub's rules.
    """
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError:
        repo = ""
    if repo.count("/") != 1:
        raise ValueError("a repository must be OWNER/NAME, of letters, digits, dots, dashes and underscores")
    return repo


def _cached(api, repo: str, resolved) -> Path | None:
    """The snapshot's folder if the cache has all of it."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = api.snapshot_download(repo, revision=resolved, allow_patterns=list(FILES), local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    return Path(folder) if all((Path(folder) / file).is_file() for file in REQUIRED) else None


def _download(api, repo: str, resolved) -> Path:
    """Download a snapshot: check the list of files first, then config.json, and only then fetch the rest."""
    from huggingface_hub.hf_api import RepoFile

    with explained(repo):
        tree = list(api.list_repo_tree(repo, recursive=True, revision=resolved.resolved))
    sizes = _listed({it.path: it.size for it in tree if isinstance(it, RepoFile)})
    _check_sizes(sizes)
    with explained(repo):
        folder = Path(api.snapshot_download(repo, revision=resolved, allow_patterns=["config.json"]))
    _check_sizes(sizes, folder)
    with explained(repo):
        return Path(api.snapshot_download(repo, revision=resolved, allow_patterns=list(FILES)))


def _listed(files: dict[str, int]) -> dict[str, int]:
    """The sizes of a checkpoint's own files among a repository's, in bytes.

    Raises:
        ValueError: one is missing, or there are files that could harm whoever opens them.
    """
    for path in files:
        if path.startswith("/") or ".." in path.split("/") or "\\" in path or not path.isprintable():
            raise ValueError(f"a file in it is called {path[:80]!r}")
        if path.lower().endswith(MAY_HOLD_CODE):
            raise ValueError(f"its {path[:80]!r} may hold code, and a checkpoint has none")
    for file in REQUIRED:
        if file not in files:
            raise ValueError(f"it has no {file}, so it is not an audiogan checkpoint")
    return {path: size for path, size in files.items() if path in FILES}


def _check_sizes(sizes: dict[str, int], folder: Path | None = None) -> None:
    """Check each file's size in bytes against its limit; given `folder`, the weights' against its model's need."""
    limits = MAX_BYTES | ({WEIGHTS: _most_weights(folder)} if folder else {})
    for file, most in limits.items():
        if sizes.get(file, 0) > most:
            raise ValueError(f"its {file} has {sizes[file]:,} bytes, more than the {most:,} it may have")


def _most_weights(folder: Path) -> int:
    """The most bytes that the model of a config.json can need: four or more for each number."""
    with torch.device("meta"):
        state = build_generator(checkpoint.read(folder, "pulled").config).state_dict()
    return HEADER_BYTES + sum(max(tensor.element_size(), 4) * tensor.numel() for tensor in state.values())


@contextmanager
def _or_refused(repo: str, commit: str) -> Iterator[None]:
    """Name the repository in its errors, and drop its commit from the cache unless it was there before."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model")
    known = (folder / "snapshots" / commit).is_dir()
    try:
        yield
    except HubError:
        raise
    except ValueError as error:
        if not known:
            _forget(folder, commit)
        raise HubError(f"{repo} is refused: {error}") from None


def _forget(folder: Path, commit: str) -> None:
    """Delete a refused commit from a repository's folder in the cache, and the folder if nothing else is in it."""
    from huggingface_hub import scan_cache_dir

    if (folder / "snapshots" / commit).is_dir():
        scan_cache_dir(folder.parent).delete_revisions(commit).execute()
    if not any(folder.glob("snapshots/*")):
        shutil.rmtree(folder, ignore_errors=True)
