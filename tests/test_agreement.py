"""How far listeners agree with each other and with themselves, by hand and as krippendorff has it."""

import krippendorff
import numpy as np
import pytest
from voting import vote

from audiogan.listening.statistics import agreement


class TestAgreement:
    def test_alpha_is_krippendorffs(self):
        stream = np.random.default_rng(0)
        for spread in (0.3, 1.0, 3.0):
            table = np.clip(np.rint(stream.normal(3, 1, 20) + stream.normal(0, spread, (6, 20))), 1, 5)
            table[stream.random(table.shape) < 0.4] = np.nan
            expected = krippendorff.alpha(table, level_of_measurement="ordinal")
            assert agreement.ordinal_alpha(table) == pytest.approx(expected)

    def test_alpha_of_the_same_answers_is_one_and_of_nothing_none(self):
        assert agreement.ordinal_alpha(np.array([[1.0, 2, 5], [1, 2, 5]])) == 1
        assert agreement.ordinal_alpha(np.array([[3.0, 3], [3, 3]])) is None
        assert agreement.ordinal_alpha(np.array([[1.0, np.nan], [np.nan, 2]])) is None
        assert agreement.ordinal_alpha(np.zeros((0, 0))) is None

    def test_clips_of_votes_outside_a_study_are_told_apart_by_their_hash(self):
        rows = [
            vote(rater, value=value, role="free", stimulus="", clip_sha256=str(value))
            for rater in ("a", "b")
            for value in (1, 2, 5)
        ]
        assert agreement.ratings_table(rows).tolist() == [[1, 2, 5], [1, 2, 5]]
        assert agreement.summary(rows, rows)["alpha"] == 1

    def test_leave_one_out_by_hand(self):
        table = np.array([[1.0, 2, 3, 4], [1, 2, 3, 4], [4, 3, 2, 1]])
        found = agreement.leave_one_out(table)
        assert found == [pytest.approx(-1)]  # for the first two, the mean of the others is flat

    def test_repeats_pair_a_sitting_with_itself(self):
        rows = [
            vote("a", value=2),
            vote("a", value=5, role="repeat"),
            vote("b", value=3),
            vote("b", value=3, role="repeat", stimulus="other"),
        ]
        assert agreement.repeats(rows) == [3]
