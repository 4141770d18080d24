"""Preparing audio against bare decoding and resampling, and a batch against the training step it feeds."""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from audiogan import cores
from audiogan.device import choose_device
from benchmarks.timing import alternate, row
from benchmarks.train_step import noise_data, our_step

FILES = {"wav": 4000, "flac": 1500}
RATE, SHORTEST, LONGEST = 44100, 0.3, 30.0  # Hz and seconds, as in FSDKaggle2018: 6.4 s on average
ROUNDS = 3


def run() -> list[dict]:
    """Five rows: the whole of `prepare folder` for two formats, with pitches and without, and the batches of a step."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = [row for suffix in FILES for row in _prepare(Path(scratch), suffix)]
        return [*rows, _batch(Path(scratch))]


def _prepare(scratch: Path, suffix: str) -> list[dict]:
    """Both sides are commands with equally many processes; their time for a single file is their start-up."""
    many, one = _record(scratch / suffix, FILES[suffix], suffix), _record(scratch / f"one-{suffix}", 1, suffix)
    commands = [lambda folder: _ours(folder, "--no-pitch"), _ours, _bare]
    without, with_pitch, bare = alternate([lambda c=command: c(many) for command in commands], ROUNDS)
    cpu = [_cpu_seconds(lambda c=command: c(many)) for command in commands]
    startup = [min(taken) for taken in alternate([lambda c=command: c(one) for command in commands], ROUNDS)]
    shutil.rmtree(many)
    baseline = f"soundfile and soxr alone on as many processes, nothing kept, {startup[2]:.2f} s of it start-up"
    return [
        row(
            f"prepare {FILES[suffix]} {suffix} files, {name}",
            ours,
            bare,
            baseline,
            startup_s=startup[number],
            cpu_ratio=cpu[2] / cpu[number],
        )
        for number, (name, ours) in enumerate({"without pitches": without, "with pitches": with_pitch}.items())
    ]


def _record(folder: Path, files: int, suffix: str) -> Path:
    """Write noises, 0.3 to 30 s long, mostly short; every other one fades, the rest yield clips up to their end."""
    folder.mkdir()
    random = np.random.default_rng(0)
    noise = 0.3 * random.standard_normal(int(2 * LONGEST * RATE))
    for number in range(files):
        size = int(RATE * SHORTEST * (LONGEST / SHORTEST) ** random.random())
        begin = int(random.integers(len(noise) - size))
        fade = 1.0 if number % 2 else np.exp(-np.arange(size) / RATE / random.uniform(0.2, 5.0))
        try:
            soundfile.write(folder / f"{number}.{suffix}", noise[begin : begin + size] * fade, RATE)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"{folder} cannot hold the sounds to prepare, 2.3 GB at once: {error}") from None
    return folder


def _ours(folder: Path, *options: str) -> None:
    out = folder.parent / "out"
    _run("-m", "training", "prepare", "folder", str(folder), "--out", str(out), *options)
    shutil.rmtree(out)


def _bare(folder: Path) -> None:
    _run(str(Path(__file__).parent / "bare.py"), str(folder), str(cores.count()))


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-300:]}")


def _cpu_seconds(command: Callable[[], None]) -> float:
    """CPU seconds of a command's processes: a second measure beside wall time, for a shared machine."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _batch(scratch: Path) -> dict:
    game = our_step(noise_data(scratch / "noise"), 16, 64, choose_device())
    six = [lambda: [game.batches.draw(64) for _ in range(6)], lambda: game.round(0)]
    ours, step = alternate(six, 5, untimed=3)
    share = statistics.median(ours) / statistics.median(step)
    whole = "the whole WGAN-GP iteration at dim 16 that takes them, no rival"
    return row("six batches of 64", ours, step, whole, share_of_the_iteration=share)
