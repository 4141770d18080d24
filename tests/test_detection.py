"""How well listeners tell real from invented, against values worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from audiogan.listening.statistics import detection
from audiogan.listening.statistics.answers import Answers

STUDIES = 400
SPREAD = np.sqrt(1 + 2.25 * 0.3**2)  # of what decides an answer: its own chance, and listeners and clips
LOPSIDED = [(15, 0.70, 0.05), (30, 0.70, 0.02), (60, 0.75, 0.01), (15, 0.95, 0.40)]  # raters, hits, false alarms


def study(seed: int, raters: int, clips: int, heard: int, d_prime: float, readily=0.0) -> tuple[Answers, Answers]:
    """What listeners of unlike readiness and keenness say of real and invented clips of unlike kinds."""
    stream = np.random.default_rng(seed)
    ready, keen = stream.normal(0, 0.3, (2, raters, 1))
    ready += readily
    chosen = stream.permuted(np.tile(np.arange(clips), (raters, 1)), axis=1)[:, :heard]
    sides = []
    for sign in (0.5, -0.5):
        chance = ready + sign * (d_prime + keen) + stream.normal(0, 0.3, clips)[chosen]
        said = stream.normal(chance) > 0
        sides.append(Answers(said.ravel(), [f"r{n:04}" for n in np.repeat(np.arange(raters), heard)], chosen.ravel()))
    return tuple(sides)


def lopsided(raters: int, hits: float, false_alarms: float) -> dict:
    """A world with these shares called real."""
    ends = SPREAD * stats.norm.ppf((hits, false_alarms))
    return {"raters": raters, "clips": 12, "heard": 3, "d_prime": ends[0] - ends[1], "readily": ends.mean()}


def coverage(studies: int, **world) -> tuple[float, float]:
    """How often the interval of d' holds what endless listeners and clips give, and its width over an honest one's."""
    truth = detection.detect(*study(10**6, **(world | {"raters": 3000, "clips": 1000, "heard": 12}))).d_prime
    found = [detection.detect(*study(seed, **world)) for seed in range(studies)]
    ends = np.array([(one.d_prime_interval.low, one.d_prime_interval.high) for one in found])
    held = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
    honest = 2 * stats.norm.ppf(0.975) * np.std([one.d_prime for one in found])
    return held.mean(), (ends[:, 1] - ends[:, 0]).mean() / honest


class TestDetection:
    def test_rates_by_hand(self):
        # H = (8 + .5) / 11, F = (2 + .5) / 11: symmetric, so c = 0 and d' = 2 z(H); errors 2/10 and 2/10.
        error, d_prime, criterion = detection.rates(8, 10, 2, 10)
        assert error == pytest.approx(0.2)
        assert d_prime == pytest.approx(2 * stats.norm.ppf(8.5 / 11))
        assert criterion == pytest.approx(0)

    def test_perfect_listener_has_finite_sensitivity(self):
        assert detection.rates(10, 10, 0, 10)[1] == pytest.approx(2 * stats.norm.ppf(10.5 / 11))

    def test_who_says_real_to_all_has_a_negative_criterion_and_no_sensitivity(self):
        error, d_prime, criterion = detection.rates(10, 10, 10, 10)
        assert (error, d_prime) == (0.5, 0)
        assert criterion < -1

    @pytest.mark.parametrize("share", [0, 1 / 15, 2 / 3, 1])
    def test_equal_shares_of_unequal_numbers_are_no_sensitivity(self, share):
        error, d_prime, criterion = detection.rates(45 * share, 45, 15 * share, 15)
        assert (error, d_prime) == pytest.approx((0.5, 0))
        # Two votes added to sixty, half of them "real": as if 31 of 31 were asked of each side.
        assert criterion == pytest.approx(-stats.norm.ppf((30 * share + 0.5) / 31))

    def test_interval_is_by_the_slopes_of_the_estimate(self):
        """Sixty raters of one vote each: a vote more or less moves d' by its slope, and that is all there is."""
        said = [np.arange(45) % 5 > 0, np.arange(15) % 3 > 1]  # 36 of 45, 5 of 15
        sides = [Answers(one, np.arange(len(one)) + first, one) for one, first in zip(said, (100, 200), strict=True)]
        found, squares, nudge = detection.detect(*sides), 0.0, 1e-5
        for moved, own in zip(np.eye(2), said, strict=True):
            d_prime = detection.rates(36 + nudge * moved[0], 45, 5 + nudge * moved[1], 15)[1]
            squares += np.square((d_prime - found.d_prime) / nudge * (own - own.mean())).sum()
        reach = stats.t.ppf(0.975, 59) * np.sqrt(60 / 59 * squares)
        assert found.d_prime_interval.high - found.d_prime == pytest.approx(reach, rel=1e-4)

    def test_detect_counts(self):
        real, invented = study(0, 40, 12, 6, 1.5)
        found = detection.detect(real, invented)
        assert (found.real, found.invented) == (240, 240)
        assert (found.hits, found.false_alarms) == (real.values.sum(), invented.values.sum())
        assert found.error == pytest.approx((1 - found.hits / 240 + found.false_alarms / 240) / 2)

    def test_few_clips_on_either_side_are_these_clips(self):
        stream, raters = np.random.default_rng(0), [f"r{n:02}" for n in np.repeat(np.arange(30), 6)]
        clips = np.tile(np.arange(6), 30)
        real, invented = (Answers(stream.random(180) < p - 0.4 * (clips > 2), raters, clips) for p in (0.9, 0.5))
        few = Answers(invented.values, raters, clips % 5)
        found, of_raters = (detection.detect(real, other) for other in (invented, few))
        assert (found.over, of_raters.over) == ("raters and clips", "raters")
        assert of_raters.error == found.error
        errors = (1 - real.values.reshape(30, 6).mean(1) + few.values.reshape(30, 6).mean(1)) / 2  # each rater's own
        reach = stats.t.ppf(0.975, 29) * errors.std(ddof=1) / np.sqrt(30)
        interval = of_raters.error_interval
        assert (interval.low, interval.high) == pytest.approx((found.error - reach, found.error + reach))
        assert found.error_interval.high - found.error_interval.low > 2 * reach

    def test_a_rater_of_both_sets_is_one(self):
        """Who says "real" more readily does so of both: that moves the criterion, and not how well they can tell."""
        ready = np.repeat(np.arange(30) % 2, 6)
        clips = np.tile(np.arange(6), 30)
        said = np.where(ready, clips != 0, clips == 0)
        names = [f"r{n:02}" for n in np.repeat(np.arange(30), 6)]
        found = detection.detect(Answers(said, names, clips % 3), Answers(said, names, clips % 3))
        assert found.d_prime_interval.high == pytest.approx(0)
        assert found.criterion_interval.high - found.criterion_interval.low > 0.5

    def test_side_whose_votes_all_agree_is_as_uncertain_as_wilsons_of_its_raters(self):
        raters, clips = np.repeat(np.arange(21), 6), np.tile(np.arange(6), 21)
        none = Answers(np.zeros(126), raters, clips)
        mixed = Answers((raters + clips) % 3 > 0, raters, clips)  # two thirds of each rater's and of each clip's votes
        found = detection.detect(mixed, none)
        end = stats.binomtest(0, 21).proportion_ci(method="wilson").high
        unseen = stats.norm.ppf(end) - stats.norm.ppf(0.5 / 127)  # the false alarms' z, with the added votes
        assert found.d_prime_interval.high - found.d_prime == pytest.approx(unseen)
        assert found.criterion_interval.high - found.criterion == pytest.approx(unseen / 2)
        assert found.error_interval.high - found.error == pytest.approx(end / 2)
        assert found.over == "raters"
        perfect = detection.detect(Answers(np.ones(126), raters, clips), none)
        assert perfect.d_prime_interval.high - perfect.d_prime == pytest.approx(np.sqrt(2) * unseen)

    @pytest.mark.parametrize("world", [{"raters": 30, "d_prime": 0.5}, lopsided(*LOPSIDED[1])])
    def test_sixty_studies(self, world):
        held, width = coverage(60, **({"clips": 12, "heard": 3} | world))
        assert held >= 0.86
        assert width < 1.8

    @pytest.mark.long
    @pytest.mark.parametrize(
        ("raters", "clips", "heard", "d_prime"),
        [(15, 12, 3, 1.0), (30, 12, 3, 0.5), (60, 12, 3, 0.5), (100, 12, 3, 2.0), (30, 12, 12, 1.0), (30, 6, 3, 0.0)],
    )
    def test_95_percent_intervals_hold_the_truth(self, raters, clips, heard, d_prime, capsys):
        held, width = coverage(STUDIES, raters=raters, clips=clips, heard=heard, d_prime=d_prime)
        with capsys.disabled():
            print(f"\n{raters} raters, {clips} clips, {heard} a rater, d' {d_prime}: {held:.1%}, {width:.2f} times")
        assert 0.91 <= held <= 0.995
        assert width < 1.3

    @pytest.mark.long
    @pytest.mark.parametrize(("raters", "hits", "false_alarms"), LOPSIDED)
    def test_95_percent_intervals_hold_where_a_side_nearly_agrees(self, raters, hits, false_alarms, capsys):
        held, width = coverage(STUDIES, **lopsided(raters, hits, false_alarms))
        with capsys.disabled():
            print(f"\n{raters} raters, {hits:.0%} and {false_alarms:.0%} called real: {held:.1%}, {width:.2f} times")
        assert held >= 0.93

    def test_nothing_to_compare_is_none(self):
        some, none = Answers([1], ["a"], ["x"]), Answers([], [], [])
        assert detection.detect(some, none) is None
