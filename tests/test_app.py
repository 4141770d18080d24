"""`app.py` as a program: what it refuses before it serves, and what it does without."""

import json
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


REFUSALS = [
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
]
ONE_AFTER_ANOTHER = """
import contextlib, io, json, os, sys
import app

assert "torch" not in sys.modules  # it takes seconds, and Ctrl-C would not be one line until `main` runs
for arguments, environment in json.load(sys.stdin):
    before, (output, errors) = dict(os.environ), (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    os.environ.update(environment)
    sys.argv = ["app.py", *arguments]
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            status = app.main()
        except SystemExit as end:
            status = end.code
    os.environ.clear()
    os.environ.update(before)
    texts = [(stream.flush(), stream.seek(0), stream.read())[2] for stream in (output, errors)]
    print(json.dumps([status, *texts]))
"""


@pytest.fixture(scope="module")
def refused(checkpoints) -> list:
    """What `REFUSALS` lead to, [status, output, errors] each: all in one process, since to start one takes seconds."""
    shelf = ("--checkpoints", str(checkpoints))
    cases = [
        ([*(() if "--checkpoints" in arguments else shelf), *arguments], {"AUDIOGAN_DATABASE_URL": "sqlite://"} | given)
        for arguments, given, _ in REFUSALS
    ]
    command = [sys.executable, "-c", ONE_AFTER_ANOTHER]
    run = subprocess.run(command, cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.parametrize("number", range(len(REFUSALS)), ids=[words for *_, words in REFUSALS])
def test_app_refuses_bad_arguments_in_one_line(refused, number):
    status, output, errors = refused[number]
    assert (status, output) == (2, "")
    assert REFUSALS[number][2] in errors
    assert errors.count("\n") == 1


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
