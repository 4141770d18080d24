"""How many cores are counted: those of this process, in a container or out of it."""

import os
import subprocess
import sys

import pytest

from audiogan import cores

COUNT = "from audiogan import cores; print(cores.count())"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max 100000\n", 16),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("1000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("", 16),
        ("0 0\n", 16),
        (None, 16),
    ],
)
def test_a_containers_share_is_what_counts(tmp_path, monkeypatch, limit, expected):
    if limit is not None:
        (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(cores, "CGROUP_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert cores.count() == expected


def test_without_affinity_the_machines_cores_count(monkeypatch, tmp_path):
    monkeypatch.setattr(cores, "CGROUP_LIMIT", tmp_path / "none")
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert cores.count() == 10


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_a_process_bound_to_one_core_has_one():
    def bind():
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])

    told = subprocess.run([sys.executable, "-c", COUNT], preexec_fn=bind, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1"
