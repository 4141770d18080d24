"""What counts as a number: Python's and numpy's alike, and neither truth values nor what is no number."""

import numpy as np
import pytest

from audiogan import latent
from audiogan.checks import check_pitch, check_seed


@pytest.mark.parametrize("pitch", [60, 60.0, np.float32(60), np.int64(60)])
def test_any_number_is_a_pitch(pitch):
    assert check_pitch(pitch) == 60.0


@pytest.mark.parametrize("pitch", [True, np.True_, np.float32("nan"), np.float64(128), "60", 1j])
def test_what_is_no_pitch_is_refused(pitch):
    with pytest.raises(ValueError, match="pitch must be a MIDI number"):
        check_pitch(pitch)


def test_numpy_numbers_are_seeds_and_truncations():
    assert check_seed(np.uint64(7)) == 7
    assert latent.truncate(np.ones(2, np.float32), np.float32(0.5)).tolist() == [0.5, 0.5]
