"""A small checkpoint, its repository, and what is in a folder."""

from pathlib import Path

import pytest
from conftest import save_tiny_checkpoint

from .door import OWNER

REPO = f"{OWNER}/tiny"


@pytest.fixture
def tiny(tmp_path) -> Path:
    return save_tiny_checkpoint(tmp_path / "local" / "tiny", "wavegan")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
