"""Freezing a study: everything is there, equally loud, equally long, nameless, and the same each time."""

import dataclasses
import filecmp
import os
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, no_room, save_tiny_checkpoint, tone

import audiogan
from audiogan import checkpoint, cli
from audiogan.audio import from_pcm16, momentary_lufs
from audiogan.checkpoint import weights_hash
from audiogan.dataset import PreparedData
from audiogan.listening import pool, references
from audiogan.listening.gathering import Gathering, common_labels
from audiogan.listening.pool import Recipe, build
from audiogan.listening.sources import Model
from audiogan.listening.study import Study

MODELS = ("tiny-wavegan", "tiny-report-wavegan")  # none that needs Griffin-Lim, for speed


@pytest.fixture(scope="module")
def recipe(prepared, checkpoints) -> Recipe:
    """Of two labels with four held-out clips each: one test clip, an exemplar, two to spare."""
    return Recipe(prepared, MODELS, checkpoints, per_label=1)


@pytest.fixture(scope="module")
def frozen(recipe, tmp_path_factory) -> Study:
    return build(recipe, tmp_path_factory.mktemp("study") / "pool")


def pcm(study: Study, stimulus) -> np.ndarray:
    return soundfile.read(study.path(stimulus.id), dtype="int16")[0]


class TestReferences:
    def test_anchor_keeps_what_is_below_3_5_khz_and_takes_away_what_is_above_4(self):
        for hz, low_db, high_db in ((300, -0.5, 0.5), (3400, -0.5, 0.5), (4100, -200, -50), (6000, -200, -50)):
            kept = references.anchor(tone(hz), SAMPLE_RATE)[4000:-4000]
            decibels = 20 * np.log10(np.abs(kept).max() / 0.5)
            assert low_db < decibels < high_db, hz

    def test_anchor_has_no_delay(self):
        audio = np.zeros(NUM_SAMPLES, np.float32)
        audio[8000] = 1
        assert np.argmax(references.anchor(audio, SAMPLE_RATE)) == 8000

    def test_anchor_refuses_a_rate_that_has_nothing_above(self):
        with pytest.raises(ValueError, match="above 8000 Hz, not 8000"):
            references.anchor(tone(100), 8000)

    def test_resynthesis_keeps_a_tone_and_is_the_same_each_time(self):
        audio = references.resynthesised(tone(1000))
        spectrum = np.abs(np.fft.rfft(audio))
        assert abs(np.argmax(spectrum) * SAMPLE_RATE / NUM_SAMPLES - 1000) < 5
        np.testing.assert_array_equal(audio, references.resynthesised(tone(1000)))
        assert not np.array_equal(audio, tone(1000))

    def test_noise_is_6_db_above_the_clip(self):
        audio = tone(500)
        noise = references.buried(audio, np.random.default_rng(0)) - audio
        assert 10 * np.log10(np.mean(noise**2) / np.mean(audio**2)) == pytest.approx(6, abs=0.2)


