"""All results of a study at once, from its votes."""

import json

import pytest
from scipy import stats
from voting import exclusion, small_study, vote

from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.study import ordered


class TestAnalysis:
    def test_means_counts_and_detection(self):
        found = analyse(small_study())["all"]
        assert found["systems"] == ["real", "net"]
        real, net = found["scales"]["quality"]
        assert (real["mean"], net["mean"]) == (4.0, 3.0)  # (5 + 5 + 5 + 1) / 4
        assert (real["votes"], real["raters"], real["clips"], real["distribution"]) == (8, 4, 2, [2, 0, 0, 0, 6])
        assert real["over"] == "raters"
        detected = found["real"][1]["detection"]
        assert (detected["hits"], detected["real"], detected["false_alarms"], detected["invented"]) == (6, 8, 2, 8)
        assert detected["error"] == 0.25
        assert found["real"][0]["detection"] is None
        assert found["counts"]["raters"] == 4
        classes = [(row["label"], row["system"], row["votes"]) for row in found["classes"]["quality"]]
        assert classes == [("Flute", "real", 4), ("Flute", "net", 4), ("Gong", "real", 4), ("Gong", "net", 4)]

    def test_exclusions_leave_one_block_as_it_was_and_thin_the_other(self):
        rows = [*small_study(), exclusion("max_gold_failed", session_id="s-r3")]
        found = analyse(rows)
        assert found["all"] == analyse(small_study())["all"]
        assert found["screened"]["scales"]["quality"][0]["mean"] == 5
        assert found["exclusions"] == {"sessions": 1, "votes": 8, "withdrawn": 0, "rules": {"max_gold_failed": 1}}
        single = analyse([*small_study(), exclusion(vote_id=small_study()[0]["vote_id"])])
        assert single["exclusions"]["votes"] == 2  # the answers of one trial share their receipt

    def test_withdrawn_votes_are_nowhere(self):
        found = analyse([*small_study(), exclusion("withdrawn", session_id="s-r3")])
        assert found["all"] == found["screened"]
        assert found["all"]["scales"]["quality"][0]["mean"] == 5
        assert found["exclusions"] == {"sessions": 0, "votes": 0, "withdrawn": 1, "rules": {}}
        events = exclusion("manual", session_id="s-r3"), exclusion("withdrawn", session_id="s-r3")
        assert analyse([*small_study(), *events])["exclusions"] == found["exclusions"]

    def test_checks_are_no_results(self):
        rows = [*small_study(), *(vote("x", "noise", 1, role=role) for role in ("gold", "training", "repeat"))]
        assert analyse(rows)["all"]["scales"] == analyse(small_study())["all"]["scales"]
        assert analyse(rows)["all"]["systems"] == ["real", "net"]

    def test_preliminary_below_the_stated_number_of_raters(self):
        assert analyse(small_study(), 5)["all"]["preliminary"]
        assert not analyse(small_study(), 4)["all"]["preliminary"]
        about = {"kind": "study", "study_hash": "5" * 64, "title": "T", "minimum_raters": 3}
        found = analyse([about, *small_study()])
        assert (found["minimum_raters"], found["title"], found["all"]["preliminary"]) == (3, "T", False)

    def test_naming_and_preference_alone_are_preliminary_by_their_own_raters(self):
        names = [vote(f"r{n}", "net", "Flute", "naming") for n in range(3)]
        pairs = [vote(f"r{n}", "real", "tie", "preference", other_system="net") for n in range(3)]
        for rows in (names, pairs, [*names, *pairs]):
            assert not analyse(rows, 3)["all"]["preliminary"]
            assert analyse(rows, 4)["all"]["preliminary"]
        few = vote("r0", "real", "second", "preference", "c1", other_system="other")
        found = analyse([*pairs, few], 3)["all"]
        assert {row["system"]: row["preliminary"] for row in found["preference"]["ranking"]} == {
            "real": False,
            "net": False,
            "other": True,
        }
        assert found["preliminary"]

    def test_few_who_named_make_an_ordinary_study_preliminary(self):
        few = [vote(f"r{n}", "net", "Flute", "naming") for n in range(3)]
        assert not analyse(small_study(), 4)["all"]["preliminary"]
        assert analyse([*small_study(), *few], 4)["all"]["preliminary"]

    def test_nothing_is_an_answer_too(self):
        found = analyse([])
        assert found["all"]["counts"]["votes"] == 0
        assert found["all"]["preliminary"]
        json.dumps(found, allow_nan=False)

    def test_everything_is_json_without_nan(self):
        pairs = [vote(f"r{n}", "real", "first", "preference", other_system="net") for n in range(3)]
        names = [vote(f"r{n}", "net", "Flute", "naming") for n in range(3)]
        batch = [vote(f"r{n}", "net", n + 1, "diversity", stimulus="batch") for n in range(3)]
        found = analyse([*small_study(), *pairs, *names, *batch, vote("alone", "lone", 2)])
        json.dumps(found, allow_nan=False)
        assert [row["system"] for row in found["all"]["preference"]["ranking"]] == ["real", "net"]
        assert found["all"]["scales"]["diversity"][0]["mean"] == 2
        (lone,) = [row for row in found["all"]["scales"]["quality"] if row["system"] == "lone"]
        assert lone["interval"] is None

    def test_shares_called_real_and_named_right_are_compared(self):
        said = {"real": ("real", "real", "real"), "net": ("invented", "invented", "real")}
        rows = [
            vote(f"r{n}", system, said[system][(n + clip) % 3], "real", f"{system}{clip}")
            for n in range(6)
            for system in said
            for clip in range(6)
        ]
        rows += [row | {"question": "naming", "value": "Flute" if row["value"] == "real" else "Gong"} for row in rows]
        found = analyse(rows)["all"]["comparisons"]
        for question in ("real", "naming"):
            (pair,) = found[question]["pairs"]
            assert (pair["first"], pair["second"], pair["raters"]) == ("real", "net", 6)
            assert pair["difference"] == pytest.approx(2 / 3)
            assert pair["p_headline_holm"] == 2 / 2**6  # all six differ alike, which only Wilcoxon can weigh

    def test_strengths_are_compared(self):
        rows = [
            vote(f"r{n}", "real", "first" if n < 27 else "second", "preference", f"c{n}", other_system=other)
            for n in range(30)
            for other in ("net", "dull")
        ]
        rows += [vote(f"r{n}", "net", "tie", "preference", "d", other_system="dull") for n in range(30)]
        found = analyse(rows)["all"]["preference"]
        strength = {row["system"]: row["strength"] for row in found["ranking"]}
        pairs = {(pair["first"], pair["second"]): pair for pair in found["pairs"]}
        assert set(pairs) == {("real", "dull"), ("real", "net"), ("dull", "net")}
        for (first, second), pair in pairs.items():
            assert pair["difference"] == pytest.approx(strength[first] - strength[second])
            if first == "real":
                low, high = pair["interval"]
                assert 0 < low <= pair["difference"] <= high
                assert pair["p_headline"] < 0.05
                assert pair["p_headline_holm"] == pytest.approx(2 * pair["p_headline"])
        assert pairs["dull", "net"]["interval"] is None  # nobody preferred either

    def test_interval_without_width_is_none(self):
        rows = [
            vote(f"r{n}", system, 5, stimulus=f"{system}{c}") for n in range(6) for system in "xy" for c in range(6)
        ]
        rows += [row | {"question": "real", "value": "real", "system": "real"} for row in rows]
        found = analyse(rows)["all"]
        (mean, _), (real,) = found["scales"]["quality"], found["real"]
        assert mean["interval"] is mean["interval_over_raters"] is None
        assert found["comparisons"]["quality"]["pairs"][0]["interval"] is None
        assert real["interval"] == pytest.approx([stats.binomtest(6, 6).proportion_ci(method="wilson").low, 1])

    def test_order_of_rows_changes_nothing(self):
        rows = small_study()
        assert analyse(rows) == analyse(rows[::-1])

    def test_systems_are_ordered_references_first(self):
        assert ordered({"wavegan", "real", "hybrid", "anchor"}) == ["real", "anchor", "hybrid", "wavegan"]
