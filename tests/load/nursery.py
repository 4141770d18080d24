"""Starts app processes quickly: everything is imported once, and each app is a fork that can be killed like any other.

Reads a line `PORT CHECKPOINTS` for each app to start; answers with its process id.
"""

import os
import signal
import sys

import app
import audiogan.ui  # noqa: F401  imported before the fork, not after
from audiogan.listening import session, store, study  # noqa: F401


def main() -> None:
    """Fork an app for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes the dead away
    while line := sys.stdin.readline():
        port, checkpoints = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.argv = ["app.py", "--port", port, "--checkpoints", checkpoints, "--device", "cpu"]
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            os._exit(app.main())
        print(child, flush=True)


if __name__ == "__main__":
    main()