class TestBuild:
    def test_pool_has_each_system_and_label_and_what_the_design_asks(self, frozen):
        assert frozen.systems == ("real", "anchor", "griffin-lim", "tiny-report-wavegan", "tiny-wavegan")
        assert frozen.labels == ("Flute", "Snare_drum")
        tests = Counter((stimulus.system, stimulus.label) for stimulus in frozen.of_role("test"))
        assert set(tests.values()) == {1}
        assert len(tests) == 10
        training = Counter(stimulus.model for stimulus in frozen.of_role("training"))
        assert training == {False: 2, True: 2}
        gold = [(stimulus.system, dict(stimulus.expected)) for stimulus in frozen.of_role("gold")]
        assert sorted(gold, key=str) == sorted(
            [("noise", {"quality": (1, 2)}), ("real", {"resemblance": (3, 4, 5)})] * 2, key=str
        )

    def test_real_clips_are_held_out_and_used_once(self, frozen, prepared):
        data = PreparedData(prepared)
        real = [stimulus for stimulus in frozen.stimuli if stimulus.system == "real" and stimulus.role != "gold"]
        assert {data.split[stimulus.source] for stimulus in real} == {"test"}
        assert len({stimulus.source for stimulus in real}) == len(real)
        assert all(data.labels[data.label[stimulus.source]] == stimulus.label for stimulus in real)

    def test_a_clip_is_the_models_own_at_the_stated_gain(self, frozen, checkpoints):
        for stimulus in (stimulus for stimulus in frozen.stimuli if stimulus.model):
            assert stimulus.checkpoint_sha256 == weights_hash(checkpoints / stimulus.system)
            model = audiogan.load(stimulus.system, "cpu", checkpoints)
            audio = model.generate(stimulus.index + 1, stimulus.seed, stimulus.label)[stimulus.index]
            expected = audio * 10 ** (stimulus.gain_db / 20) * 32768
            np.testing.assert_allclose(pcm(frozen, stimulus), expected, atol=1)

    def test_pitch_that_a_model_played_is_kept(self, prepared, checkpoints):
        model, stream = audiogan.load("tiny-hybrid", "cpu", checkpoints), np.random.default_rng(0)
        gathering = Gathering(PreparedData(prepared), [Model(model)], ("Flute", "Snare_drum"), 1, stream)
        ((flute,),), ((drum,),) = gathering._invented("Flute", 1), gathering._invented("Snare_drum", 1)
        assert 60 <= flute.pitch <= 72
        assert drum.pitch is None
        again = model.render(model.latents([0], flute.seed), ["Flute"], [flute.pitch])[0]
        np.testing.assert_array_equal(flute.audio, again)

    def test_all_are_equally_loud_below_the_ceiling(self, frozen):
        for stimulus in frozen.stimuli:
            audio = from_pcm16(pcm(frozen, stimulus))
            assert momentary_lufs(audio, SAMPLE_RATE) == pytest.approx(frozen.manifest["loudness_lufs"], abs=0.1)
            assert stimulus.lufs == frozen.manifest["loudness_lufs"]
            assert 20 * np.log10(np.abs(audio).max()) <= pool.CEILING_DB + 0.01

    def test_files_differ_in_nothing_but_samples(self, frozen):
        heads = {frozen.path(stimulus.id).read_bytes()[:44] for stimulus in frozen.stimuli}
        assert len(heads) == 1
        stats = [frozen.path(stimulus.id).stat() for stimulus in frozen.stimuli]
        assert {(stat.st_size, stat.st_mtime, stat.st_mode) for stat in stats} == {
            (44 + 2 * NUM_SAMPLES, stats[0].st_mtime, stats[0].st_mode)
        }

    def test_same_seed_gives_same_bytes_and_another_other_names(self, frozen, recipe, tmp_path):
        again = build(recipe, tmp_path / "again")
        assert again.hash == frozen.hash
        names = ["manifest.json", "study.yaml", *(f"clips/{stimulus.id}.wav" for stimulus in frozen.stimuli)]
        assert filecmp.cmpfiles(frozen.folder, again.folder, names, shallow=False)[0] == names
        other = build(dataclasses.replace(recipe, seed=1), tmp_path / "other")
        assert not {stimulus.id for stimulus in other.stimuli} & {stimulus.id for stimulus in frozen.stimuli}

    def test_order_is_not_by_system(self, frozen):
        systems = [stimulus.system for stimulus in frozen.of_role("test")]
        assert systems != sorted(systems)
        assert [system for system, previous in zip(systems[1:], systems, strict=False) if system != previous]

    def test_peak_ceiling_lowers_the_whole_pool(self, frozen):
        peaks = [np.abs(from_pcm16(pcm(frozen, stimulus))).max() for stimulus in frozen.stimuli]
        loudness = frozen.manifest["loudness_lufs"]
        assert loudness == pool.TARGET_LUFS or 20 * np.log10(max(peaks)) == pytest.approx(pool.CEILING_DB, abs=0.01)

    def test_batches_are_of_ten_and_of_the_same_labels(self):
        def tests(system, labels):
            return [{"id": f"{system}{n}", "system": system, "role": "test", "label": x} for n, x in enumerate(labels)]

        stream = np.random.default_rng(0)
        assert pool._batches(tests("real", "a" * 9), stream) == []
        (batch,) = pool._batches(tests("real", "a" * 12), stream)
        assert len(set(batch["stimuli"])) == 10
        rows = tests("real", "aaabbbcccddd") + tests("net", "ddddccccbbbbaaaaeeee") + tests("few", "aab")
        of = {row["id"]: row["label"] for row in rows}
        net, real = pool._batches(rows, stream)
        assert (net["system"], real["system"]) == ("net", "real")
        shared = [Counter(of[name] for name in batch["stimuli"]) for batch in (net, real)]
        assert shared[0] == shared[1]
        assert sorted(shared[0].values()) == [2, 2, 3, 3]  # each label before any comes again

    def test_batches_are_filled_up_where_systems_share_too_few_labels(self):
        rows = [{"id": f"a{n}", "system": "a", "role": "test", "label": "x" if n < 4 else "y"} for n in range(12)]
        rows += [{"id": f"b{n}", "system": "b", "role": "test", "label": "x" if n < 5 else "z"} for n in range(12)]
        of = {row["id"]: row["label"] for row in rows}
        for batch in pool._batches(rows, np.random.default_rng(0)):
            assert len(set(batch["stimuli"])) == 10
            assert Counter(of[name] for name in batch["stimuli"])["x"] >= 4


