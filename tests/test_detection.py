"""How well listeners tell real from invented, against values worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from audiogan.listening.statistics import detection, intervals
from audiogan.listening.statistics.answers import Answers


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

    def test_detect_counts_and_its_interval_holds_the_truth(self):
        stream, raters = np.random.default_rng(0), [f"r{n:02}" for n in np.repeat(np.arange(40), 6)]
        clips = np.tile(np.arange(6), 40)
        real, invented = (Answers(stream.random(240) < p, raters, clips) for p in (0.8, 0.3))
        found = detection.detect(real, invented, (raters, raters))
        assert (found.real, found.invented) == (240, 240)
        assert found.hits == real.values.sum()
        truth = stats.norm.ppf(0.8) - stats.norm.ppf(0.3)
        assert found.d_prime_interval.low < truth < found.d_prime_interval.high
        assert found.error_interval.low < 0.25 < found.error_interval.high

    def test_few_clips_on_either_side_are_not_drawn_anew(self):
        stream, raters = np.random.default_rng(0), [f"r{n:02}" for n in np.repeat(np.arange(30), 6)]
        clips = np.tile(np.arange(6), 30)
        real, invented = (Answers(stream.random(180) < p - 0.4 * (clips > 2), raters, clips) for p in (0.9, 0.5))
        few = Answers(invented.values, raters, clips % 5)
        found, of_raters = (detection.detect(real, other, (raters, raters)) for other in (invented, few))
        assert (found.over, of_raters.over) == ("raters and clips", "raters")
        assert of_raters.error == found.error
        drawn = intervals.draws(30, intervals.RESAMPLES)
        hits, alarms = (drawn @ side.reshape(30, 6).sum(1) for side in (real.values, few.values))
        expected = np.quantile((1 - hits / 180 + alarms / 180) / 2, (0.025, 0.975))
        assert (of_raters.error_interval.low, of_raters.error_interval.high) == pytest.approx(tuple(expected))

    def test_nothing_to_compare_is_none(self):
        some, none = Answers([1], ["a"], ["x"]), Answers([], [], [])
        assert detection.detect(some, none, (["a"], [])) is None
