"""A study of sounds from folders, and of systems without labels: drawn once, hashed, under labels that were heard."""

import dataclasses
import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

import audiogan
from audiogan import cli
from audiogan.audio import write_wav
from audiogan.dataset import PreparedData
from audiogan.evaluation import ratings
from audiogan.listening import codebook, records, sources, views
from audiogan.listening.gathering import Gathering, common_labels
from audiogan.listening.pool import Recipe, build
from audiogan.listening.sources import Folder, Heard, Model
from audiogan.listening.study import Study
from audiogan.sounds_folder import SoundsFolder

FALLING = np.exp(-np.arange(NUM_SAMPLES) / 3000)


def write_files(folder: Path, flutes: int, drums: int, labels=("Flute/", "Snare_drum/")) -> Path:
    """Tones and noises as the prepared data has them, but others."""
    random = np.random.default_rng(3)
    for label, count in zip(labels, (flutes, drums), strict=True):
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            audio = tone(310 + 25 * number) if label == labels[0] else 0.3 * random.standard_normal(NUM_SAMPLES)
            kind = "tone" if label == labels[0] else "noise"
            write_wav(folder / label / f'{kind} "{number}" <b>.wav', audio * FALLING, SAMPLE_RATE)
    return folder


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    """`theirs`, six flutes and four drums, and `loose`, the same without labels."""
    folder = tmp_path_factory.mktemp("sounds")
    write_files(folder / "theirs", 6, 4)
    write_files(folder / "loose", 6, 5, ("", "."))
    return folder


@pytest.fixture(scope="module")
def recipe(prepared, checkpoints, judge, sounds) -> Recipe:
    """Of each system and label one test clip, and two to spare: three."""
    given = (str(sounds / "theirs"), f"unnamed={sounds / 'loose'}")
    return Recipe(prepared, ("tiny-wavegan",), checkpoints, per_label=1, sounds=given, classifier=judge)


@pytest.fixture(scope="module")
def frozen(recipe, tmp_path_factory) -> Study:
    return build(recipe, tmp_path_factory.mktemp("study") / "pool")


