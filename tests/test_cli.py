"""Both command lines as people run them: what they print, what they write, how they refuse."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE, save_tiny_checkpoint, tone

import audiogan
from audiogan import checkpoint, cli
from audiogan.folders import alone_in
from training import cli as training_cli
from training.export import export

ROOT = Path(__file__).parent.parent


def run(*arguments, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, **options)


def refused(capsys, main, *arguments) -> str:
    """The one line of a command that must give 2."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    output = capsys.readouterr()
    assert status == 2
    assert output.out == ""
    assert output.err.count("\n") == 1, output.err
    return output.err


class TestList:
    def test_json(self, checkpoints, capsys):
        assert cli.main(["list", "--json", "--checkpoints", str(checkpoints)]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert [row["name"] for row in rows][:2] == ["tiny-hybrid", "tiny-report-specgan"]
        fields = {"name", "architecture", "labels", "sample_rate", "num_samples", "parameters", "data", "steps"}
        assert all(set(row) == fields for row in rows)

    def test_text(self, checkpoints, capsys):
        assert cli.main(["list", "--checkpoints", str(checkpoints)]) == 0
        assert "tiny-unconditional" in capsys.readouterr().out

    def test_missing_folder(self, tmp_path, capsys):
        assert "is missing" in refused(capsys, cli.main, "list", "--checkpoints", tmp_path / "none")


class TestGenerate:
    def test_paths_on_stdout_and_the_models_audio_in_the_files(self, checkpoints, tmp_path):
        arguments = ("--num", 3, "--seed", 4, "--label", "Flute", "--out", tmp_path / "o", "--checkpoints", checkpoints)
        done = run("audiogan", "generate", "tiny-wavegan", *arguments)
        assert done.returncode == 0, done.stderr
        paths = [Path(line) for line in done.stdout.splitlines()]
        assert [path.name for path in paths] == [f"tiny-wavegan-Flute-4-{index}.wav" for index in range(3)]
        expected = audiogan.load("tiny-wavegan", "cpu", checkpoints).generate(3, 4, "Flute")
        for path, audio in zip(paths, expected, strict=True):
            read, rate = soundfile.read(path, dtype="float32")
            assert rate == SAMPLE_RATE
            assert soundfile.info(path).subtype == "PCM_16"
            np.testing.assert_allclose(read, audio, atol=1 / 32768)

    def test_same_arguments_same_bytes_whatever_num(self, checkpoints, tmp_path, capsys):
        for number, num in enumerate((2, 11, 2)):
            out = tmp_path / str(number)
            options = ["--num", str(num), "--seed", "9", "--out", str(out), "--checkpoints", str(checkpoints)]
            assert cli.main(["generate", "tiny-specgan", *options]) == 0
        names = sorted(path.name for path in (tmp_path / "0").iterdir())
        for name in names:
            assert len({(tmp_path / str(number) / name).read_bytes() for number in range(3)}) == 1

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--num", "0"], "num must be"),
            (["--num", "10000000"], "num must be"),
            (["--num", "few"], "--num"),
            (["--seed", "abc"], "--seed"),
            (["--seed", "-1"], "seed must be"),
            (["--label", "Kazoo"], "label must be one of Flute, Snare_drum"),
            (["--pitch", "999"], "pitch must be"),
            (["--pitch", "nan"], "pitch must be"),
            (["--truncation", "0"], "truncation must be"),
            (["--device", "tpu"], "device must be"),
        ],
    )
    def test_bad_arguments(self, checkpoints, tmp_path, capsys, arguments, message):
        out = tmp_path / "o"
        options = ["--checkpoints", checkpoints, "--out", out, *arguments]
        assert message in refused(capsys, cli.main, "generate", "tiny-wavegan", *options)
        assert not out.exists()

    def test_bad_checkpoints(self, checkpoints, tmp_path, capsys):
        options = ["--checkpoints", checkpoints, "--out", tmp_path / "o"]
        assert "tiny-wavegan" in refused(capsys, cli.main, "generate", "none", *options)
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken/config.json").write_text("{}")
        assert "no usable config.json" in refused(capsys, cli.main, "generate", tmp_path / "broken", *options)

    def test_out_that_cannot_be_a_folder(self, checkpoints, tmp_path, capsys):
        (tmp_path / "file").write_text("")
        options = ["--checkpoints", checkpoints, "--out", tmp_path / "file"]
        assert "cannot use" in refused(capsys, cli.main, "generate", "tiny-wavegan", *options)

    def test_folder_in_the_way_of_one_file_leaves_none(self, checkpoints, tmp_path, capsys):
        (tmp_path / "tiny-wavegan-Flute-4-2.wav").mkdir()
        options = ["--num", 4, "--seed", 4, "--label", "Flute", "--out", tmp_path, "--checkpoints", checkpoints]
        message = refused(capsys, cli.main, "generate", "tiny-wavegan", *options)
        assert message.endswith("tiny-wavegan-Flute-4-2.wav: a folder is in the way\n")
        assert [path.name for path in tmp_path.iterdir()] == ["tiny-wavegan-Flute-4-2.wav"]

    def test_a_full_disk_leaves_nothing(self, checkpoints, tmp_path):
        """Files may not grow past 20 kB: the second half of the first clip finds no room."""
        out = tmp_path / "new" / "o"
        done = run(
            *("audiogan", "generate", "tiny-wavegan", "--num", 3, "--out", out, "--checkpoints", checkpoints),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)),
        )
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert not out.parent.exists()

    def test_no_command_and_help(self, capsys):
        assert "COMMAND" in refused(capsys, cli.main)
        with pytest.raises(SystemExit) as stop:
            cli.main(["generate", "--help"])
        assert stop.value.code == 0


