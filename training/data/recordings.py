"""Recordings to clips, in parallel: from files and from members of zip archives, into a data set."""

import contextlib
import io
import itertools
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audiogan.arguments import printable
from audiogan.audio import BLOCK, AudioFile, resample_span, resampled_blocks
from training.data.archive import read_member
from training.data.clips import Clip, ClipFormat, DataSetWriter
from training.data.onsets import cut, find_starts, piece_size, spread, take
from training.data.pitch import steady_pitches
from training.data.processes import AHEAD, count, ordered_map
from training.data.slots import Slots

MAX_CROPS = 8
MOST_SAMPLES = 2**24  # of all clips of a recording: 32 MiB
MOST_WAITING = 2**27  # samples of clips that wait for an earlier, longer recording: 256 MiB
JOB = 8  # recordings per job at most, so that little time goes into passing them on


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file, or with `member` one in the zip archive at `path`, and the index entries of its clips."""

    path: Path | str
    source: str
    label: str = ""
    split: str = "train"
    licence: str = ""
    member: str = ""
    max_seconds: float = math.inf

    def open(self) -> AudioFile:
        """Open it for reading; ValueError if it is not audio."""
        file = io.BytesIO(read_member(self.path, self.member)) if self.member else self.path
        return AudioFile(file, self.source if self.member else "", self.max_seconds)


@dataclass(frozen=True)
class Skipped:
    """A recording that gave no clip, and why."""

    source: str
    reason: str


@dataclass(frozen=True)
class Heard:
    """A recording's clips, the number of its channels and of clips left out, and whether only one channel was taken."""

    onsets_s: list[float]
    pitches: list[float | None]
    channels: int
    left: int
    unmixed: bool


def write_recordings(
    writer: DataSetWriter, recordings: Iterable[Recording], total: int, max_crops: int, workers: int | None = None
) -> list[Skipped]:
    """Decode, cut and add recordings, in order; print how many were mixed down or could not be, and what is left out.

    Args:
        recordings: drawn as they are needed, so that a million of them need not be in memory.
        total: their number.
        max_crops: maximum clips per recording; of more, an evenly spread choice is taken.
        workers: processes; by default one per core.

    Returns:
        The recordings that gave no clip.

    Raises:
        ValueError: a process that reads was killed, `max_crops` clips would not fit into memory, or no recording gave
            a clip.
    """
    if max_crops * writer.form.num_samples > MOST_SAMPLES:
        most = MOST_SAMPLES // writer.form.num_samples
        raise ValueError(f"--crops must be at most {most} for clips of this length, not {max_crops}")
    skipped, left = [], []
    with contextlib.closing(_hear_all(recordings, total, writer, max_crops, workers)) as results:
        for recording, heard, pcm in tqdm(results, total=total, desc="read", unit="file"):
            reason = heard if isinstance(heard, str) else _add(writer, recording, heard, pcm)
            if reason:
                skipped.append(Skipped(recording.source, reason))
            elif heard.left:
                left.append((heard.left, recording.source))
    if skipped and not writer.count:
        first = skipped[0]
        raise ValueError(f"no usable clip was found in {writer.source}: {first.source} {first.reason}")
    if writer.mixed_down:
        print(f"mixed down {writer.mixed_down} files with several channels to mono", file=sys.stderr)
    if writer.unmixed:
        print(f"took one channel of {writer.unmixed} files whose channels cancel when mixed down", file=sys.stderr)
    if left:
        clips, (most, source) = sum(count for count, _ in left), max(left)
        of = f"{len(left):,} files, {most:,} of {source}" if len(left) > 1 else source
        print(printable(f"--crops {max_crops} left out {clips:,} clips of {of}"), file=sys.stderr)
    return skipped


def _add(writer: DataSetWriter, recording: Recording, heard: Heard, pcm: np.ndarray) -> str:
    """Write the clips of a recording; returns why none was new, or an empty string if one was."""
    rows = zip(pcm, heard.pitches, heard.onsets_s, strict=True)
    what = recording.label, recording.source, recording.split, recording.licence
    added = [writer.add(Clip(pcm, *what, pitch, onset_s)) for pcm, pitch, onset_s in rows]
    if not any(added):
        return "has the same samples as one before it"
    writer.mixed_down += heard.channels > 1 and not heard.unmixed
    writer.unmixed += heard.unmixed
    return ""


