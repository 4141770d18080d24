"""One process that makes sounds all day stays as large as it was after an hour."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SESSION = """
import sys
import app  # whose threads sleep while they wait
from audiogan.ui import Library, bound_arenas
from audiogan.ui.sounds import MAX_CLIPS, Sounds

bound_arenas()
library = Library(device="cpu")
sounds, synthesizer = Sounds(library), library.get("hybrid-instruments").synthesizer
labels, pitched = synthesizer.labels, synthesizer.pitched_labels

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

made, request = 0, 0
while made < int(sys.argv[1]):
    label = labels[request % len(labels)]
    size = (1, 4, 8, 16, MAX_CLIPS)[request % 5]
    shared = {"model": synthesizer.name, "label": label, "seed": str(request), "pitch": 40 + request % 40}
    answer = sounds.answer({"sounds": [shared | {"index": index} for index in range(size)]})
    assert len(answer["sounds"]) == size, answer
    before, made, request = made, made + size, request + 1
    if before // 1000 < made // 1000:
        print(made, round(resident(), 1), flush=True)
"""


@pytest.mark.long
def test_ten_thousand_sounds_leave_the_process_as_it_was():
    command = [sys.executable, "-c", SESSION, "10000"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    print("\nsounds made, MiB resident:", ", ".join(f"{made} {size}" for made, size in rows))
    assert float(rows[-1][1]) - float(rows[0][1]) < 30