class TestBuild:
    def test_folders_stand_among_the_systems(self, frozen):
        assert frozen.systems == ("real", "anchor", "griffin-lim", "theirs", "tiny-wavegan", "unnamed")
        assert frozen.labels == ("Flute", "Snare_drum")
        assert [stimulus.model for stimulus in frozen.of_role("test") if stimulus.system == "theirs"] == [True, True]

    def test_a_clip_is_the_file_that_it_names_and_no_file_comes_twice(self, frozen, sounds, prepared):
        folder = SoundsFolder(sounds / "theirs", PreparedData(prepared))
        own = [stimulus for stimulus in frozen.stimuli if stimulus.system == "theirs"]
        assert len({stimulus.file for stimulus in own}) == len(own) >= 2
        for stimulus in own:
            assert stimulus.file.startswith(f"{stimulus.label}/")
            assert stimulus.file_sha256 == hashlib.sha256((sounds / "theirs" / stimulus.file).read_bytes()).hexdigest()
            assert stimulus.checkpoint_sha256 == folder.sha256
            assert (stimulus.seed, stimulus.index, stimulus.source) == (None, None, None)
            pcm = soundfile.read(frozen.path(stimulus.id), dtype="int16")[0]
            expected = folder.read(stimulus.file) * 10 ** (stimulus.gain_db / 20) * 32768
            np.testing.assert_allclose(pcm, expected, atol=1)

    def test_unlabelled_files_have_the_label_that_the_classifier_heard(self, frozen):
        own = [stimulus for stimulus in frozen.stimuli if stimulus.system == "unnamed"]
        kinds = {"Flute": "tone", "Snare_drum": "noise"}
        assert all(stimulus.file.startswith(kinds[stimulus.label]) for stimulus in own)
        assert len({stimulus.file for stimulus in own}) == len(own) >= 2

    def test_manifest_says_what_each_system_is(self, frozen, judge):
        models = frozen.manifest["models"]
        assert set(models) == {"tiny-wavegan", "theirs", "unnamed"}
        assert (models["theirs"]["files"], models["unnamed"]["files"]) == (10, 11)
        weights = hashlib.sha256((judge / "model.safetensors").read_bytes()).hexdigest()
        assert models["unnamed"]["label_by"] == "classifier"
        assert models["unnamed"]["classifier_sha256"] == weights
        assert "label_by" not in models["theirs"]
        rows = [row for row in frozen.manifest["stimuli"] if row["system"] in ("tiny-wavegan", "real")]
        assert rows
        assert not any("file" in row for row in rows)

    def test_same_seed_draws_the_same_files_and_another_others(self, frozen, recipe, tmp_path):
        assert build(recipe, tmp_path / "again").hash == frozen.hash
        other = build(dataclasses.replace(recipe, seed=1), tmp_path / "other")
        files = [sorted(stimulus.file for stimulus in study.stimuli) for study in (frozen, other)]
        assert files[0] != files[1]

    def test_methods_section_and_feedback_name_folders_as_such(self, frozen):
        text = codebook.codebook([frozen])
        assert f"theirs (10 files of a folder, {frozen.manifest['models']['theirs']['checkpoint_sha256']})" in text
        assert "unnamed (11 files of a folder, " in text
        assert f"labels by classifier {frozen.manifest['models']['unnamed']['classifier_sha256']}" in text
        assert "classifier" not in codebook.codebook([frozen], public=True)
        told = {
            stimulus.system: views.feedback(frozen, {"clips": [stimulus.id]}) for stimulus in frozen.of_role("test")
        }
        assert told["theirs"]["text"].startswith("It was invented by another program: ")
        assert told["tiny-wavegan"]["text"].startswith("It was invented by a network: ")
        assert told["theirs"]["real"] is False

    def test_votes_on_a_folder_join_its_evaluation_by_its_hash(self, frozen, sounds, prepared, tmp_path):
        from voting import vote

        stimulus = next(stimulus for stimulus in frozen.of_role("test") if stimulus.system == "theirs")
        rows = [vote("a", "theirs", 4, stimulus=stimulus.id, checkpoint_sha256=stimulus.checkpoint_sha256)]
        (tmp_path / "votes.csv").write_text(records.to_csv(rows))
        heard = ratings.read(tmp_path / "votes.csv")[0]["theirs"]["checkpoints"]
        assert heard == [SoundsFolder(sounds / "theirs", PreparedData(prepared)).sha256]


