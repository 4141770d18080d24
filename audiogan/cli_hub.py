"""`python -m audiogan hub`: checkpoints to and from the Hugging Face Hub."""

import sys

from audiogan import checkpoint
from audiogan.arguments import add_checkpoints


def add_hub(commands) -> None:
    """The `hub` command and its actions."""
    parser = commands.add_parser("hub", help="push a checkpoint to the Hugging Face Hub, or pull one from it")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    push = actions.add_parser("push", help="publish a checkpoint in one commit; HF_TOKEN must allow it")
    push.add_argument("name", metavar="NAME", help="a checkpoint's name or folder")
    push.add_argument("repo", metavar="REPO", help="OWNER/NAME; created if missing")
    visible = push.add_mutually_exclusive_group()
    visible.add_argument("--private", action="store_false", dest="public", help="create it for you alone (default)")
    visible.add_argument("--public", action="store_true", help="create it for everyone to see")
    push.add_argument("--revision", metavar="BRANCH", help="default: main; created if missing")
    push.set_defaults(run=_push, public=False)
    pull = actions.add_parser("pull", help="download a checkpoint, check it, and add it to the others")
    pull.add_argument("repo", metavar="REPO", help="OWNER/NAME")
    pull.add_argument("--revision", metavar="SHA", help="a commit, tag or branch (default: main)")
    pull.add_argument("--name", default="", help="its name here (default: as on the Hub)")
    pull.add_argument("--replace", action="store_true", help="replace an existing checkpoint of that name")
    pull.set_defaults(run=_pull)
    for action in (push, pull):
        add_checkpoints(action, checkpoint.FOLDER)


def _push(options) -> None:
    from audiogan import hub

    folder = checkpoint.find(options.name, options.checkpoints)
    print(hub.push(folder, options.repo, options.public, options.revision))


def _pull(options) -> None:
    from audiogan import hub

    found = hub.pull(options.repo, options.checkpoints, options.revision, options.name, options.replace)
    print(options.checkpoints / (options.name or found.repo.partition("/")[2]))
    print(f"{found.repo} at {found.commit}", file=sys.stderr)