def _hear_all(
    recordings: Iterable[Recording], total: int, writer: DataSetWriter, max_crops: int, workers: int | None
) -> Iterator[tuple[Recording, Heard | str, np.ndarray]]:
    """Each recording with its `Heard`, or why there is none, and its clips, int16 [clips, num_samples].

    Several processes work on jobs that are large enough to be worth passing on, and small enough to share.
    """
    form, processes = writer.form, count(workers)
    each = max_crops * form.num_samples  # samples of a recording at most
    size = max(1, min(JOB, total // (4 * processes), MOST_SAMPLES // each))
    ahead = max(1, min(AHEAD, MOST_WAITING // (size * each * processes)))
    jobs, turns = itertools.tee(enumerate(_batches(recordings, size)))  # `turns` lags by a bounded number
    with Slots(writer.partial.path / "slots", ahead * processes + 1, size * each) as slots:
        results = ordered_map(partial(_hear_each, slots=slots, form=form, max_crops=max_crops), jobs, workers, ahead)
        for heard, (turn, batch) in zip(results, turns, strict=True):
            counts = [0 if isinstance(one, str) else len(one.onsets_s) for one in heard]
            pcm = slots.read(turn, sum(counts) * form.num_samples).reshape(-1, form.num_samples)
            yield from zip(batch, heard, np.split(pcm, np.cumsum(counts)[:-1]), strict=True)


def _batches(recordings: Iterable[Recording], size: int) -> Iterator[list[Recording]]:
    recordings = iter(recordings)
    while batch := list(itertools.islice(recordings, size)):
        yield batch


def _hear_each(
    job: tuple[int, Sequence[Recording]], slots: Slots, form: ClipFormat, max_crops: int
) -> list[Heard | str]:
    """Each recording's `Heard`, or why there is none; the clips go to the slot of the job's number."""
    turn, recordings = job
    cuts = [_hear(recording, form, max_crops) for recording in recordings]
    pcm = [clip for cut in cuts if not isinstance(cut, str) for clip, _ in cut[0]]
    if not pcm:
        return cuts
    clips = np.stack(pcm)
    slots.write(turn, clips)
    pitches = iter(steady_pitches(clips, form.sample_rate) if form.estimate_pitch else [None] * len(clips))
    return [
        one
        if isinstance(one, str)
        else Heard([onset for _, onset in one[0]], [next(pitches) for _ in one[0]], *one[1:])
        for one in cuts
    ]


def _hear(
    recording: Recording, form: ClipFormat, max_crops: int
) -> tuple[list[tuple[np.ndarray, float]], int, int, bool] | str:
    """A recording's clips with onsets, then `channels`, `left` and `unmixed` of `Heard`; or why there are no clips."""
    try:
        with recording.open() as sound:
            clips, left = _cut(sound, form, max_crops)
    except (ValueError, MemoryError) as error:
        return str(error) or "does not fit into memory"
    return (clips, sound.channels, left, sound.channel is not None) if clips else "is silent"


def _cut(sound: AudioFile, form: ClipFormat, max_crops: int) -> tuple[list[tuple[np.ndarray, float]], int]:
    """The clips of a recording, without its DC offset, and how many were left out.

    A recording that fits into a block is decoded once, and only what its clips span is resampled. A longer one is
    decoded twice, and resampled up to its last clip. Onsets are found at the recording's own rate.
    """
    size = piece_size(form)
    fits = sound.frames * max(sound.channels, form.sample_rate / sound.sample_rate) <= BLOCK
    blocks = list(sound.blocks()) if fits else None
    found, levels = find_starts(blocks or sound.blocks(), sound.sample_rate, form)
    if sound.unmix(levels.peak):
        return _cut(sound, form, max_crops)
    starts = spread(found, max_crops)
    if not starts:
        return [], 0
    if not blocks:
        pieces = take(resampled_blocks(sound, form.sample_rate, levels.offset), starts, size)
    else:
        whole = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        if levels.offset:
            whole -= np.float32(levels.offset)
        rates = sound.sample_rate, form.sample_rate
        pieces = (resample_span(whole, *rates, start, start + size) for start in starts)
    return cut(pieces, starts, form), len(found) - len(starts)
