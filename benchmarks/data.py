"""Preparing audio against bare decoding and resampling, and a batch against the training step it feeds."""

import contextlib
import io
import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
import soxr

from audiogan.device import choose_device
from benchmarks.timing import alternate, row
from benchmarks.train_step import noise_data, our_step
from training.data import folder
from training.data.clips import ClipFormat

FILES, SECONDS, RATE = 200, 6, 44100


def run() -> list[dict]:
    """Two rows: a whole `prepare folder`, and one batch."""
    with tempfile.TemporaryDirectory() as scratch:
        return [_prepare(Path(scratch)), _batch(Path(scratch))]


def _prepare(scratch: Path) -> dict:
    recordings = scratch / "in"
    recordings.mkdir()
    random, fade = np.random.default_rng(0), np.exp(-np.arange(SECONDS * RATE) / RATE)
    for number in range(FILES):
        soundfile.write(recordings / f"{number}.wav", 0.3 * random.standard_normal(SECONDS * RATE) * fade, RATE)
    outputs = iter(range(100))

    def ours():
        with contextlib.redirect_stderr(io.StringIO()):
            folder.prepare(recordings, scratch / f"out{next(outputs)}", ClipFormat())

    def bare():
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
            list(pool.map(_decode, sorted(recordings.iterdir()), chunksize=8))

    taken = alternate([ours, bare], 3)
    baseline = "soundfile and soxr alone, a process a core, nothing kept"
    return row(f"prepare {FILES} files of {SECONDS} s", *taken, baseline)


def _decode(path: Path) -> int:
    audio, rate = soundfile.read(path, dtype="float32")
    return len(soxr.resample(audio, rate, 16000, quality="HQ"))


def _batch(scratch: Path) -> dict:
    game = our_step(noise_data(scratch / "noise"), 16, 64, choose_device())
    ours, step = alternate([lambda: game.batches.draw(64), lambda: game.round(0)], 5)
    return row("a batch of 64", ours, step, "the WGAN-GP iteration at dim 16 that takes six such batches")
