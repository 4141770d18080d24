"""Recordings to clips, in parallel: from files and from members of zip archives, into a data set."""

import io
import math
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan.audio import from_pcm16, read_audio
from training.data.archive import read_member
from training.data.clips import Clip, ClipFormat, DataSetWriter, cut
from training.data.pitch import steady_pitch

MAX_CROPS = 8
JOBS_AHEAD = 16  # a worker, so that memory does not grow with the data


@dataclass(frozen=True)
class Recording:
    """A file of audio, or with `member` one in the zip archive at `path`, and what the index will say of its clips."""

    path: Path
    source: str
    label: str = ""
    split: str = "train"
    licence: str = ""
    member: str = ""
    max_seconds: float = math.inf

    def read(self) -> tuple[np.ndarray, int]:
        """Mono float32 [time] and the sample rate in Hz; ValueError where there is none."""
        file = io.BytesIO(read_member(self.path, self.member)) if self.member else self.path
        return read_audio(file, self.source if self.member else "", self.max_seconds)


@dataclass(frozen=True)
class Skipped:
    """A recording that gave no clip, and why."""

    source: str
    reason: str


def write_recordings(
    writer: DataSetWriter, recordings: list[Recording], max_crops: int, workers: int | None = None
) -> list[Skipped]:
    """Decode, cut and add recordings, in their order.

    Args:
        max_crops: the most clips of one recording.
        workers: processes; by default one a core.

    Returns:
        The recordings that gave no clip.

    Raises:
        ValueError: a process that reads was killed.
    """
    skipped = []
    job = partial(_clips, form=writer.form, max_crops=max_crops)
    results = ordered_map(job, recordings, workers)
    for clips in tqdm(results, total=len(recordings), desc="read", unit="file"):
        if isinstance(clips, Skipped):
            skipped.append(clips)
            continue
        added = [writer.add(clip) for clip in clips]
        if not any(added):
            skipped.append(Skipped(clips[0].source, "has the same samples as one before it"))
    return skipped


def ordered_map(job: Callable, items: Iterable, workers: int | None = None) -> Iterator:
    """`map` on several processes (by default one a core; one is this process), a bounded number of items ahead.

    Raises:
        ValueError: a process was killed.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1:
        yield from map(job, items)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))
    pending: deque = deque()
    try:
        for item in items:
            pending.append(pool.submit(job, item))
            if len(pending) > JOBS_AHEAD * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        raise ValueError("a process that reads audio was killed: is there too little memory?") from None
    finally:
        pool.shutdown(cancel_futures=True)


def _clips(recording: Recording, form: ClipFormat, max_crops: int) -> list[Clip] | Skipped:
    try:
        audio, sample_rate = recording.read()
    except (ValueError, MemoryError) as error:
        return Skipped(recording.source, str(error))
    clips = [
        Clip(pcm, recording.label, recording.source, recording.split, recording.licence, _pitch(pcm, form), onset)
        for pcm, onset in cut(audio, sample_rate, form, max_crops)
    ]
    return clips or Skipped(recording.source, "is silent")


def _pitch(pcm: np.ndarray, form: ClipFormat) -> float | None:
    return steady_pitch(from_pcm16(pcm), form.sample_rate) if form.estimate_pitch else None
