"""Preparing takes the same memory for any data set: measured over all its processes, on real hits and notes."""

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import SAMPLE_RATE

from audiogan.audio import from_pcm16, resample
from training.data import folder

ROOT = Path(__file__).parent.parent
RATE = 48000
MOST_MIB = 1024
FILES = 3000, 7000  # with fewer, what is on its way between the processes has not filled up yet
HOURS = 2


def memory_mib(pid: int) -> float:
    """Resident memory of a process and of all below it; what they share counts for each."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        below = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:  # it ended meanwhile
        return 0.0
    return pages * 4096 / 2**20 + sum(memory_mib(int(child)) for child in below)


def prepare(recordings: Path, out: Path) -> tuple[int, float]:
    """Clips made and the most memory taken, in MiB."""
    command = [sys.executable, "-m", "training", "prepare", "folder", str(recordings), "--out", str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    most = 0.0
    while process.poll() is None:
        most = max(most, memory_mib(process.pid))
        time.sleep(0.05)
    assert process.returncode == 0
    return int(process.stdout.read().split()[0]), most


class Stereo:
    """Endless stereo: real notes one after the other, each at another level."""

    def __init__(self, clips: np.ndarray):
        self.random = np.random.default_rng(0)
        rows = self.random.choice(len(clips), 200, replace=False)
        self.notes = [resample(from_pcm16(clips[row]), SAMPLE_RATE, RATE) for row in rows]

    def play(self, count: int) -> np.ndarray:
        notes = [self.notes[number] * self.random.uniform(0.2, 0.9) for number in self.random.integers(0, 200, count)]
        return np.concatenate(notes)[:, None] * [1.0, 0.8]


def record(stereo: Stereo, root: Path, files: int) -> None:
    for number in range(files):
        place = root / f"label{number % 8}"
        place.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / f"{number}.flac", stereo.play(int(stereo.random.integers(1, 9))), RATE)


def record_hours(stereo: Stereo, path: Path) -> None:
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        while file.frames < HOURS * 3600 * RATE:
            file.write(stereo.play(60))


@pytest.mark.long
@pytest.mark.soundfonts
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_memory_does_not_grow_with_the_data_set(general_midi_data, tmp_path):
    stereo, taken = Stereo(general_midi_data.clips), {}
    for files in FILES:
        record(stereo, tmp_path / f"{files}", files)
        clips, taken[files] = prepare(tmp_path / f"{files}", tmp_path / f"out{files}")
        print(f"{files} files, {clips} clips: {taken[files]:.0f} MiB")
    few, many = FILES
    record_hours(stereo, tmp_path / f"{few}/label0/hours.flac")
    clips, long = prepare(tmp_path / f"{few}", tmp_path / "long")
    print(f"{few} files and one of {HOURS} hours, {clips} clips: {long:.0f} MiB")
    assert max(*taken.values(), long) < MOST_MIB
    assert taken[many] < taken[few] + 40


def test_little_more_than_a_name_is_kept_of_a_file(tmp_path, monkeypatch):
    """A million files are under 0.3 GB then."""
    count, seen = 20_000, []
    name = "some-label-or-other/recording-{:06}.wav".format
    monkeypatch.setattr(folder, "find", lambda _: (list(map(name, range(count))), []))

    def write(writer, recordings, total, *_):
        seen.append(sum(1 for _ in recordings))
        return []

    monkeypatch.setattr(folder, "write_recordings", write)
    tracemalloc.start()
    with pytest.raises(ValueError, match="no usable clip"):
        folder.prepare(tmp_path, tmp_path / "out", folder.ClipFormat())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{peak / count:.0f} bytes a file")
    assert seen == [count]
    assert peak / count < 300
