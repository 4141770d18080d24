"""Tiles: who waits together is computed together, and nobody hears another's sound."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import LABELS

import audiogan
from audiogan.models import ARCHITECTURES
from audiogan.tiles import TILE, ClosedError, Tiles


class Oven:
    """Bakes z + 100 number + 10,000 pitch, one tile at a time, while `go` is set; keeps the tiles."""

    def __init__(self):
        self.go, self.begun, self.tiles, self.within = threading.Event(), threading.Event(), [], threading.Semaphore(1)
        self.go.set()

    def bake(self, z, numbers, pitches):
        assert self.within.acquire(blocking=False)
        self.begun.set()
        assert self.go.wait(60)
        assert len(z) == len(numbers) == len(pitches) == TILE
        self.tiles.append(z[:, 0].tolist())
        self.within.release()
        if (z == 666).any():
            raise RuntimeError("burnt")
        return z + 100 * np.array(numbers)[:, None] + 10_000 * np.array(pitches)[:, None]


def order(tiles: Tiles, first: float, count: int) -> np.ndarray:
    """Clips first, first + 1, ... of label 1 and pitch 2."""
    return tiles(first + np.arange(count, dtype=np.float32)[:, None], [1] * count, [2.0] * count)


def orders(oven: Oven, tiles: Tiles, *wanted: tuple[float, int]) -> list:
    """Orders that come one after the other while the first one's tile is under way; their clips, or errors."""
    oven.go.clear()
    with ThreadPoolExecutor(len(wanted)) as pool:
        coming = []
        for number, one in enumerate(wanted):
            coming.append(pool.submit(order, tiles, *one))
            assert oven.begun.wait(60)
            while len(tiles._waiting) < number:
                time.sleep(0.001)
        oven.go.set()
        return [one.exception() or one.result()[:, 0].tolist() for one in coming]


def test_a_caller_alone_has_a_tile_of_their_own():
    oven = Oven()
    assert order(Tiles(oven.bake), 5, 3)[:, 0].tolist() == [20105, 20106, 20107]
    assert oven.tiles == [[5, 6, 7, 7, 7, 7, 7, 7]]


def test_closed_in_the_middle_of_a_tile_it_finishes_that_and_no_other():
    oven = Oven()
    tiles, bake = Tiles(oven.bake), oven.bake
    tiles._compute = lambda *what: (tiles.close(), bake(*what))[1]
    first, second, third = orders(oven, tiles, (1, 8), (11, 8), (21, 8))
    assert first == [20101 + number for number in range(8)]
    assert type(second) is type(third) is ClosedError
    assert len(oven.tiles) == 1


def test_who_waits_together_shares_a_tile_in_turn():
    oven = Oven()
    told = orders(oven, Tiles(oven.bake), (0, 8), (10, 3), (20, 8), (30, 4), (40, 2), (50, 1))
    assert told == [[20100 + first + at for at in range(count)] for first, count in
                    ((0, 8), (10, 3), (20, 8), (30, 4), (40, 2), (50, 1))]  # fmt: skip
    assert oven.tiles == [[*range(8)], [10, 11, 12, 30, 31, 32, 33, 50], [*range(20, 28)], [40, 41, *[41] * 6]]


def test_a_mistake_reaches_those_whose_tile_it_was_and_nobody_else():
    oven = Oven()
    first, burnt, beside, last = orders(oven, Tiles(oven.bake), (0, 8), (666, 1), (2, 1), (30, 8))
    assert str(burnt) == str(beside) == "burnt"
    assert first[0] == 20100
    assert last[0] == 20130


def test_many_threads_each_get_their_own():
    oven = Oven()
    tiles = Tiles(oven.bake)
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda first: order(tiles, first, 1 + first % TILE)[0, 0], range(600)))
    assert told == [20100 + first for first in range(600)]
    assert len(oven.tiles) <= 600


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_clip_is_the_same_wherever_in_a_tile_and_whoever_is_beside_it(architecture, checkpoints):
    synthesizer = audiogan.load(f"tiny-{architecture}", "cpu", checkpoints)
    z, random = synthesizer.latents(range(24), 1), np.random.default_rng(0)
    alone = synthesizer.render(z, [LABELS[0]] * 24, [60.0] * 24)
    for _ in range(4):
        places = random.permutation(24)
        again = synthesizer.render(z[places], [LABELS[0]] * 24, [60.0] * 24)
        np.testing.assert_allclose(again, alone[places], atol=2**-17)  # a quarter of a step of 16 bits
