"""Sounds from folders beside checkpoints: scored by the same code, each once at most, and named as what they are."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import EVALUATED_CLIPS, LABELS, SAMPLE_RATE, Markup, tone
from PIL import Image

from audiogan import cli, synthesis
from audiogan.audio import write_wav
from audiogan.dataset import PreparedData
from audiogan.evaluation import candidates, report, verdict
from audiogan.evaluation.systems import Files
from audiogan.sounds_folder import SoundsFolder

NUM = 120
ODD = '<b>"it\'s" & <script>x<.wav'


def write_sounds(folder: Path, flutes: int, drums: int) -> Path:
    """Decaying tones and noises, under odd names."""
    random, time = np.random.default_rng(7), np.arange(8000) / SAMPLE_RATE
    for label, count in zip(LABELS, (flutes, drums), strict=True):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            audio = tone(310 + 9 * number, 0.5) if label == LABELS[0] else 0.2 * random.standard_normal(8000)
            write_wav(folder / label / f"{number}{ODD}", audio * np.exp(-5 * time), SAMPLE_RATE)
    return folder


@pytest.fixture(scope="module")
def asked(prepared) -> np.ndarray:
    """The labels, as numbers, that the shared evaluation asks for."""
    data = PreparedData(prepared)
    held_out = np.random.default_rng((0, 4)).permutation(data.rows("test"))
    return data.label[candidates.draw_rows(held_out, EVALUATED_CLIPS, 0)]


@pytest.fixture(scope="module")
def scored(prepared, checkpoints, judge, asked, tmp_path_factory) -> tuple[Path, dict]:
    """An evaluation of a checkpoint's own clips, of few drums and odd names, of no labels, and of one label."""
    sounds = tmp_path_factory.mktemp("sounds")
    export(sounds / "exported", synthesis.load("tiny-wavegan", "cpu", checkpoints), asked)
    write_sounds(sounds / "few", 70, 25)
    write_sounds(sounds / "flutes", 60, 0)
    (sounds / "loose").mkdir()
    for number in range(NUM + 4):
        soundfile.write(sounds / f"loose/{number}.flac", tone(300 + 5 * number), SAMPLE_RATE)
    out = tmp_path_factory.mktemp("scored") / "evaluation"
    arguments = ["--data", prepared, "--out", out, "--num", NUM, "--classifier", judge, "--checkpoints", checkpoints]
    for given in (sounds / "exported", f"theirs={sounds / 'few'}", sounds / "loose", sounds / "flutes"):
        arguments += ["--sounds", given]
    assert cli.main(["evaluate", *map(str, arguments)]) == 0
    return out, json.loads((out / "metrics.json").read_text())


def export(folder: Path, synthesizer: synthesis.Synthesizer, asked: np.ndarray) -> None:
    """The clips that an evaluation of seed 0 scores of a model without pitches."""
    labels = [LABELS[number] for number in asked]
    for first in range(0, len(asked), candidates.TILE):
        part = range(first, min(len(asked), first + candidates.TILE))
        own = [labels[index] for index in part]
        clips = synthesizer.render(synthesizer.latents(part, 0), own, [None] * len(own))
        for index, audio in zip(part, clips, strict=True):
            (folder / labels[index]).mkdir(parents=True, exist_ok=True)
            write_wav(folder / labels[index] / f"{index:02}.wav", audio, SAMPLE_RATE)


class TestScores:
    def test_a_checkpoints_own_clips_score_as_the_checkpoint(self, scored, evaluated):
        """The same sixty clips in another order; what looks at the first ones only may differ by that."""
        model, files = evaluated[1]["models"]["tiny-wavegan"], scored[1]["models"]["exported"]
        assert files["confusion"] == model["confusion"]
        for name in ("clips", "class_accuracy", "kad_classifier", "kad_summary", "diversity", "nearest_mse", "peak"):
            assert files["scores"][name] == pytest.approx(model["scores"][name], rel=1e-4), name
        assert files["scores"]["steady_pitch"] == model["scores"]["steady_pitch"]
        assert files["labels"]["Flute"]["whistle_db"] == model["labels"]["Flute"]["whistle_db"]

    def test_no_file_is_scored_twice_to_fill_up(self, scored, prepared, tmp_path):
        theirs = scored[1]["models"]["theirs"]
        assert theirs["scores"]["clips"] == 85  # 60 of 70 flutes, all of 25 drums
        assert [theirs["labels"][label]["clips"] for label in LABELS] == [60, 25]
        data = PreparedData(prepared)
        folder, wanted = SoundsFolder(write_sounds(tmp_path / "few", 70, 25), data), np.tile(data.rows("test"), 15)
        chosen, again = (Files.draw(folder, data, wanted, seed).files for seed in (0, 1))
        assert len(chosen) == len(set(chosen)) == 85
        assert list(chosen) != sorted(chosen)
        assert set(chosen) != set(again)

    def test_every_score_applies_but_those_that_need_a_network(self, scored, evaluated):
        (theirs, loose), model = (
            map(scored[1]["models"].get, ("theirs", "loose")),
            evaluated[1]["models"]["tiny-wavegan"],
        )
        assert set(theirs["scores"]) == set(model["scores"])
        empty = {name for name, value in theirs["scores"].items() if value is None}
        few = {"fad_infinity_classifier", "fad_infinity_summary"}  # of fewer than 500 clips
        assert empty == {"pitch_error_cents", *few}  # no pitch was asked for
        assert set(model["scores"]) - set(loose["scores"]) == {"class_accuracy", "class_accuracy_mean"}
        assert theirs["scores"]["steady_pitch"] > 0.9

    def test_unlabelled_sounds_are_an_unconditional_model(self, scored):
        loose = scored[1]["models"]["loose"]
        assert (loose["confusion"], loose["conditional"], loose["sounds"]["labels"]) == (None, False, [])
        assert (loose["scores"]["clips"], loose["sounds"]["files"]) == (NUM, NUM + 4)
        assert verdict.findings(loose, scored[1])["Right sound?"].words == "Has no label"

    def test_document_says_which_sounds_they_are(self, scored):
        entry = scored[1]["models"]["theirs"]
        assert entry["sounds"]["files"] == 95
        assert entry["sounds"]["labels"] == list(LABELS)
        assert len(entry["sounds"]["sha256"]) == 64
        assert not {"architecture", "parameters", "steps", "checkpoint_sha256"} & set(entry)
        assert (entry["history"], entry["ratings"]) == (None, None)
        assert [set(failure) for failure in entry["failures"]] == [
            {"label", "sample", "clip", "source", "distance_db", "file"}
        ] * 3
        assert all(failure["file"].startswith(f"{failure['label']}/") for failure in entry["failures"])

    def test_labels_that_a_folder_lacks_are_empty(self, scored):
        flutes = scored[1]["models"]["flutes"]
        assert [flutes["labels"][label]["clips"] for label in LABELS] == [60, 0]
        assert {name for name, value in flutes["labels"]["Snare_drum"].items() if value is not None} == {"clips"}
        assert flutes["sounds"]["labels"] == ["Flute"]
        assert flutes["confusion"][1] == [0, 0]


