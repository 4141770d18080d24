"""The file through which processes hand over samples: what was left is read, place by place and in turn."""

import numpy as np
import pytest

from training.data.slots import Slots


def test_what_is_left_is_read_and_places_are_taken_in_turn(tmp_path):
    random = np.random.default_rng(0)
    with Slots(tmp_path / "slots", 3, 40) as slots:
        for turn in range(9):
            pcm = random.integers(-9999, 9999, (turn % 4 + 1, 10)).astype(np.int16)
            slots.write(turn, pcm)
            before = slots.read(turn, pcm.size)
            np.testing.assert_array_equal(before, pcm.ravel())
        assert (tmp_path / "slots").stat().st_size <= 3 * 40 * 2
        assert slots.read(9, 0).size == 0
        slots.write(10, np.zeros(40, np.int16))
        assert before.any()  # a copy: what comes later does not change it
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_cut_short_is_one_sentence(tmp_path):
    with Slots(tmp_path / "slots", 2, 40) as slots:
        slots.write(0, np.ones(10, np.int16))
        with pytest.raises(ValueError, match="was cut short"):
            slots.read(0, 40)
