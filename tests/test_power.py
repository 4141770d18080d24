"""How many listeners a study needs: against known effects, and against studies simulated elsewhere."""

import json
from dataclasses import astuple

import numpy as np
import pytest
from test_cli import refused
from tiny_study import write_study
from voting import exclusion, vote

from audiogan import cli
from audiogan.listening import power, records
from audiogan.listening.statistics.answers import Answers
from audiogan.listening.statistics.comparisons import pairwise
from audiogan.listening.statistics.components import Components, estimate
from audiogan.listening.study import Study

WORLD = Components(rater=0.6, rater_system=0.4, label=0.5, label_system=0.3, clip=0.4, rest=0.8)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    """Four systems, four clips of each of two labels each; each listener rates all."""
    return Study.load(write_study(tmp_path_factory.mktemp("power") / "study", trials={"training": 0, "test": 32}))


def told(seed: int, systems: int, raters: int, labels: int, clips: int, heard: int, better=0.0) -> dict[str, Answers]:
    """A simulated study: each rater hears so many of each system's clips; the first system is better."""
    random = np.random.default_rng(seed)
    by_rater, by_label = random.normal(0, WORLD.rater, raters), random.normal(0, WORLD.label, labels)
    rater, found = np.repeat(np.arange(raters), heard), {}
    for system in range(systems):
        clip = np.concatenate([random.permutation(clips)[:heard] for _ in range(raters)])
        felt = 3 + by_rater + random.normal(0, WORLD.rater_system, raters)
        made = by_label + random.normal(0, WORLD.label_system, labels)
        values = felt[rater] + made[clip % labels] + random.normal(0, WORLD.clip, clips)[clip]
        values += random.normal(0, WORLD.rest, len(rater)) + (better if system == 0 else 0)
        found[str(system)] = Answers(values, rater, clip, clip % labels)
    return found


class TestComponents:
    def test_are_found_again_on_average(self):
        found = np.mean([np.square(astuple(estimate(told(seed, 3, 20, 8, 16, 6)))) for seed in range(80)], axis=0)
        np.testing.assert_allclose(found, np.square(astuple(WORLD)), rtol=0.25, atol=0.03)

    def test_by_hand(self):
        # Each of three raters says one thing of all clips of both systems, 1, 2 or 3: a variance of 1, all the raters'.
        answers = Answers([1, 1, 2, 2, 3, 3], list("aabbcc"), list("uvuvuv"), ["Flute"] * 6)
        assert astuple(estimate({"a": answers, "b": answers})) == pytest.approx((1, 0, 0, 0, 0, 0), abs=1e-6)

    def test_who_nearly_always_say_the_same_have_no_negative_variance(self):
        answers = Answers([3] * 11 + [4], np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4), ["Flute"] * 12)
        assert min(astuple(estimate({"a": answers}))) >= 0

    def test_too_few_answers_are_refused(self):
        with pytest.raises(ValueError, match=r"^6 answers are too few to estimate how far they differ, and why$"):
            estimate({"a": Answers([1, 2, 3], "abc", "uvw"), "b": Answers([1, 2, 3], "abc", "uvw")})
        with pytest.raises(ValueError, match="0 answers are too few"):
            estimate({})


class TestForecast:
    def test_more_listeners_find_smaller_differences_and_more_pairs_larger_ones(self, study):
        few, many = power.forecast(study, (8, 60), WORLD, studies=24)
        assert (few.listeners, many.listeners) == (8, 60)
        assert 0 < many.margin < few.margin
        assert 0 < many.pair < few.pair < few.any_pair
        assert many.pair < many.any_pair

    def test_the_difference_is_found_in_four_of_five_studies_simulated_otherwise(self, study):
        (one,) = power.forecast(study, (12,), WORLD)
        found = [pairwise(told(seed, 2, 12, 2, 8, 8, better=one.pair))[0]["p_headline"] for seed in range(300)]
        assert np.mean(np.array(found) < 0.05) == pytest.approx(power.POWER, abs=0.08)

    @pytest.mark.parametrize("listeners", [4, 0, -1, 2001])
    def test_senseless_numbers_of_listeners_are_refused_at_once(self, study, listeners):
        with pytest.raises(ValueError, match=f"^listeners must be 5 to 2000, not {listeners}$"):
            power.forecast(study, (10, listeners))

    def test_nothing_is_found_where_nothing_can_be(self, study):
        (one,) = power.forecast(study, (5,), Components(rater_system=5.0), studies=6)
        assert one.any_pair is None

    def test_listeners_who_all_say_the_same_find_any_difference(self, study):
        (one,) = power.forecast(study, (5,), Components(0, 0, 0, 0, 0, 0), studies=6)
        assert (one.pair, one.any_pair) == (0, 0)

    @pytest.mark.parametrize(
        "changes", [{"trials": {"test": 0}}, {"questions": [{"name": "real", "kind": "choice", "prompt": "?"}]}]
    )
    def test_a_study_that_rates_nothing_is_refused(self, tmp_path, changes):
        for question in changes.get("questions", ()):
            question["words"] = ["real", "invented"]
        made = Study.load(write_study(tmp_path / "study", **changes))
        with pytest.raises(ValueError, match="no test trials with a question on a scale"):
            power.forecast(made, (10,))


