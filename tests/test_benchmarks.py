"""The benchmarks run and give rows with the promised keys. What they measure is no business of a test."""

import pytest

from benchmarks import generate, griffin_lim

KEYS = {"name", "ours_s", "baseline_s", "ratio", "baseline", "machine"}


@pytest.mark.parametrize(
    ("run", "rows"),
    [
        (lambda: griffin_lim.run(clips=1, rounds=1), 2),
        (lambda: generate.run(dim=2, rounds=1), 3),
    ],
    ids=["griffin-lim", "generate"],
)
def test_rows_have_the_promised_keys(run, rows):
    measured = run()
    assert len(measured) == rows
    for row in measured:
        assert set(row) >= KEYS
        assert row["ours_s"] > 0
        assert row["baseline_s"] > 0
        assert row["ratio"] > 0
