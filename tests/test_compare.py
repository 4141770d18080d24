"""What the Compare tab asks of the server, with an evaluation beside the checkpoints and without one."""

import base64
import json
import shutil

import numpy as np
import pytest
from conftest import LABELS, SAMPLE_RATE, save_tiny_checkpoint, save_tiny_evaluation, tone

from audiogan.audio import to_pcm16, write_wav
from audiogan.evaluation import verdict
from audiogan.ui import Library, evaluated
from audiogan.ui.compare import Comparison


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two checkpoints, one of them unconditional, with an evaluation of the first."""
    folder = tmp_path_factory.mktemp("evaluated")
    save_tiny_checkpoint(folder / "tiny", "wavegan")
    save_tiny_checkpoint(folder / "unlabelled", "wavegan", labels=())
    save_tiny_evaluation(folder / "evaluation", "tiny")
    return folder


@pytest.fixture(scope="module")
def comparison(folder):
    library = Library(folder, "cpu")
    return Comparison(library, evaluated.load(library.folder))


def test_an_evaluation_is_no_checkpoint_and_real_sounds_come_first(comparison):
    assert comparison.systems == {"Flute": ["real", "tiny", "unlabelled"], "Snare_drum": ["tiny", "unlabelled"]}
    assert comparison.labels == list(LABELS)


def test_real_clips_reach_the_page_unchanged(comparison):
    answer = comparison.clips({"system": "real", "label": "Flute", "seed": "1"})
    assert answer["sample_rate"] == SAMPLE_RATE
    heard = [np.frombuffer(base64.b64decode(sound), "<i2") for sound in answer["sounds"]]
    np.testing.assert_array_equal(heard[1], to_pcm16(tone(880)))


def test_a_models_clips_are_those_of_the_seed(comparison, folder):
    answer = comparison.clips({"system": "tiny", "label": "Flute", "seed": "3"})
    expected = Library(folder, "cpu").get("tiny").synthesizer.generate(2, 3, "Flute")
    heard = [np.frombuffer(base64.b64decode(sound), "<i2") for sound in answer["sounds"]]
    np.testing.assert_array_equal(heard, to_pcm16(expected))
    assert len(comparison.clips({"system": "unlabelled", "label": "Flute", "seed": "3"})["sounds"]) == 2


def test_scores_are_in_words_and_numbers_with_the_floor_of_real_audio(comparison):
    answer = comparison.scores({"label": "Flute"})
    rows = {row["title"]: row["values"] for row in answer["rows"]}
    assert set(rows) == {"Right label", "Nearest spectrum", "Memorisation"}
    assert rows["Right label"]["tiny"] == {"label": "25 %", "all": "50 %"}
    assert rows["Nearest spectrum"]["real"] == {"label": "5.00", "all": "4.00"}
    first, second, third, fourth = answer["sentences"]["tiny"]
    assert first == "The classifier hears Flute in 25 % of its sounds (49 % of real ones)."
    assert second == (
        "From a real sound, the nearest of its sounds is 16.0 dB away; the nearest other real sound, 8.0. "
        "Smaller is closer."
    )
    assert third == "Its sounds differ from one another 1250 % as much as real ones do."
    assert fourth == (
        "It may copy training sounds: its sounds lie 0.60 times as far from training sounds as from unseen ones; "
        "real sounds, 1.00."
    )
    assert answer["sentences"]["unlabelled"] == []


def test_the_best_models_are_those_that_none_is_better_than(folder):
    (evaluation,) = evaluated.load(folder)
    for name, changes in {"other": {"class_accuracy": 0.25, "nearest_log_mel_db": 3.0}, "third": {}}.items():
        scores = evaluation._models["tiny"]["scores"] | changes | {"memorisation_ratio": 1.9}
        evaluation._models[name] = {"scores": scores, "labels": evaluation._models["tiny"]["labels"]}
    best = {row["title"]: row["best"] for row in evaluation.rows("Flute", ["tiny", "other", "third"])}
    assert best["Right label"] == ["tiny", "other", "third"]  # of flutes, where all have the same share
    assert best["Memorisation"] == ["tiny"]  # not the highest and not the lowest but the nearest to real's
    best = {row["title"]: row["best"] for row in evaluation.rows("Snare_drum", ["tiny", "other"])}
    assert best["Right label"] == ["tiny"]
    assert best["Nearest spectrum"] == ["other"]
    assert [row["best"] for row in evaluation.rows("Flute", ["tiny"])] == [[], [], []]  # alone it is better than nobody


def test_the_best_model_comes_first_and_what_nobody_scored_last(folder, tmp_path):
    names = ("a-noise", "b-unscored", "c-best", "d-without-kad", "e-good")
    for name in names:
        shutil.copytree(folder / "tiny", tmp_path / name)
    file = save_tiny_evaluation(tmp_path / "evaluation", "a-noise") / "metrics.json"
    document = json.loads(file.read_text())
    scored = {"a-noise": {"kad_classifier": 19.4}, "c-best": {"kad_classifier": -0.02}, "d-without-kad": {}}
    scored["e-good"] = {"kad_classifier": 0.9, "kad_summary": 0.0}
    document["models"] = {name: {"scores": scores, "labels": {}} for name, scores in scored.items()}
    document["scores"] |= {name: {"title": name} for name in ("kad_summary", "kad_low_classifier", "kad_classifier")}
    file.write_text(json.dumps(document))
    library = Library(tmp_path, "cpu")
    ordered = Comparison(library, evaluated.load(library.folder)).systems["Flute"]
    assert ordered == ["real", "c-best", "e-good", "a-noise", "d-without-kad", "b-unscored"]


def test_models_that_nobody_scored_have_no_table(folder):
    assert evaluated.load(folder)[0].rows("Flute", ["unlabelled"]) == []


def test_scores_that_say_most_come_first(comparison):
    main = {row["title"]: row["main"] for row in comparison.scores({"label": "Flute"})["rows"]}
    assert main == {"Right label": True, "Nearest spectrum": False, "Memorisation": True}


def test_a_model_whose_sounds_lie_where_real_ones_do_is_not_said_to_copy(folder):
    (evaluation,) = evaluated.load(folder)
    for floor in evaluation._baselines.values():
        floor["scores"]["memorisation_ratio"] = 0.65
    said = evaluation.sentences("tiny", "Flute")[-1]
    assert said.startswith("No sign of copying: ")
    assert said.endswith("real sounds, 0.65.")


@pytest.mark.parametrize(
    ("ratio", "near", "replayed", "words", "more"),
    [
        (0.91, 0.0, 0.0, "No sign of copying", ""),
        (0.9, 0.07, 0.01, "No sign of copying", ""),  # the report's bounds belong to the better side
        (0.75, None, None, "It leans on training sounds", ""),
        (0.74, 0.0, 0.0, "It may copy training sounds", ""),
        (1.0, 0.2, 0.0, "It leans on training sounds", " 20 % lie as near to one as copies do."),
        (1.0, 0.07, 0.05, "It may copy training sounds", " 5 % replay a training sound."),
    ],
)
def test_copying_is_said_as_in_the_report(folder, ratio, near, replayed, words, more):
    (evaluation,) = evaluated.load(folder)
    scores = evaluation._models["tiny"]["scores"]
    scores |= {"memorisation_ratio": ratio, "near_copies": near, "replayed": replayed}
    said = evaluation.sentences("tiny", "Flute")[-1]
    assert said.startswith(f"{words}: ")
    assert said.endswith(f"real sounds, 1.00.{more}")
    real = [evaluation._baselines.get(name, {}).get("scores", {}) for name in ("real_train", "real_test")]
    assert evaluated.COPYING[verdict.copying(scores, *real)[1]] == words


def test_without_an_evaluation_models_are_compared_alone(folder, tmp_path):
    shutil.copytree(folder / "tiny", tmp_path / "tiny")
    library = Library(tmp_path, "cpu")
    alone = Comparison(library, evaluated.load(library.folder))
    assert alone.systems == {label: ["tiny"] for label in LABELS}
    assert alone.scores({"label": "Flute"}) == {"rows": [], "sentences": {}}
    assert "model must be one of tiny" in alone.clips({"system": "real", "label": "Flute", "seed": "1"})["error"]


def test_each_label_has_the_real_sounds_and_scores_of_the_first_evaluation_that_knows_it(folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    save_tiny_evaluation(tmp_path / "evaluation-more", "unlabelled")
    (tmp_path / "evaluation-more" / "real" / "Flute-0.wav").rename(tmp_path / "evaluation-more/real/Snare_drum-0.wav")
    library = Library(tmp_path, "cpu")
    both = Comparison(library, evaluated.load(library.folder))
    assert both.systems["Flute"] == ["real", "tiny", "unlabelled"]
    assert both.systems["Snare_drum"] == ["real", "unlabelled", "tiny"]  # by the evaluation that speaks of it
    assert len(both.clips({"system": "real", "label": "Flute", "seed": "1"})["sounds"]) == 2
    assert len(both.clips({"system": "real", "label": "Snare_drum", "seed": "1"})["sounds"]) == 1
    scored = {label: both.scores({"label": label})["rows"][0]["values"] for label in LABELS}
    assert {label: set(values) - {"real"} for label, values in scored.items()} == {
        "Flute": {"tiny"},
        "Snare_drum": {"unlabelled"},
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"system": "../tiny"}, "model must be one of"),
        ({"system": None}, "model must be one of"),
        ({"system": "real", "label": "../Flute"}, "label must be one that has real clips"),
        ({"system": "real", "label": "Snare_drum"}, "label must be one that has real clips"),
        ({"label": "Theremin"}, "label must be one of"),
        ({"seed": "x"}, "seed must be"),
        ({"seed": None}, "seed must be"),
    ],
)
def test_bad_requests_are_answered_in_one_sentence(comparison, change, words):
    answer = comparison.clips({"system": "tiny", "label": "Flute", "seed": "1"} | change)
    assert words in answer["error"]
    assert "error" in comparison.clips({})
    assert "error" in comparison.scores({"label": "Theremin"})


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"schema": 2}', '{"schema": 1, "scores": []}', '{"schema": 1, "data": 5}'],
)
def test_damaged_metrics_are_named(tmp_path, text):
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "metrics.json").write_text(text)
    with pytest.raises(ValueError, match=r"evaluation/metrics\.json cannot be used"):
        evaluated.load(tmp_path)


def test_labels_never_leave_the_folder(tmp_path):
    (tmp_path / "evaluation" / "real").mkdir(parents=True)
    write_wav(tmp_path / "evaluation" / "secret-0.wav", tone(440), SAMPLE_RATE)
    document = {"schema": 1, "data": {"labels": ["../secret", "*", "..", "Flute"]}}
    (tmp_path / "evaluation" / "metrics.json").write_text(json.dumps(document))
    assert evaluated.load(tmp_path)[0].clips == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("class_accuracy", 0.975, "98 %"),
        ("fad", 254.437, "254"),
        ("fad", 12.46, "12.5"),
        ("kad", 0.0123, "0.0123"),
        ("kad", 0, "0.000"),
        ("fad", -1.5, "-1.50"),
        ("fad", None, ""),
        ("fad", float("nan"), ""),
        ("fad", "x", ""),
        ("fad", 12345.6, "12,346"),
    ],
)
def test_scores_are_said_in_few_digits(name, value, text):
    assert evaluated.said(name, value) == text