class TestCommand:
    def test_forecast_of_a_pilot(self, study, tmp_path, capsys):
        random, pilot = np.random.default_rng(0), tmp_path / "pilot.csv"
        rows = [
            vote(f"r{rater}", system, int(random.integers(1, 6)), stimulus=f"{system}{clip}")
            for rater in range(6)
            for system in ("real", "net")
            for clip in range(3)
        ]
        rows += [vote("r0", "net", 1, "resemblance"), vote("r1", "net", 1, role="gold")]
        rows += [vote("careless", "net", 1, stimulus="net0"), vote("r0", "net", 5, stimulus="net9", session_id="again")]
        left_out = [exclusion(session_id="s-careless"), exclusion(session_id="again")]
        pilot.write_text(records.to_csv(records.records([*rows, *left_out], [])))
        arguments = ["study", "power", str(study.folder), "--listeners", "6", "--from", str(pilot), "--json"]
        assert cli.main(arguments) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["study_hash"] == study.hash
        assert 1 < found["spread"]["rest"] < 2
        assert found["forecasts"][0]["listeners"] == 6
        counts = {"listeners": 6, "answers": 36, "listeners_excluded": 1, "answers_excluded": 2}
        assert found["pilot"] == counts
        assert cli.main(arguments[:-1]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "estimated from 6 listeners (1 more excluded) and 36 answers (2 more excluded)" in lines
        assert lines[-1].split()[0] == "6"

    def test_forecast_without_a_pilot(self, study, capsys):
        assert cli.main(["study", "power", str(study.folder), "--listeners", "6", "8"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "assumed: rater 0.50" in lines[2]
        assert [line.split()[0] for line in lines[-2:]] == ["6", "8"]

    def test_a_pilot_of_fewer_than_five_who_count_is_refused(self, study, tmp_path, capsys):
        pilot = tmp_path / "pilot.csv"
        rows = [vote(f"r{rater}", "net", rater % 5 + 1, stimulus=f"c{clip}") for rater in range(5) for clip in range(4)]
        pilot.write_text(records.to_csv(records.records([*rows, exclusion(session_id="s-r4")], [])))
        error = refused(capsys, cli.main, "study", "power", study.folder, "--listeners", 6, "--from", pilot)
        assert "on quality differ: listeners whose answers count must be at least 5, not 4" in error

    @pytest.mark.parametrize("seed", [-1, 2**63])
    def test_seed_out_of_range_is_named(self, capsys, seed):
        error = refused(capsys, cli.main, "study", "power", "--seed", seed)
        assert f"--seed must be a whole number from 0 to {2**63 - 1}, not {seed}" in error

    def test_text(self, study):
        forecasts = [power.Forecast(15, 0.512, 1.004, 1.5), power.Forecast(2000, 0.1, None, None)]
        *head, first, second = power.text(study, None, forecasts, None)
        assert head[:2] == ["4 systems, 32 test clips of 2 labels", "each listener rates 32 of them, 8.0 per system"]
        assert "assumed: rater 0.50, rater by system 0.30, " in head[2]
        assert (first.split(), second.split()) == (["15", "0.51", "1.00", "1.50"], ["2000", "0.10", *["over", "4"] * 2])

    def test_a_pilot_without_that_question_is_refused_in_one_sentence(self, votes, capsys):
        assert cli.main(["study", "power", "--from", str(votes), "--question", "intelligibility"]) == 2
        error = capsys.readouterr().err
        assert f"{votes} does not show how far answers on intelligibility differ: 0 answers are too few" in error
        assert error.count("\n") == 1