class TestRefusals:
    def test_existing_folder_stays_unless_replaced(self, frozen, recipe, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine/notes.txt").write_text("mine")
        for replace, message in ((False, "exists already"), (True, r"--replace replaces a study, and .*mine is none")):
            with pytest.raises(ValueError, match=message):
                build(recipe, tmp_path / "mine", replace)
        build(recipe, tmp_path / "old")
        assert build(dataclasses.replace(recipe, seed=2), tmp_path / "old", replace=True).manifest["seed"] == 2
        assert sorted(os.listdir(tmp_path)) == ["mine", "old"]

    @pytest.mark.parametrize("manifest", ['{"name": "My app", "icons": []}', '{"format": 1}', "[]", "{", None])
    def test_folder_that_only_looks_like_a_study_is_not_replaced(self, frozen, recipe, tmp_path, manifest):
        mine = tmp_path / "mine"
        (mine / "clips").mkdir(parents=True)
        (mine / "manifest.json").write_text(manifest or (frozen.folder / "manifest.json").read_text())
        if manifest:
            (mine / "study.yaml").write_text("title: mine")
        with pytest.raises(ValueError, match=r"--replace replaces a study, and .*mine is none"):
            build(recipe, mine, replace=True)
        assert (mine / "manifest.json").is_file()
        assert os.listdir(tmp_path) == ["mine"]

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"labels": ("Tuba",)}, "label must be one that .* not Tuba"),
            ({"per_label": 3}, "needs 5 held-out clips of each label, and Flute has 4, Snare_drum has 4: leave out"),
            ({"per_label": 0}, "per_label must be"),
            ({"seed": -1}, "seed must be"),
            ({"models": ("tiny-wavegan", "tiny-wavegan")}, "different ones"),
            ({"models": ()}, "a study needs a system"),
            ({"models": ("tiny-unconditional",)}, "classifier .*; it has to hear what a system without labels plays"),
            ({"models": ("nobody",)}, "checkpoint must be one of"),
            ({"design": "a: ["}, "is not YAML"),
            ({"design": pool.TEMPLATE.read_text().replace("min_test_trials: 8", "min_test_trials: 11")}, "at most 10"),
        ],
    )
    def test_what_does_not_fit_is_one_sentence_and_leaves_nothing(self, recipe, tmp_path, values, message):
        with pytest.raises(ValueError, match=message):
            build(dataclasses.replace(recipe, **values), tmp_path / "pool")
        assert os.listdir(tmp_path) == []

    def test_label_that_is_too_long_for_the_votes_is_named(self):
        labels = ("Gong", "x" * 65)
        with pytest.raises(ValueError, match="a label must be a text of at most 64 characters, not 'xxx"):
            common_labels((), SimpleNamespace(labels=labels), [])
        assert common_labels(("Gong",), SimpleNamespace(labels=labels), []) == ("Gong",)

    def test_failure_while_writing_leaves_nothing(self, recipe, tmp_path, monkeypatch):
        monkeypatch.setattr(pool, "write_atomically", no_room)
        with pytest.raises(OSError, match="No space"):
            build(recipe, tmp_path / "pool")
        assert os.listdir(tmp_path) == []

    def test_silent_model_and_reserved_name_are_named(self, recipe, prepared, tmp_path, monkeypatch):
        save_tiny_checkpoint(tmp_path / "ck/anchor", "wavegan")
        with pytest.raises(ValueError, match="cannot be called anchor"):
            build(Recipe(prepared, ("anchor",), tmp_path / "ck", per_label=1), tmp_path / "pool")
        monkeypatch.setattr(pool, "SILENT_LUFS", 0.0)
        with pytest.raises(ValueError, match=r"is silent \(clip "):
            build(recipe, tmp_path / "pool")


