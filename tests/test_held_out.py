"""Which files of a folder are held out: only those that give clips, whatever else lies beside them."""

import numpy as np
import pytest
import soundfile
from conftest import SAMPLE_RATE, tone
from test_data import FORM

from audiogan.dataset import PreparedData
from training.data import folder, statistics

LABELS = {"kick": 12, "snare": 2}  # files
HELD_OUT = {"kick/05.wav", "snare/00.wav"}  # of these names, ever since: a data set prepared again is the same


@pytest.fixture
def sounds(tmp_path):
    """Files that all give a clip; their names sort as they are numbered."""
    for place, (label, count) in enumerate(LABELS.items()):
        (tmp_path / "sounds" / label).mkdir(parents=True)
        for number in range(count):
            hz = 300 + 900 * place + 20 * number
            soundfile.write(tmp_path / "sounds" / label / f"{number:02}.wav", tone(hz, 0.5), SAMPLE_RATE)
    return tmp_path / "sounds"


def splits(sounds) -> dict[str, set[str]]:
    """The files that gave clips, by their split; checks that all of the data set agrees with the index."""
    folder.prepare(sounds, out := sounds.parent / "out", FORM, workers=1)
    data = PreparedData(out)
    for split, counts in data.meta["counts"].items():
        labels = [row["label"] for row in data.index if row["split"] == split]
        assert counts == {label: labels.count(label) for label in sorted(set(labels))}
    for name, values in statistics.measure(data.clips, data.rows("train"), data.sample_rate).items():
        np.testing.assert_array_equal(data.statistics[name], values)
    assert [row["clip"] for row in data.index] == [f"{number}" for number in range(len(data.clips))]
    return {split: {data.index[row]["source"] for row in data.rows(split)} for split in ("train", "test")}


def chosen_first(label: str) -> str:
    """A name that is held out rather than any other of its label, and sorts behind them."""
    others = [f"{label}/{number:02}.wav" for number in range(LABELS[label])]
    names = (f"{label}/z{number}.wav" for number in range(1000))
    return next(name for name in names if name in folder.held_out([*others, name]))


def test_names_alone_choose_where_every_file_gives_clips(sounds):
    names = [path.relative_to(sounds).as_posix() for path in sounds.rglob("*.wav")]
    assert splits(sounds)["test"] == folder.held_out(names) == HELD_OUT


@pytest.mark.parametrize("fault", ["empty", "copy", "copy of another label"])
def test_a_file_that_gives_no_clip_takes_no_place_in_a_split(sounds, fault):
    for label in LABELS:
        original = sounds / ("kick" if fault == "copy of another label" else label) / "00.wav"
        (sounds / chosen_first(label)).write_bytes(b"" if fault == "empty" else original.read_bytes())
    found = splits(sounds)
    assert found["test"] == HELD_OUT
    assert len(found["train"]) == sum(LABELS.values()) - 2


def test_the_one_file_that_gives_clips_is_learnt_from(sounds):
    (learnt,) = folder.held_out(["snare/00.wav", "snare/01.wav"])
    (other,) = {"snare/00.wav", "snare/01.wav"} - {learnt}
    (sounds / other).write_bytes(b"")
    assert learnt in splits(sounds)["train"]
