"""What joins an evaluation: the scores of a training run, and what listeners said."""

import re
from pathlib import Path

import numpy as np
import pytest
from conftest import LABELS, NUM_SAMPLES
from voting import STUDY, vote

import audiogan
from audiogan.cli_evaluate import named_runs
from audiogan.dataset import PreparedData
from audiogan.evaluation import evaluate, history, ratings, report
from audiogan.evaluation.evaluate import _rated, _rated_real
from audiogan.evaluation.tables import ratings_table
from audiogan.listening import records
from training.data.clips import Clip, ClipFormat, DataSetWriter

OTHER = "6" * 64


def studies_of(rows: list[dict], folder: Path) -> list[dict[str, dict]]:
    file = folder / "votes.jsonl"
    file.write_text(records.to_jsonl(rows))
    return ratings.read(file)


class TestHistoryAndRatings:
    def test_a_run_without_scores_is_refused(self, tmp_path):
        (tmp_path / "metrics.jsonl").write_text('{"step": 1, "d_loss": 2}\n[]\n')
        with pytest.raises(ValueError, match="no score yet"):
            history.read(tmp_path)

    def test_the_study_with_most_votes_speaks_for_a_system(self, tmp_path):
        rows = [vote(f"r{number}", "m", 4, checkpoint_sha256="a") for number in range(3)]
        rows += [vote("r9", system, 2, stimulus=system, study_hash=OTHER) for system in ("m", "n")]
        studies = studies_of(rows, tmp_path)
        m, n = (ratings.of_weights(studies, system, "a") for system in ("m", "n"))
        assert (m["quality"]["mean"], m["raters"], m["study_hash"]) == (4, 3, STUDY)
        assert m["checkpoints"] == ["a"]
        assert (n["quality"]["mean"], n["raters"]) == (2, 1)
        assert ratings.of_weights(studies, "o", "a") is None

    def test_a_large_study_of_other_weights_hides_no_small_one_of_these(self, tmp_path):
        rows = [vote(f"r{number}", "m", 3, checkpoint_sha256="new") for number in range(2)]
        rows += [vote(f"q{number}", "m", 2, study_hash=OTHER, checkpoint_sha256="old") for number in range(5)]
        rows += [vote(f"p{number}", "m", 5, study_hash="7" * 64) for number in range(4)]
        rated = ratings.of_weights(studies_of(rows, tmp_path), "m", "new")
        assert (rated["study_hash"], rated["quality"]["mean"]) == (STUDY, 3)
        unnamed = ratings.of_weights(studies_of(rows, tmp_path), "m", "newer")
        assert (unnamed["study_hash"], unnamed["quality"]["mean"]) == ("7" * 64, 5)

    def test_real_recordings_stand_beside_the_models_of_their_own_study(self, tmp_path):
        rows = [vote(f"r{number}", system, 3, stimulus=system) for number in range(2) for system in ("m", "real")]
        rows += [vote(f"q{n}", name, 4, stimulus=name, study_hash=OTHER) for n in range(5) for name in ("n", "real")]
        studies = studies_of([*rows, vote("p", "o", 1, study_hash="7" * 64)], tmp_path)
        models = {name: {"ratings": _rated(studies, name, "")} for name in "mno"}
        assert [models[name]["ratings"]["real"]["quality"]["mean"] for name in "mn"] == [3, 4]
        assert models["o"]["ratings"]["real"] is None
        assert _rated_real(studies, {"m": models["m"]})["study_hash"] == STUDY
        assert _rated_real(studies, models)["study_hash"] == OTHER
        assert _rated_real(studies, {"o": models["o"], "p": {"ratings": None}}) is None
        table = ratings_table({"models": models, "baselines": {"real_test": {"ratings": _rated_real(studies, models)}}})
        found = re.findall(r'row">([^<]*)</th><td>(\d)\d*</td><td>(\d)</td>', table)
        real = "real recordings"
        assert found == [("m", "5", "2"), (real, "5", "2"), ("n", "6", "5"), (real, "6", "5"), ("o", "7", "1")]
        assert "Compare within a study only" in table

    def test_reports_of_before_show_real_recordings_beside_their_own_study_alone(self, tmp_path):
        votes = [vote("r", "m"), vote("q", "n", study_hash=OTHER), vote("q", stimulus="c1", study_hash=OTHER)]
        first, second = studies_of(votes, tmp_path)
        for rated, shown in ((first["n"], True), (second["m"], False)):
            document = {"models": {"x": {"ratings": rated}}, "baselines": {"real_test": {"ratings": first["real"]}}}
            assert ("real recordings" in ratings_table(document)) is shown

    def test_a_studys_hash_is_no_markup(self, tmp_path):
        models = {"m": {"ratings": studies_of([vote("r1", "m", study_hash="<b>evil</b>")], tmp_path)[0]["m"]}}
        table = ratings_table({"models": models, "baselines": {"real_test": {}}})
        assert "<td>&lt;b&gt;evil" in table
        assert "<b>" not in table

    @pytest.mark.parametrize("described", [False, True])
    def test_votes_that_no_rule_was_applied_to_are_not_called_screened(self, tmp_path, described):
        study = [{"kind": "study", "study_hash": STUDY, "title": "One", "minimum_raters": 3}] if described else []
        models = {"m": {"ratings": studies_of([*study, vote("r1", "m")], tmp_path)[0]["m"]}}
        table = ratings_table({"models": models, "baselines": {"real_test": {}}})
        assert ("NOT SCREENED" in table) is not described

    def test_votes_on_other_weights_are_left_out(self, tmp_path, capsys):
        studies = studies_of([vote("r", "m", checkpoint_sha256="a")], tmp_path)
        assert _rated(studies, "m", "a")["raters"] == 1
        assert _rated(studies, "n", "b") is _rated([], "m", "b") is None
        assert not capsys.readouterr().err
        assert _rated(studies, "m", "b") is None
        assert "m: listeners heard other weights" in capsys.readouterr().err

    def test_a_file_without_votes_that_count_is_refused(self, tmp_path):
        (tmp_path / "votes.csv").write_text(records.to_csv([vote(role="gold")]))
        with pytest.raises(ValueError, match="no votes on quality"):
            ratings.read(tmp_path / "votes.csv")

    def test_runs_by_name_or_in_order(self):
        assert named_runs(["x", "b=y"], ["a", "b"]) == {"a": Path("x"), "b": Path("y")}
        with pytest.raises(ValueError, match="must be the run of an evaluated model"):
            named_runs(["x", "y"], ["a"])


