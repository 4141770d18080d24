"""The whole evaluation of tiny untrained models on forty clips: its document, files, report and verdicts."""

import importlib.metadata
import json

import numpy as np
import pytest
import soundfile
from conftest import EVALUATED, EVALUATED_CLIPS, LABELS, NUM_SAMPLES, SAMPLE_RATE, Markup
from PIL import Image
from voting import STUDY

from audiogan import synthesis
from audiogan.dataset import PreparedData
from audiogan.evaluation import neighbours, report, verdict
from audiogan.evaluation.evaluate import Settings, evaluate

NAMES, NUM = EVALUATED, EVALUATED_CLIPS
BASELINES = ("real_test", "real_train", "real_halves", "griffin_lim", "class_mean", "noise", "silence")


class TestDocument:
    def test_shape(self, evaluated):
        """What the app's pages read: keys by model and by baseline name, the same scores for all of them."""
        document = evaluated[1]
        assert set(document) == {
            "schema", "audiogan", "versions", "settings", "data", "classifier", "scores", "baselines", "models",
        }  # fmt: skip
        assert document["schema"] == 1
        assert document["versions"]["torch"] == importlib.metadata.version("torch")
        assert document["settings"]["num"] == NUM
        assert document["settings"]["inception_split"] == 4  # 8 clips are held out, of two labels
        assert document["data"]["labels"] == list(LABELS)
        assert tuple(document["baselines"]) == BASELINES
        assert tuple(document["models"]) == NAMES
        for entry in (*document["baselines"].values(), *document["models"].values()):
            assert set(entry) >= {"scores", "labels", "confusion", "histograms"}
            assert set(entry["scores"]) <= set(document["scores"])
            assert set(entry["labels"]) == set(LABELS)
            assert all(value is None or isinstance(value, (int, float)) for value in entry["scores"].values())
        for about in document["scores"].values():
            assert set(about) == {"title", "better", "realism", "words"}
            assert about["better"] in ("lower", "higher", "like real")

    def test_every_candidate_has_every_score_meant_to_judge_realism(self, evaluated):
        document = evaluated[1]
        few = ("fad_infinity_classifier", "fad_infinity_summary")  # which need 500 clips
        realism = [name for name, about in document["scores"].items() if about["realism"] and name not in few]
        assert len(realism) > 13
        for name, entry in (document["baselines"] | document["models"]).items():
            missing = [score for score in realism if entry["scores"].get(score) is None]
            unasked = {"class_accuracy", "class_accuracy_mean"}
            allowed = unasked if name == "tiny-unconditional" else set(realism) if name == "real_test" else set()
            assert set(missing) <= allowed, name

    def test_real_audio_is_the_floor_and_silence_is_far_from_it(self, evaluated):
        of = {name: entry["scores"] for name, entry in evaluated[1]["baselines"].items()}
        for score_name in ("kad_summary", "fad_summary", "nearest_log_mel_db", "nearest_mse"):
            assert of["real_train"][score_name] < of["silence"][score_name]
            assert of["real_halves"][score_name] < of["silence"][score_name]
        assert of["real_test"]["class_accuracy"] == 1.0
        assert of["silence"]["nearest_mse"] == 1.0
        assert of["silence"]["diversity"] == 0.0

    def test_silence_wins_plain_mse(self, evaluated):
        of = {name: entry["scores"].get("mse") for name, entry in evaluated[1]["baselines"].items()}
        assert of["real_test"] is None  # it would be compared with itself
        assert of["silence"] < min(of["real_train"], of["noise"])

    def test_models_say_what_they_are(self, evaluated):
        entry = evaluated[1]["models"]["tiny-wavegan"]
        assert entry["architecture"] == "wavegan"
        assert entry["conditional"]
        assert len(entry["checkpoint_sha256"]) == 64
        assert sum(map(sum, entry["confusion"])) == NUM
        assert evaluated[1]["models"]["tiny-unconditional"]["confusion"] is None
        assert [item["label"] for item in entry["neighbours"]].count("Flute") == 4  # of two labels
        assert {"label", "sample", "clip", "source", "distance_db"} == set(entry["neighbours"][0])
        assert [set(failure) for failure in entry["failures"]] == [set(entry["neighbours"][0])] * 3
        distances = [failure["distance_db"] for failure in entry["failures"]]
        assert distances == sorted(distances, reverse=True)

    def test_labels_follow_the_test_split(self, evaluated):
        counts = [values["clips"] for values in evaluated[1]["models"]["tiny-wavegan"]["labels"].values()]
        assert sum(counts) == NUM
        assert abs(counts[0] - counts[1]) <= 4

    def test_human_scores_and_history_join(self, evaluated):
        models = evaluated[1]["models"]
        assert models["tiny-wavegan"]["ratings"]["raters"] == 3
        assert models["tiny-wavegan"]["ratings"]["quality"]["mean"] == 3.0  # raters' means 2, 4 and 3
        assert models["tiny-wavegan"]["ratings"]["preliminary"]
        assert evaluated[1]["baselines"]["real_test"]["ratings"]["quality"] == {"mean": 5.0, "low": None, "high": None}
        assert models["tiny-wavegan"]["history"] == {
            "run": "run",
            "steps": [10, 20],
            "scores": [200, 90],
            "kads": [None, 7.5],
            "floor": 12.5,
            "kad_floor": 0.5,
        }
        assert models["tiny-unconditional"]["ratings"] is None
        assert models["tiny-unconditional"]["history"] is None

    def test_is_the_same_for_a_seed(self, evaluated, prepared, checkpoints, judge, tmp_path):
        models = [synthesis.load("tiny-wavegan", "cpu", checkpoints)]
        again = evaluate(models, PreparedData(prepared), tmp_path / "again", Settings(NUM, classifier=judge))
        scores = [{name: entry["scores"] for name, entry in it["baselines"].items()} for it in (again, evaluated[1])]
        assert scores[0] == scores[1]
        assert again["models"]["tiny-wavegan"]["scores"] == evaluated[1]["models"]["tiny-wavegan"]["scores"]


