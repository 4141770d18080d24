"""The folded part of the Results tab."""

import pytest
from voting import vote

from audiogan.listening.statistics.analysis import analyse
from audiogan.ui import findings

OVER = [
    (5, 5, "Intervals are over listeners; a label has too few clips for them to cover other clips."),
    (6, 6, "Intervals are over listeners and clips."),
    (
        5,
        6,
        "Intervals are over listeners and clips, or over listeners alone where a system has too few clips of a label.",
    ),
]


@pytest.mark.parametrize(("flutes", "drums", "sentence"), OVER)
def test_intervals_by_instrument_say_what_they_are_over(flutes, drums, sentence):
    rows = [
        vote(f"r{rater}", value=1 + rater * (clip + 1) % 5, label=label, stimulus=f"{label} {clip}")
        for label, count in (("Flute", flutes), ("Snare_drum", drums))
        for rater in range(4)
        for clip in range(count)
    ]
    part = findings.page(analyse(rows), "all").partition("By instrument")[2]
    assert part.startswith(f"</summary><p>{sentence}")


def test_means_by_instrument_without_an_interval_say_nothing_of_it():
    part = findings.page(analyse([vote(value=4)]), "all").partition("By instrument")[2]
    assert part.startswith("</summary><div")
