"""`app.py` as a program: what it refuses before it serves, and what it does without."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=os.environ | environment, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("--port", "http"), {}, "a port must be a whole number from 1 to 65535"),
        (("--port", "70000"), {}, "a port must be a whole number from 1 to 65535"),
        ((), {"GRADIO_SERVER_PORT": "none"}, "a port must be a whole number from 1 to 65535"),
        (("--host", ""), {}, "a host must be a name or an address"),
        ((), {"GRADIO_ROOT_PATH": "sounds"}, "GRADIO_ROOT_PATH must be a path that begins with /"),
        ((), {"AUDIOGAN_SECRET": "short"}, "AUDIOGAN_SECRET must have at least 16 characters"),
        ((), {"AUDIOGAN_DATABASE_URL": "postgres://x/y"}, "begins with sqlite:// or postgresql://"),
        ((), {"AUDIOGAN_DATABASE_URL": "mysql://x/y"}, "begins with sqlite:// or postgresql://"),
        (("--checkpoints", "/nonexistent", "--port", "7999"), {"GRADIO_SERVER_PORT": "abc"}, "folder /nonexistent"),
        (
            ("--checkpoints", "/nonexistent"),
            {"GRADIO_SERVER_PORT": "", "GRADIO_SERVER_NAME": ""},
            "folder /nonexistent",
        ),
        (("--checkpoints", "/nonexistent"), {}, "checkpoint folder /nonexistent is missing"),
        (("--checkpoints", str(ROOT / "tests/browser")), {}, "holds no checkpoint"),
        (("--device", "tpu"), {}, "device must be one of"),
        (("--colour",), {}, "unrecognized arguments"),
    ],
)
def test_app_refuses_bad_arguments_in_one_line(checkpoints, arguments, environment, words):
    given = arguments if "--checkpoints" in arguments else ("--checkpoints", str(checkpoints), *arguments)
    run = start(*given, **{"AUDIOGAN_DATABASE_URL": "sqlite://"} | environment)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_app_says_when_its_port_is_taken_or_its_database_is_out_of_reach(checkpoints):
    given = ("--checkpoints", str(checkpoints))
    run = start(*given, AUDIOGAN_DATABASE_URL="sqlite:////nonexistent/votes.sqlite3")
    assert run.returncode == 2
    assert re.fullmatch(r"app.py: ratings database .* cannot be used: .*/nonexistent/votes\.sqlite3.*\n", run.stderr)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = start(*given, "--port", str(taken.getsockname()[1]), AUDIOGAN_DATABASE_URL="sqlite://")
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1


def test_start_loads_nothing_that_the_first_page_does_without(checkpoints):
    heavy = ("torch._dynamo", "matplotlib", "librosa", "scipy", "training")
    script = (
        "import sys; from audiogan.ui import Library, build_app; from audiogan.listening.store import Store;"
        f"build_app(Library({str(checkpoints)!r}, 'cpu'), Store('sqlite://'));"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