class TestCommand:
    def test_build_then_check(self, recipe, tmp_path, capsys):
        paths = ["--data", str(recipe.data), "--checkpoints", str(recipe.checkpoints), "--out", str(tmp_path / "pool")]
        assert cli.main(["study", "build", *paths, "--models", *MODELS, "--per-label", "1"]) == 0
        built, warned = capsys.readouterr()
        assert warned == "warning: trials.test asks for 16, and a sitting will have 10\n"
        assert cli.main(["study", "check", str(tmp_path / "pool")]) == 0
        assert capsys.readouterr() == (built, warned)
        assert "10 test, 2 exemplar, 4 training, 4 gold clips" in built
        assert "real, anchor, griffin-lim, tiny-report-wavegan, tiny-wavegan" in built

    def test_practice_is_shorter_where_clips_are_few_and_that_is_said(self, recipe, tmp_path, capsys):
        """Of four held-out clips two are tests, one is the exemplar and one is left, where four trials ask for two."""
        paths = ["--data", str(recipe.data), "--checkpoints", str(recipe.checkpoints), "--out", str(tmp_path / "pool")]
        assert cli.main(["study", "build", *paths, "--models", MODELS[0], "--per-label", "2"]) == 0
        assert "trials.training asks for 4, and a sitting will have 2\n" in capsys.readouterr().err
        practised = Study.load(tmp_path / "pool").of_role("training")
        assert sorted(stimulus.system for stimulus in practised) == ["real", MODELS[0]]

    def test_check_reads_the_study_that_the_app_runs(self, frozen, monkeypatch, capsys):
        monkeypatch.setenv("AUDIOGAN_STUDY", str(frozen.folder))
        assert cli.main(["study", "check"]) == 0
        assert frozen.hash in capsys.readouterr().out

    def test_design_may_come_from_notepad_and_another_encoding_is_named(self, recipe, tmp_path, capsys):
        paths = ["--data", str(recipe.data), "--checkpoints", str(recipe.checkpoints), "--out", str(tmp_path / "pool")]
        given = [*paths, "--models", *MODELS, "--per-label", "1", "--design", str(tmp_path / "mine.yaml")]
        (tmp_path / "mine.yaml").write_text(recipe.design, "utf-8-sig", newline="\r\n")
        assert cli.main(["study", "build", *given]) == 0
        assert (tmp_path / "pool/study.yaml").read_bytes() == recipe.design.encode()
        (tmp_path / "mine.yaml").write_text(recipe.design.replace("Real", "Écht"), "latin-1")
        assert cli.main(["study", "build", *given, "--replace"]) == 2
        assert "mine.yaml is not UTF-8 text" in capsys.readouterr().err

    def test_all_names_every_checkpoint(self, recipe, tmp_path, capsys):
        save_tiny_checkpoint(tmp_path / "ck/only", "wavegan")
        assert checkpoint.list_checkpoints(tmp_path / "ck")
        paths = ["--data", str(recipe.data), "--checkpoints", str(tmp_path / "ck"), "--out", str(tmp_path / "pool")]
        assert cli.main(["study", "build", *paths, "--models", "all", "--per-label", "3", "--labels", "Flute"]) == 2
        error = capsys.readouterr().err
        assert "the study needs 5 held-out clips of each label, and Flute has 4: leave out" in error
        assert "hold more of them out (prepare folder --held-out)" in error
        few = ["--per-label", "1", "--labels", "Snare_drum, Flute"]
        assert cli.main(["study", "build", *paths, "--models", "all", *few]) == 0
        study = Study.load(tmp_path / "pool")
        assert (study.systems[-1], study.labels) == ("only", ("Flute", "Snare_drum"))