class TestFiles:
    def test_two_held_out_clips_a_label(self, evaluated, prepared):
        out, data = evaluated[0], PreparedData(prepared)
        pictures = {"figure1.png", *(f"failures-{name}.png" for name in evaluated[1]["models"])}
        assert {path.name for path in out.iterdir()} == {*pictures, "metrics.json", "real", "report.html"}
        held_out = {data.clips[row].tobytes() for row in data.rows("test")}
        for label in LABELS:
            for number in range(2):
                pcm, rate = soundfile.read(out / "real" / f"{label}-{number}.wav", dtype="int16")
                assert rate == SAMPLE_RATE
                assert pcm.tobytes() in held_out

    def test_figure_1_has_a_row_more_than_models(self, evaluated):
        with Image.open(evaluated[0] / "figure1.png") as image:
            assert image.width > 300
            assert image.height > 300


@pytest.fixture(scope="module")
def page(evaluated) -> Markup:
    return Markup((evaluated[0] / "report.html").read_text())


class TestReport:
    def test_asks_nothing_of_anyone(self, page, evaluated):
        for _, attributes in page.tags:
            for name in ("src", "href", "srcset", "action", "data"):
                assert attributes.get(name, "#").startswith(("data:", "#"))
        assert "url(" not in (evaluated[0] / "report.html").read_text()
        policy = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta)
        assert policy.startswith("default-src 'none'")

    def test_pictures_are_described_and_buttons_named(self, page):
        assert len(page.of("img")) > 8
        assert all(image["alt"].startswith("Spectrogram: ") for image in page.of("img"))
        assert all(button["aria-label"].startswith("Play ") for button in page.of("button"))
        assert all("aria-label" in svg or svg.get("aria-hidden") for svg in page.of("svg"))
        assert all(cell.get("scope") in ("row", "col", "colgroup") for cell in page.of("th"))

    def test_verdict_comes_first(self, page):
        order = [attributes["id"] for attributes in page.of("section")]
        assert order[:2] == ["verdict", "figure1"]
        assert "listeners" in order
        assert "real recordings" in page.text
        assert "history" in order
        assert "Right sound?" in page.text

    def test_both_scores_of_a_training_are_drawn_where_it_kept_them(self, page):
        labels = [svg["aria-label"] for svg in page.of("svg") if "along the training" in svg.get("aria-label", "")]
        assert labels == [
            f"{score} to held-out audio along the training of tiny-wavegan" for score in ("Distance (Frechet)", "KAD")
        ]

    def test_a_model_without_failures_to_show_has_no_picture_of_them(self, evaluated, tmp_path):
        names = evaluated[1]["models"]
        examples = {name: {} for name in ("real", *names)}
        report.write(tmp_path, evaluated[1], examples, {}, {name: [] for name in names}, SAMPLE_RATE)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["figure1.png", "report.html"]

    def test_says_what_arrows_and_columns_mean_before_the_scores(self, page):
        assert page.text.index("An arrow shows") < page.text.index("Right label \N{UPWARDS ARROW}")
        assert {"href": "#method"} in page.of("a")[-1:]

    def test_says_what_pictures_span_and_how_it_was_made(self, page):
        assert "1.02 s across, 0 to 8 kHz upwards, mel scale" in page.text
        options = f"--num {NUM} --seed 0 --classifier judge"
        assert f"evaluate {' '.join(NAMES)} --data DATA --out DIR {options} --ratings VOTES" in page.text

    def test_says_which_versions_made_it_and_which_study_was_answered(self, page, evaluated):
        assert f"torch {evaluated[1]['versions']['torch']}, " in page.text
        assert f"tiny-wavegan{STUDY[:8]}" in page.text

    def test_steps_that_came_on_top_of_others_say_so(self, page, evaluated):
        assert "started from" not in page.text
        document = json.loads(json.dumps(evaluated[1]))
        nothing = {name: [] for name in (*document["models"], "real")}
        for more in ({"start": "first"}, {"steps": 6500, "steps_before": 6000}):
            document["models"]["tiny-wavegan"] |= more
            again = Markup(report.html_page(document, [], {}, nothing, SAMPLE_RATE))
            assert (
                f"started from the weights of first{' after 6,000 of them' * ('steps' in more)}; weights" in again.text
            )

    def test_says_why_silence_wins_plain_mse(self, page):
        assert "the score rewards silence" in page.text
        assert "Plain MSE" in page.text

    def test_text_is_escaped(self, evaluated):
        document = json.loads(json.dumps(evaluated[1]))
        document["models"] = {"<script>x</script>": document["models"]["tiny-wavegan"]}
        document["data"]["source"] = "<img onerror=1>"
        pcm = np.zeros(NUM_SAMPLES, np.int16)
        pair = neighbours.Neighbour("<s>", 0, 1, "<q>", 2.0, pcm, pcm)
        page = Markup(report.html_page(document, [("<b>", {})], {"<i>": [pair]}, {"<u>": [pair]}, SAMPLE_RATE))
        assert not page.of("b") or all("class" in attributes for attributes in page.of("b"))
        assert not page.of("i") or all("style" in attributes for attributes in page.of("i"))
        assert not any(page.of(tag) for tag in ("u", "s", "q"))
        assert "<q>" in page.text
        assert "<script>x</script>" in page.text
        assert len(page.of("script")) == 1