class TestLabelsThatNothingIsHeldOutOf:
    def test_are_named_before_the_work_and_kept(self, checkpoints, judge, tmp_path, capsys, monkeypatch):
        with DataSetWriter(tmp_path / "data", ClipFormat(), LABELS, "tests") as writer:
            for number in range(48):
                split = "test" if number % 4 == 0 else "train"  # all of them flutes
                writer.add(Clip(np.full(NUM_SAMPLES, number, np.int16), LABELS[number % 2], str(number), split))
        data = PreparedData(tmp_path / "data")
        assert evaluate.not_held_out(data) == ["Snare_drum"]
        monkeypatch.setattr(evaluate, "Evaluation", lambda *_: 1 / 0)
        model = audiogan.load("tiny-wavegan", "cpu", checkpoints)
        with pytest.raises(ZeroDivisionError):
            evaluate.evaluate([model], data, tmp_path / "out", evaluate.Settings(60, classifier=judge))
        assert capsys.readouterr().err == "nothing is held out of Snare_drum: no score covers such sounds\n"

    def test_are_named_at_the_head_of_the_report(self):
        data = {"not_held_out": ["Snare_drum", "<i>"]}
        assert (
            report._unscored(data) == " Nothing is held out of Snare drum, &lt;i&gt;: no score here covers such sounds."
        )
        assert report._unscored({"not_held_out": []}) == report._unscored({}) == ""
