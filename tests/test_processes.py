"""Work in several processes."""

import os

import pytest

from training.data import processes


def test_a_killed_reader_is_one_sentence():
    with pytest.raises(ValueError, match="was killed"):
        list(processes.ordered_map(os._exit, [1, 1, 1], workers=2))