class TestWithoutLabels:
    def test_an_unconditional_models_clips_are_its_own_under_what_is_heard(self, checkpoints):
        model = audiogan.load("tiny-unconditional", "cpu", checkpoints)
        turns = iter("GFGGF" * 100)
        judge = SimpleNamespace(hear=lambda clips: [{"F": "Flute", "G": "Gong"}[next(turns)] for _ in clips], sha256="")
        heard = Heard(Model(model), judge, ("Flute",), 3, np.random.default_rng(0))
        clips = heard.take("Flute", 3, 0, None)
        assert [clip.index for clip in clips] == [1, 4, 6]  # those heard as gongs are passed over
        again = model.generate(7, clips[0].seed)
        for clip in clips:
            np.testing.assert_array_equal(clip.audio, again[clip.index])
            assert (clip.label, clip.system) == ("Flute", "tiny-unconditional")

    def test_an_unconditional_model_is_a_system_of_a_study(self, recipe, tmp_path):
        study = build(dataclasses.replace(recipe, models=("tiny-unconditional",), sounds=()), tmp_path / "pool")
        own = [stimulus for stimulus in study.stimuli if stimulus.system == "tiny-unconditional"]
        assert {stimulus.label for stimulus in own} == {"Flute", "Snare_drum"}
        assert study.manifest["models"]["tiny-unconditional"]["label_by"] == "classifier"
        judge = sources.Judge(recipe.classifier, PreparedData(recipe.data))
        model = audiogan.load("tiny-unconditional", "cpu", recipe.checkpoints)
        for stimulus in own:
            audio = model.generate(stimulus.index + 1, stimulus.seed)[-1:]
            assert judge.hear(list(audio)) == [stimulus.label]

    def test_labels_that_too_little_is_heard_as_are_named(self, recipe, tmp_path, monkeypatch):
        monkeypatch.setattr(sources, "MOST_HEARD", 2)
        with pytest.raises(ValueError, match=r"and 2 from each system, and tiny-unconditional has \d of Flute") as told:
            build(dataclasses.replace(recipe, models=("tiny-unconditional",)), tmp_path / "pool")
        assert "\n" not in str(told.value)
        assert os.listdir(tmp_path) == []

    def test_labels_are_those_of_the_systems_that_take_some(self):
        data = SimpleNamespace(labels=("Flute", "Gong", "Oboe"))
        known = [SimpleNamespace(labels=("Gong", "Oboe")), SimpleNamespace(labels=None)]
        assert common_labels((), data, known) == ("Gong", "Oboe")


class TestRefusals:
    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"sounds": ("anchor={theirs}",)}, "a model in a study cannot be called anchor"),
            ({"sounds": ("x={theirs}", "x={loose}")}, "two systems in a study cannot both be called x"),
            ({"sounds": ("tiny-wavegan={theirs}",)}, "has a checkpoint's name, tiny-wavegan"),
            ({"sounds": ("{theirs}/none",)}, "is not a folder"),
            ({"sounds": ("{theirs}",), "per_label": 4}, "needs 6 held-out .* and 5 from each system, and Flute has 4"),
        ],
    )
    def test_each_is_one_sentence(self, recipe, sounds, tmp_path, values, message):
        paths = {name: sounds / name for name in ("theirs", "loose")}
        values["sounds"] = tuple(given.format(**paths) for given in values["sounds"])
        with pytest.raises(ValueError, match=message) as told:
            build(dataclasses.replace(recipe, **values), tmp_path / "pool")
        assert "\n" not in str(told.value)
        assert os.listdir(tmp_path) == []

    def test_too_few_files_are_named_with_the_held_out_clips_that_are_too_few(self, prepared, sounds):
        data = PreparedData(prepared)
        gathering = Gathering(data, [Folder(SoundsFolder(sounds / "theirs", data))], data.labels, 3, None)
        with pytest.raises(
            ValueError, match="needs 6 held-out clips of each label and 5 from each system, and "
        ) as told:
            gathering._check_counts(6, 5)
        assert "Flute has 4, Snare_drum has 4, theirs has 4 of Snare_drum: leave out" in str(told.value)

    def test_a_file_without_its_hash_is_refused(self, frozen, recipe, tmp_path):
        build(recipe, tmp_path / "pool")
        manifest = json.loads((tmp_path / "pool/manifest.json").read_text())
        next(row for row in manifest["stimuli"] if "file" in row)["file_sha256"] = "x"
        (tmp_path / "pool/manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ValueError, match="has a file without a name or a SHA-256"):
            Study.load(tmp_path / "pool")


def test_command_takes_folders_without_models(recipe, sounds, tmp_path, capsys):
    arguments = ["--data", recipe.data, "--out", tmp_path / "pool", "--per-label", 1, "--classifier", recipe.classifier]
    arguments += ["--sounds", sounds / "theirs", "--sounds", sounds / "loose"]
    assert cli.main(["study", "build", *map(str, arguments)]) == 0
    assert "real, anchor, griffin-lim, loose, theirs" in capsys.readouterr().out
    assert cli.main(["study", "check", str(tmp_path / "pool")]) == 0