class TestVerdict:
    def test_names_the_wrong_input_that_wins(self, evaluated):
        document = json.loads(json.dumps(evaluated[1]))
        document["models"]["tiny-wavegan"]["scores"]["kad_summary"] = 1e6
        kept, exceptions = verdict.trusted(document)
        assert "KAD (spectra)" not in kept
        assert any(text.startswith("Silence is as good as tiny-wavegan or better on") for text in exceptions)
        assert all("KAD (spectra)" in text for text in exceptions if "tiny-wavegan" in text)

    def test_real_audio_passes_its_own_verdict(self, evaluated):
        document = evaluated[1]
        found = verdict.findings(document["baselines"]["real_train"], document)
        assert found["Right sound?"].tone == "good"
        for name in ("real_train", "real_test"):
            assert verdict.findings(document["baselines"][name], document)["Copied?"].words == "No sign of it"
        assert found["Clean?"].words == "Yes"

    def test_accuracy_and_pitch_are_held_against_held_out_clips(self, evaluated):
        """The judge was taught the training clips, and models are asked for the held-out ones' pitches."""
        document = json.loads(json.dumps(evaluated[1]))
        document["baselines"]["real_test"]["scores"] |= {"class_accuracy": 0.75, "steady_pitch": 0.5}
        found = verdict.findings(document["models"]["tiny-wavegan"], document)
        assert found["Right sound?"].number.endswith("held-out real 75%")
        assert found["In tune?"].number.endswith("held-out real 50%")

    def test_a_distance_that_chance_brought_to_nothing_says_what_it_counts_as(self, evaluated, page):
        document = json.loads(json.dumps(evaluated[1]))
        document["settings"]["embeddings"] = ["summary"]
        document["baselines"]["noise"]["scores"]["kad_summary"] = 100.0
        model = document["models"]["tiny-wavegan"]
        model["scores"]["kad_summary"] = 1.5
        for of_real, told in ((0.01, "1.5; real 0.01, counted as 0.5"), (1.0, "1.5; real 1")):
            document["baselines"]["real_train"]["scores"]["kad_summary"] = of_real
            assert verdict.findings(model, document)["Like real?"].number == f"KAD (spectra) {told}"
        assert "at least 0.5 % of white noise's distance" in page.text

    def test_replayed_recordings_are_told_whatever_the_ratio(self, evaluated):
        model = json.loads(json.dumps(evaluated[1]["models"]["tiny-wavegan"]))
        assert model["scores"]["replayed"] == 0
        for share, words in ((0.0, "No sign of it"), (0.5, "Replays training clips")):
            model["scores"] |= {"memorisation_ratio": 5.0, "replayed": share}
            found = verdict.findings(model, evaluated[1])["Copied?"]
            assert found.words == words
            assert found.number.endswith(f"{share:.0%} replay a training clip")

    def test_copies_are_suspicious(self, evaluated):
        document = json.loads(json.dumps(evaluated[1]))
        document["models"]["tiny-wavegan"]["scores"]["memorisation_ratio"] = 0.1
        assert verdict.findings(document["models"]["tiny-wavegan"], document)["Copied?"].words == "Suspicious"

    @pytest.mark.parametrize(
        ("score", "value", "fault"),
        [("whistle_db", -40.0, "Whistle"), ("whistle_db", -60.0, ""), ("clicking_clips", 1.0, "Clicks")],
    )
    def test_faults_of_the_signal_are_named(self, evaluated, score, value, fault):
        document = evaluated[1]
        model = json.loads(json.dumps(document["baselines"]["real_train"]))
        model["scores"][score] = value
        assert verdict.findings(model, document)["Clean?"].words == (fault or "Yes")
        del model["scores"][score]  # a report of before there was such a score
        assert verdict.findings(model, document)["Clean?"].words == "Yes"

    def test_faults_are_listed_with_their_own_capitals(self, evaluated):
        model = json.loads(json.dumps(evaluated[1]["baselines"]["real_train"]))
        model["scores"] |= {"dc_most": 0.1, "clipped_clips": 0.5}
        assert verdict.findings(model, evaluated[1])["Clean?"].words == "Clipping, DC"
        model["scores"]["clipped_clips"] = 0
        assert verdict.findings(model, evaluated[1])["Clean?"].words == "DC"
