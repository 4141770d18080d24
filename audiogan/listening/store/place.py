"""Where votes are kept by default, and whether they stay there."""

import os
from pathlib import Path

DEFAULT_FILE = Path(__file__).resolve().parents[3] / "ratings.sqlite3"
MOUNTED = Path("/data")  # where a Space's bucket or disk is mounted, if it has one
EMPTIED = "Answers given here may be lost: this Space keeps them on a disk that is emptied when it restarts."
REMEDY = "Mount storage at /data, or set AUDIOGAN_RATINGS_DATASET or AUDIOGAN_DATABASE_URL."


def default_url() -> str:
    """AUDIOGAN_DATABASE_URL; else, on a Space, a file on its mounted storage; else a file beside the package."""
    if given := os.environ.get("AUDIOGAN_DATABASE_URL"):
        return given
    return f"sqlite:///{(MOUNTED / DEFAULT_FILE.name) if _has_storage() else DEFAULT_FILE}"


def warning() -> str:
    """A sentence for the page if votes would vanish with a Space's disk; otherwise empty."""
    kept = any(os.environ.get(name) for name in ("AUDIOGAN_DATABASE_URL", "AUDIOGAN_RATINGS_DATASET"))
    return EMPTIED if os.environ.get("SPACE_ID") and not kept and not _has_storage() else ""


def _has_storage() -> bool:
    return bool(os.environ.get("SPACE_ID")) and MOUNTED.is_dir() and os.access(MOUNTED, os.W_OK | os.X_OK)
