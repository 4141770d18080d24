"""The page's JavaScript: its logic under node's own test runner, its rules by reading it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "audiogan/ui/static").glob("*.js"))


def test_logic():
    if shutil.which("node") is None:
        pytest.fail("node is missing: install it (Debian: apt-get install nodejs; macOS: brew install node)")
    tests = sorted(map(str, (ROOT / "tests/javascript").glob("*.test.mjs")))
    command = ["node", "--test", *tests]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_text_never_becomes_markup_and_nothing_is_fetched(module):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\bfetch\(['\"]|https?://(?!www\.w3\.org)"
    assert re.findall(forbidden, module.read_text("utf-8")) == []
