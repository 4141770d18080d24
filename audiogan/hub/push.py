"""Push to the Hub: a checkpoint that loads, its index and its card, in one commit."""

from pathlib import Path

from audiogan import checkpoint
from audiogan.hub.card import hub_card
from audiogan.hub.client import connect, explained
from audiogan.hub.pull import FILES, check_repo

PICTURE = "failures.png"  # from the evaluation, if the card shows it


def push(folder: Path, repo: str, public: bool = False, revision: str | None = None) -> str:
    """Publish a checkpoint in one commit, or not at all.

    Args:
        folder: the checkpoint's.
        repo: OWNER/NAME; created if missing. An existing one stays private or public.
        public: whether a created repository is visible to everyone.
        revision: a branch, created if missing; None is `main`.

    Returns:
        The URL of the commit.

    Raises:
        HubError: the Hub refuses it, or cannot be reached.
        ValueError: the checkpoint is damaged, or `repo` is not a valid name.
    """
    from huggingface_hub import CommitOperationAdd

    check_repo(repo)
    api = connect()
    description, _ = checkpoint.load(folder)
    contents = {file: (folder / file).read_bytes() for file in (*FILES, PICTURE) if (folder / file).is_file()}
    contents["README.md"] = hub_card(description, checkpoint.evaluations(folder.parent)).encode()
    operations = [CommitOperationAdd(file, data) for file, data in contents.items()]
    with explained(repo):
        api.create_repo(repo, private=not public, exist_ok=True)
        if revision:
            api.create_branch(repo, branch=revision, exist_ok=True)
        message = f"Add {description.name}"
        return api.create_commit(repo, operations, commit_message=message, revision=revision).commit_url