@pytest.fixture(scope="module")
def page(scored) -> Markup:
    return Markup((scored[0] / "report.html").read_text())


class TestReport:
    def test_names_them_as_sounds_from_a_folder_everywhere(self, page, scored):
        sha256 = scored[1]["models"]["theirs"]["sounds"]["sha256"]
        what = f"95 files of 2 labels, 85 of them scored, none twice; SHA-256 {sha256[:12]}"
        assert f"theirssounds from a folder: {what}" in page.text
        assert "120 clips of each model, 60 clips of exported, 85 clips of theirs, 60 clips of flutes" in page.text
        # verdict, figure 1, scores, confusion, failures, neighbours, distributions
        assert page.text.count("theirs (sounds from a folder)") == 7
        assert "theirs (sounds from a folder): " in page.text
        assert "evaluate --sounds exported=SOUNDS --sounds theirs=SOUNDS" in page.text
        assert "parameters" not in page.text
        assert "the ratio is lower even without copying" in page.text

    def test_files_stand_beside_their_pictures_and_are_no_markup(self, page):
        assert len(re.findall(f"file Flute/[0-9]+{re.escape(ODD)}", page.text)) >= 4  # of two folders
        assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
        assert all("class" in attributes for tag, attributes in page.tags if tag == "b")
        assert "from the folder" in page.text
        assert "invented" not in page.text

    def test_models_and_folders_stand_side_by_side(self, scored, evaluated):
        document = json.loads(json.dumps(evaluated[1]))
        document["models"]["theirs"] = scored[1]["models"]["theirs"]
        nothing = {name: [] for name in document["models"]}
        page = Markup(report.html_page(document, [("theirs", {})], nothing, nothing, SAMPLE_RATE))
        assert "0 steps on nothing; weights" in page.text
        assert "evaluate tiny-wavegan tiny-unconditional --sounds theirs=SOUNDS --data DATA" in page.text
        assert "along the training of tiny-wavegan" in " ".join(
            attributes.get("aria-label", "") for _, attributes in page.tags
        )

    def test_pictures_are_there(self, scored):
        with Image.open(scored[0] / "figure1.png") as image:
            assert image.height > 600  # a row for real audio and for each of four folders
        assert (scored[0] / "failures-theirs.png").is_file()


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "nothing to evaluate"),
            (["--sounds", "noise={few}"], "none of them a baseline's"),
            (["--sounds", "x={few}", "--sounds", "x={few}"], "must have different names"),
            (["--sounds", "{few}"], "has 45 clips to score of 60 files, labels in the shares of the held-out"),
            (["--sounds", "{few}/Flute"], "has 15 clips to score of 15 files: at least 50 are needed"),
            (["--sounds", "x={few}", "--run", "x={few}"], "must be the run of an evaluated model"),
            (["--sounds", "tiny-wavegan={few}"], "has a checkpoint's name"),
        ],
    )
    def test_each_is_one_sentence(self, arguments, words, prepared, checkpoints, judge, tmp_path, capsys):
        few = write_sounds(tmp_path / "few", 15, 45)
        given = ["--data", prepared, "--out", tmp_path / "out", "--num", 60, "--classifier", judge]
        given += ["--checkpoints", checkpoints, *(argument.format(few=few) for argument in arguments)]
        assert cli.main(["evaluate", *map(str, given)]) == 2
        (sentence,) = capsys.readouterr().err.strip().splitlines()
        assert words in sentence
        assert not (tmp_path / "out").exists()
