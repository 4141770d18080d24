"""Hashes of large files, with a progress bar."""

import hashlib
from pathlib import Path

from tqdm import tqdm

READ_BYTES = 2**20


def file_hash(path: Path, algorithm: str, doing: str = "hash") -> str:
    """The file's hash in hexadecimal; `doing` labels the progress bar, which appears after two seconds."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    shape = {"total": path.stat().st_size, "unit": "B", "unit_scale": True, "leave": False, "delay": 2}
    with open(path, "rb") as file, tqdm(desc=f"{doing} {path.name.removesuffix('.part')}", **shape) as bar:
        while data := file.read(READ_BYTES):
            digest.update(data)
            bar.update(len(data))
    return digest.hexdigest()
