"""Decode and resample every file of a folder with soundfile and soxr: the baseline for preparing.

A separate script, so that its processes import no more than they need: `bare.py FOLDER PROCESSES`.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import soundfile
import soxr


def decode(path: Path) -> int:
    """Number of samples at 16 kHz; discards the samples themselves."""
    audio, rate = soundfile.read(path, dtype="float32")
    return len(soxr.resample(audio, rate, 16000, quality="HQ"))


if __name__ == "__main__":
    with ProcessPoolExecutor(int(sys.argv[2]), multiprocessing.get_context("spawn")) as pool:
        print(sum(pool.map(decode, sorted(Path(sys.argv[1]).iterdir()), chunksize=8)))
