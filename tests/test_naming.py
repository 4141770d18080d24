"""Which instrument listeners named, and how sure its share is."""

import numpy as np
import pytest
import statsmodels.stats.proportion
from scipy import stats
from voting import World, vote

from audiogan.listening.statistics import naming
from audiogan.listening.votes import CANNOT_TELL


class TestNaming:
    def test_confusion_by_hand(self):
        said = [("Flute", "Flute"), ("Flute", "Oboe"), ("Gong", "Gong"), ("Gong", CANNOT_TELL)]
        found = naming.confusion([vote(label=label, value=value, question="naming") for label, value in said])
        assert found["labels"] == ["Flute", "Gong"]
        assert found["answers"] == ["Flute", "Gong", "Oboe", CANNOT_TELL]
        assert found["counts"] == [[1, 0, 1, 0], [0, 1, 0, 1]]
        assert (found["accuracy"], found["cannot_tell"]) == (0.5, 0.25)
        assert found["interval"] is None  # of one rater

    def test_accuracy_is_the_mean_of_raters_with_the_interval_of_means(self):
        right = {"a": "FFF", "b": "FO", "c": "OFO"}  # three of three, one of two, one of three
        names = {"F": "Flute", "O": "Oboe"}
        rows = [
            vote(rater, label="Flute", value=names[said], question="naming", stimulus=f"c{number}")
            for rater, answers in right.items()
            for number, said in enumerate(answers)
        ]
        found, shares = naming.confusion(rows), [1, 1 / 2, 1 / 3]
        expected = stats.ttest_1samp(shares, 0).confidence_interval(0.95)
        assert found["accuracy"] == pytest.approx(np.mean(shares))
        assert (found["over"], found["clips"]) == ("raters", 3)
        assert found["interval"] == [max(expected.low, 0), min(expected.high, 1)]
        assert naming.confusion([])["accuracy"] is None

    def test_interval_over_clips_holds_what_wilson_misses(self):
        truth = stats.norm.sf(2.5, 3.0, np.sqrt(0.3**2 + 1.0**2 + 0.5**2))
        covered, wilson = 0, 0
        for seed in range(100):
            values, raters, clips = World(rater_sd=0.3, clip_sd=1.0, noise_sd=0.5).study(seed)
            rows = [
                vote(f"r{rater}", label="Flute", value="Flute" if value >= 3 else "Oboe", stimulus=f"c{clip}")
                for value, rater, clip in zip(values, raters, clips, strict=True)
            ]
            low, high = naming.confusion(rows)["interval"]
            covered += low <= truth <= high
            low, high = statsmodels.stats.proportion.proportion_confint(sum(values >= 3), 90, method="wilson")
            wilson += low <= truth <= high
        assert covered >= 88
        assert wilson < 85
