"""Directions: named by what is measured along them, silent about what is not."""

import numpy as np
import pytest

from audiogan import directions, synthesis
from audiogan.descriptors import DESCRIPTORS
from audiogan.models import ARCHITECTURES

NAMES = [descriptor.name for descriptor in DESCRIPTORS]


def moved(**steps: float) -> np.ndarray:
    """[descriptors, 3, 8]: clips that differ by a spread of 100 and move by the given steps."""
    clips = np.tile(np.linspace(-150, 150, 8), (len(NAMES), 3, 1))
    for name, step in steps.items():
        clips[NAMES.index(name)] += step * np.array([-1, 0, 1])[:, None]
    return clips


def test_the_largest_steady_change_gives_the_name():
    meaning = directions.name_change(moved(brightness=200, length=300))
    assert (meaning.name, meaning.low, meaning.high) == ("length", "shorter", "longer")
    assert meaning.change == pytest.approx(600)


def test_a_falling_descriptor_swaps_the_ends():
    meaning = directions.name_change(moved(brightness=-200))
    assert (meaning.low, meaning.high, meaning.change) == ("brighter", "darker", pytest.approx(-400))


def test_small_unsteady_or_unmeasured_changes_have_no_name():
    assert directions.name_change(moved(brightness=15)) == directions.Meaning()  # less than is heard
    assert directions.name_change(moved(length=25)) == directions.Meaning()  # heard, but little beside the spread
    unsteady = moved()
    unsteady[0, 2] += 900 * np.array([1, -1, 1, -1, 1, -1, 1, 0])
    assert directions.name_change(unsteady) == directions.Meaning()
    unknown = moved(pitch=400)
    unknown[NAMES.index("pitch"), 1, :5] = np.nan
    assert directions.name_change(unknown) == directions.Meaning()


def test_a_steered_direction_answers_for_its_own_descriptor_only():
    assert directions.name_change(moved(length=300), aim="brightness") == directions.Meaning()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_has_first_features(architecture, checkpoints):
    synthesizer = synthesis.load(f"tiny-{architecture}", "cpu", checkpoints)
    features = synthesizer.first_features(synthesizer.latents(range(20), 0), "Flute", 60.0)
    assert features.shape[0] == 20
    assert np.linalg.matrix_rank(features - features.mean(0)) == min(19, features.shape[1])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_directions_of_an_untrained_model(checkpoints, architecture):
    synthesizer = synthesis.load(checkpoints / f"tiny-{architecture}", "cpu")
    found = directions.Directions(synthesizer, "Flute")
    vectors = found.vectors()
    assert vectors.shape == (len(found), 100)
    assert np.isfinite(vectors).all()
    assert (np.linalg.norm(vectors[len(NAMES) :], axis=1) > 0.1).all()
    assert found.meaning(len(found) - 1) is found.meaning(len(found) - 1)
