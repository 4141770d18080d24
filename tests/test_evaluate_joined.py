"""What joins an evaluation: the scores of a training run, and what listeners said."""

from pathlib import Path

import numpy as np
import pytest
from conftest import LABELS, NUM_SAMPLES
from voting import STUDY, vote

import audiogan
from audiogan.cli_evaluate import named_runs
from audiogan.dataset import PreparedData
from audiogan.evaluation import evaluate, history, ratings, report
from audiogan.evaluation.evaluate import _of_these_weights
from audiogan.evaluation.tables import ratings_table
from audiogan.listening import records
from training.data.clips import Clip, ClipFormat, DataSetWriter


class TestHistoryAndRatings:
    def test_a_run_without_scores_is_refused(self, tmp_path):
        (tmp_path / "metrics.jsonl").write_text('{"step": 1, "d_loss": 2}\n[]\n')
        with pytest.raises(ValueError, match="no score yet"):
            history.read(tmp_path)

    def test_the_study_with_most_votes_speaks_for_a_system(self, tmp_path):
        rows = [vote(f"r{number}", "m", 4, checkpoint_sha256="a") for number in range(3)]
        rows += [vote("r9", system, 2, stimulus=system, study_hash="6" * 64) for system in ("m", "n")]
        (tmp_path / "votes.jsonl").write_text(records.to_jsonl(rows))
        human = ratings.read(tmp_path / "votes.jsonl")
        assert (human["m"]["quality"]["mean"], human["m"]["raters"], human["m"]["study_hash"]) == (4, 3, STUDY)
        assert human["m"]["checkpoints"] == ["a"]
        assert (human["n"]["quality"]["mean"], human["n"]["raters"]) == (2, 1)

    def test_a_studys_hash_is_no_markup(self, tmp_path):
        (tmp_path / "votes.jsonl").write_text(records.to_jsonl([vote("r1", "m", study_hash="<b>evil</b>")]))
        models = {"m": {"ratings": ratings.read(tmp_path / "votes.jsonl")["m"]}}
        table = ratings_table({"models": models, "baselines": {"real_test": {}}})
        assert "study &lt;b&gt;evil" in table
        assert "<b>" not in table

    @pytest.mark.parametrize("described", [False, True])
    def test_votes_that_no_rule_was_applied_to_are_not_called_screened(self, tmp_path, described):
        study = [{"kind": "study", "study_hash": STUDY, "title": "One", "minimum_raters": 3}] if described else []
        (tmp_path / "votes.jsonl").write_text(records.to_jsonl([*study, vote("r1", "m")]))
        models = {"m": {"ratings": ratings.read(tmp_path / "votes.jsonl")["m"]}}
        table = ratings_table({"models": models, "baselines": {"real_test": {}}})
        assert ("NOT SCREENED" in table) is not described

    def test_votes_on_other_weights_are_left_out(self, capsys):
        rated = {"checkpoints": ["a"], "raters": 3}
        assert _of_these_weights(rated, "m", "a") == rated
        assert _of_these_weights(rated, "m", "b") is None
        assert "m: listeners heard other weights" in capsys.readouterr().err
        assert _of_these_weights(None, "m", "b") is None

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