class TestMorph:
    def test_one_file_with_every_step(self, checkpoints, tmp_path, capsys):
        out = tmp_path / "m.wav"
        seeds = ["--from-seed", "1", "--to-seed", "2", "--steps", "5", "--label", "Flute"]
        assert cli.main(["morph", "tiny-wavegan", *seeds, "--out", str(out), "--checkpoints", str(checkpoints)]) == 0
        assert capsys.readouterr().out == f"{out}\n"
        assert soundfile.info(out).frames == 5 * NUM_SAMPLES

    @pytest.mark.parametrize(
        ("option", "value"), [("--steps", 1), ("--steps", 10**6), ("--to-seed", -1), ("--label", "x")]
    )
    def test_bad_arguments(self, checkpoints, tmp_path, capsys, option, value):
        options = ["--from-seed", 1, "--to-seed", 2, "--out", tmp_path / "m.wav", "--checkpoints", checkpoints]
        message = refused(capsys, cli.main, "morph", "tiny-wavegan", *options, option, value)
        assert "must be" in message
        assert list(tmp_path.iterdir()) == []

    def test_folder_in_the_way_is_named(self, checkpoints, tmp_path, capsys):
        options = ["--from-seed", 1, "--to-seed", 2, "--out", tmp_path, "--checkpoints", checkpoints]
        message = refused(capsys, cli.main, "morph", "tiny-wavegan", *options)
        assert message == f"python -m audiogan: cannot use {tmp_path}: Is a directory\n"

    def test_missing_folder(self, checkpoints, tmp_path, capsys):
        options = ["--from-seed", 1, "--to-seed", 2, "--out", tmp_path / "no/m.wav", "--checkpoints", checkpoints]
        assert "is missing" in refused(capsys, cli.main, "morph", "tiny-wavegan", *options)


class TestTraining:
    def test_folder_to_checkpoint_to_sound_in_four_commands(self, tmp_path):
        for label, hz in (("high", 2000), ("low", 200)):
            (tmp_path / "in" / label).mkdir(parents=True)
            for number in range(4):
                soundfile.write(tmp_path / "in" / label / f"{number}.wav", tone(hz + number), SAMPLE_RATE)
        settings = ("dim=2", "batch_size=4", "critic_width=8", "feature_steps=2")
        small = [*(word for setting in settings for word in ("--set", setting)), "--max-steps", 2]
        commands = [
            ("training", "prepare", "folder", tmp_path / "in", "--out", tmp_path / "data"),
            ("training", "train", "specgan-cpu", "--data", tmp_path / "data", "--out", tmp_path / "run", *small),
            ("training", "export", tmp_path / "run", "--name", "mine", "--checkpoints", tmp_path / "ck"),
            ("audiogan", "generate", "mine", "--num", 2, "--out", tmp_path / "wav", "--checkpoints", tmp_path / "ck"),
        ]
        for command in commands:
            done = run(*command)
            assert done.returncode == 0, done.stderr
        assert len(list((tmp_path / "wav").glob("mine-*.wav"))) == 2
        card = (tmp_path / "ck/mine/README.md").read_text()
        assert "high, low" in card
        assert "--set dim=2" in card
        assert str(tmp_path) not in card
        config = json.loads((tmp_path / "ck/mine/config.json").read_text())
        assert config["training"]["steps"] == 2

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
        command = ["train", "wavegan-cpu", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
        assert "out of memory" in refused(capsys, training_cli.main, *command)

    def test_two_trainings_in_one_folder_are_kept_apart(self, tmp_path, prepared, capsys):
        command = ["train", "wavegan-cpu", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
        (tmp_path / "run").mkdir()
        with alone_in(tmp_path / "run"):
            assert "another process works in" in refused(capsys, training_cli.main, *command)
        assert os.listdir(tmp_path / "run") == []

    def test_a_training_that_is_refused_leaves_no_folder(self, tmp_path, prepared, capsys):
        command = ["train", "wavegan-cpu", "--data", prepared, "--out", tmp_path / "run", "--set", "dim=1"]
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
        assert "the index of training sounds went" in capsys.readouterr().err
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
        assert "no pitch is estimated: 0.17 s, and it takes 0.22 s" in capsys.readouterr().err

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
