"""What pip installs for a program or a notebook in another folder."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_holds_every_file_of_both_packages_and_nothing_else(tmp_path):
    for name in ("audiogan", "training", "pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        (tmp_path / name).symlink_to(ROOT / name)  # what a build leaves stays out of the checkout
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--quiet", "--wheel-dir", "wheels"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for package in ("audiogan", "training") for path in (ROOT / package).rglob("*") if path.is_file())
    assert held == {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
