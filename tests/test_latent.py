"""Latents: seeded, independent of their neighbours, and the path between two of them."""

import numpy as np
import pytest

from audiogan import latent


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_a_clip_does_not_depend_on_its_neighbours(distribution):
    together = latent.sample(range(20), 7, 33, distribution)
    alone = latent.sample([13], 7, 33, distribution)
    assert together.shape == (20, 33)
    assert together.dtype == np.float32
    np.testing.assert_array_equal(together[13], alone[0])


def test_seeds_and_indices_differ():
    assert not np.array_equal(latent.sample([0], 1, 8), latent.sample([1], 0, 8))
    assert not np.array_equal(latent.sample([0], 1, 8), latent.sample([0], 2, 8))


@pytest.mark.parametrize("seed", [0, 5, 2**32 - 1])
def test_sounds_of_small_seeds_are_for_ever_these(seed):
    """Of numpy's own streams, which addresses, studies and examples rely on."""
    z, label, pitch = (np.random.default_rng((seed, 3, *purpose)) for purpose in ((), (1,), (2,)))
    np.testing.assert_array_equal(latent.sample([3], seed, 8)[0], z.uniform(-1, 1, 8).astype(np.float32))
    assert latent.draw_labels([3], seed, 1000) == [label.integers(1000)]
    assert latent.draw_pitches([3], seed, np.ones((1, 129))) == [float(int(pitch.uniform() * 129))]


def test_no_two_streams_of_small_and_large_seeds_are_one():
    seeds = [*range(4), *(low + high * 2**32 for low in range(4) for high in (1, 2, 3)), latent.MAX_SEED]
    first = [latent.sample(range(4), seed, 4)[:, 0] for seed in seeds]
    assert len(np.unique(np.concatenate(first))) == 4 * len(seeds)
    labels = [label for seed in seeds for label in latent.draw_labels(range(4), seed, 2**62)]
    assert len(set(labels)) == 4 * len(seeds)
    of_labels = np.random.default_rng((3, 2, 1)).uniform(-1, 1)
    assert latent.sample([1], 3 + 2 * 2**32, 1) != np.float32(of_labels)


def test_distributions_have_their_moments():
    uniform = latent.sample(range(200), 0, 100)
    normal = latent.sample(range(200), 0, 100, "normal")
    assert np.abs(uniform).max() <= 1
    assert uniform.std() == pytest.approx(1 / np.sqrt(3), abs=0.01)
    assert normal.std() == pytest.approx(1, abs=0.02)
    with pytest.raises(ValueError, match="distribution"):
        latent.sample([0], 0, 8, "cauchy")


def test_labels_cover_all_and_do_not_follow_z():
    drawn = latent.draw_labels(range(200), 3, 5)
    assert set(drawn) == set(range(5))
    assert drawn[:10] == latent.draw_labels(range(10), 3, 5)


def test_truncation_scales():
    z = np.array([1.0, -0.5], dtype=np.float32)
    np.testing.assert_array_equal(latent.truncate(z, 1.0), z)
    np.testing.assert_allclose(latent.truncate(z, 0.5), [0.5, -0.25])
    for bad in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="truncation"):
            latent.truncate(z, bad)


def test_slerp_follows_the_quarter_circle():
    path = latent.slerp(np.array([1.0, 0.0]), np.array([0.0, 2.0]), 3)
    np.testing.assert_allclose(path, [[1, 0], [1.5 / np.sqrt(2), 1.5 / np.sqrt(2)], [0, 2]], atol=1e-6)


@pytest.mark.parametrize("end", [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
def test_slerp_survives_parallel_opposite_and_zero(end):
    path = latent.slerp(np.array([1.0, 0.0]), np.array(end), 5)
    assert np.isfinite(path).all()
    np.testing.assert_array_equal(path[-1], end)


def test_slerp_at_takes_a_fraction_for_each_pair():
    start, end = np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([[0.0, 2.0], [0.0, 1.0]])
    path = latent.slerp_at(start, end, np.array([0.5, 0.25]))
    np.testing.assert_allclose(path, [[1.5 / np.sqrt(2), 1.5 / np.sqrt(2)], [0, 2.5]], atol=1e-6)


def test_plane_meets_its_corners_and_bends_between_them():
    corners = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 3]], np.float32)
    at_corners = latent.plane(corners, np.array([0.0, 1, 0, 1]), np.array([0.0, 0, 1, 1]))
    np.testing.assert_array_equal(at_corners, corners)
    half = 1 / np.sqrt(2)  # the top edge's middle is (half, half, 0), the bottom's (0, 0, 2): 90 degrees apart
    middle = latent.plane(corners, np.array([0.5]), np.array([0.5]))
    np.testing.assert_allclose(middle, [[1.5 * half * half, 1.5 * half * half, 1.5 * half]], atol=1e-6)


def test_an_edge_of_the_plane_is_slerp():
    corners = latent.sample(range(4), 0, 16)
    along = np.linspace(0, 1, 5)
    edge = latent.plane(corners, along, np.zeros(5))
    np.testing.assert_allclose(edge, latent.slerp(corners[0], corners[1], 5), atol=1e-6)


def test_principal_directions_of_a_known_map():
    z = np.array([[1, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]], np.float32)  # white in its first two entries
    features = z @ np.array(
        [[0.0, 1, 0, 0], [5, 0, 0, 0], [0, 0, 7, 0]]
    )  # the second entry counts five times the first
    directions = latent.principal_directions(z, features, 2)
    np.testing.assert_allclose(directions, [[0, 1, 0], [1, 0, 0]], atol=1e-6)


def test_principal_directions_move_features_by_one_standard_deviation():
    random = np.random.default_rng(0)
    z = latent.sample(range(2000), 0, 6, "normal")
    matrix = np.diag([6.0, 4, 3, 2, 1, 0.5]) @ np.linalg.qr(random.standard_normal((6, 6)))[0]
    directions = latent.principal_directions(z, z @ matrix, 6)
    moved = np.linalg.norm(directions @ matrix, axis=1)
    np.testing.assert_allclose(moved, [6, 4, 3, 2, 1, 0.5], rtol=0.05)


def test_steer_finds_what_grows_within_the_span():
    z = np.array([[1, 1, 1], [1, -1, 1], [-1, 1, -1], [-1, -1, -1]], np.float32)
    span = np.array([[1.0, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(latent.steer(z, 3 * z[:, 0] + 4 * z[:, 1], span), [0.6, 0.8, 0], atol=1e-6)
    np.testing.assert_array_equal(latent.steer(z, np.ones(4), span), np.zeros(3))
