"""`python -m training` as people run it: what it prints, what it writes, how it refuses."""

import json
import os

import pytest
import soundfile
from conftest import save_tiny_checkpoint, tone
from test_cli import refused

from audiogan import checkpoint
from audiogan.folders import alone_in
from training import cli as training_cli
from training.export import export


class TestTraining:
    def test_presets(self, capsys):
        assert training_cli.main(["presets"]) == 0
        assert "wavegan-cpu" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["train", "nothing", "--data", "d", "--out", "o"], "preset must be one of"),
            (["train", "wavegan-cpu", "--data", "d", "--out", "o"], "is not a prepared data set"),
            (["train", "wavegan-cpu", "--data", "d", "--out", "o", "--max-steps", "0"], "steps must be"),
            (["train", "wavegan-cpu", "--data", "d", "--out", "o", "--max-minutes", "nan"], "--max-minutes"),
            (["train", "wavegan-cpu", "--data", "d", "--out", "o", "--set", "dim=-1"], "dim must be"),
            (["prepare", "folder", "none", "--out", "o"], "is missing"),
            (["prepare", "folder", ".", "--out", "o", "--num-samples", "5"], "num_samples must be"),
            (["prepare", "folder", ".", "--out", "o", "--sample-rate", "1"], "sample_rate must be"),
            (["prepare", "folder", ".", "--out", "o", "--crops", "0"], "--crops must be"),
            (["prepare", "general-midi", "--out", "o", "--soundfont", "none.sf2"], "is missing"),
            (["prepare", "tape", "--out", "o"], "tape"),
            (["export", "none", "--name", "x"], "is not a training run"),
            (["prepare", "folder", "", "--out", "o"], "AUDIO_DIR: must name a folder, not ''"),
            (["prepare", "folder", ".", "--out", ""], "--out: must name a folder, not ''"),
            (["prepare", "fsdkaggle2018", "--from-dir", "", "--out", "o"], "--from-dir: must name a folder, not ''"),
            (["build", "folder", "", "--work", "w", "--name", "x"], "AUDIO_DIR: must name a folder, not ''"),
            (["build", "folder", ".", "--work", "", "--name", "x"], "--work: must name a folder, not ''"),
            (["train", "wavegan-cpu", "--data", "d", "--out", ""], "--out: must name a folder, not ''"),
            (["export", "r", "--name", "x", "--checkpoints", ""], "--checkpoints: must name a folder, not ''"),
        ],
    )
    def test_bad_arguments(self, tmp_path, capsys, monkeypatch, arguments, message):
        monkeypatch.chdir(tmp_path)
        assert message in refused(capsys, training_cli.main, *arguments)
        assert os.listdir(tmp_path) == []

    def test_memory_that_does_not_suffice_is_one_sentence(self, tmp_path, prepared, capsys, monkeypatch):
        def fail(*_):
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB")

        monkeypatch.setattr("training.trainer.Trainer.train", fail)
        command = ["train", "wavegan", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
        assert "out of memory" in refused(capsys, training_cli.main, *command)

    def test_two_trainings_in_one_folder_are_kept_apart(self, tmp_path, prepared, capsys):
        command = ["train", "wavegan", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
        (tmp_path / "run").mkdir()
        with alone_in(tmp_path / "run"):
            assert "another process is using" in refused(capsys, training_cli.main, *command)
        assert os.listdir(tmp_path / "run") == []

    def test_a_training_that_is_refused_leaves_no_folder(self, tmp_path, prepared, capsys):
        command = ["train", "wavegan", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
        odd = ["--set", "paired=true", "--set", "batch_size=3", "--set", "precision=float32"]
        assert "batch_size" in refused(capsys, training_cli.main, *command, *odd)
        assert not (tmp_path / "run").exists()

    def test_export_of_a_run_that_saved_nothing(self, tmp_path, prepared, capsys):
        from test_trainer import trainer

        trainer(tmp_path / "run", prepared)
        options = ["--name", "x", "--checkpoints", tmp_path / "ck"]
        assert "no saved state" in refused(capsys, training_cli.main, "export", tmp_path / "run", *options)
        assert not (tmp_path / "ck").exists()

    def test_export_to_a_name_that_is_taken(self, tmp_path, prepared, capsys):
        from test_trainer import trainer

        trainer(tmp_path / "run", prepared, "steps=1").train()
        folder = save_tiny_checkpoint(tmp_path / "ck" / "mine", "specgan")
        (folder / "nearest.safetensors").write_bytes(b"an index")
        (tmp_path / "ck" / "evaluation").mkdir()
        command = ["export", tmp_path / "run", "--checkpoints", tmp_path / "ck", "--name"]
        capsys.readouterr()
        assert "is there already" in refused(capsys, training_cli.main, *command, "mine")
        assert checkpoint.read(folder).config.architecture == "specgan"
        assert "is there already" in refused(capsys, training_cli.main, *command, "evaluation", "--replace")
        assert training_cli.main([str(part) for part in [*command, "mine", "--replace"]]) == 0
        assert "index of training sounds was removed" in capsys.readouterr().err
        assert checkpoint.read(folder).config.architecture == "wavegan"
        assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]

    @pytest.mark.parametrize(
        ("source", "licences", "licence", "words"),
        [
            ("general-midi: FluidR3_GM.sf2, MuseScore_General_Full.sf3", ["MIT"], "mit", "both MIT"),
            ("general-midi: FluidR3_GM.sf2, Mine.sf2", ["", "MIT"], "other", "that of the recordings"),
            ("folder: sounds", [""], "other", "that of the recordings"),
            ("drums: hydrogen-drumkits, mine.sf2", ["", "CC-BY"], "other", "| each recording unknown or CC-BY: see"),
            ("fsdkaggle2018", ["CC0"], "other", "| CC-BY 4.0 as a set, each recording CC0: see"),
            ("fsdkaggle2018", None, "other", "| CC-BY 4.0 as a set, each recording its own: see"),
        ],
    )
    def test_a_card_states_no_licence_that_nobody_gave(self, source, licences, licence, words, tmp_path, prepared):
        from test_trainer import trainer

        run = trainer(tmp_path / "run", prepared, "steps=1")
        run.train()
        document = json.loads(run.run.config_file.read_text())
        assert document["data"].pop("licences") == [""]
        document["data"] |= {"source": source} | ({} if licences is None else {"licences": licences})
        run.run.config_file.write_text(json.dumps(document))
        text = (export(tmp_path / "run", "x", tmp_path / "ck") / "README.md").read_text()
        assert f"license: {licence}\n" in text
        assert words in text

    def test_short_clips_get_no_pitch_and_it_says_so(self, tmp_path, capsys):
        (tmp_path / "sounds").mkdir()
        soundfile.write(tmp_path / "sounds/a.wav", tone(220.0, 1.0, 48000), 48000)
        command = ["prepare", "folder", tmp_path / "sounds", "--out", tmp_path / "data"]
        command += ["--num-samples", 8192, "--sample-rate", 48000]
        assert training_cli.main(list(map(str, command))) == 0
        assert "no pitch is estimated: clips of 0.17 s are under 0.22 s" in capsys.readouterr().err

    def test_notes_in_another_encoding_are_named(self, tmp_path, capsys):
        (tmp_path / "notes.md").write_text("Klingt schön.", "latin-1")
        options = ["--name", "x", "--checkpoints", tmp_path / "ck", "--notes", tmp_path / "notes.md"]
        said = refused(capsys, training_cli.main, "export", tmp_path / "run", *options)
        assert "notes.md is not UTF-8 text" in said

    def test_bad_name(self, tmp_path, prepared, capsys):
        from test_trainer import trainer

        trainer(tmp_path / "run", prepared, "steps=1").train()
        options = ["--name", "../x", "--checkpoints", tmp_path / "ck"]
        capsys.readouterr()
        assert "name must be" in refused(capsys, training_cli.main, "export", tmp_path / "run", *options)
