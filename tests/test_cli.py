"""`python -m audiogan` as people run it: what it prints, what it writes, how it refuses."""

import json
import os
import resource
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE

import audiogan
from audiogan import cli
from audiogan.arguments import Parser, comma_list, run_command

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


def test_what_the_system_did_not_number_is_said_as_it_is(capsys):
    def run(options):
        raise ConnectionError("process 1 lost another one and stops")

    parser = Parser(prog="training")
    parser.set_defaults(run=run)
    assert (
        refused(capsys, lambda words: run_command(parser, words)) == "training: process 1 lost another one and stops\n"
    )


@pytest.mark.parametrize("fail", [False, True])
def test_streams_that_were_closed_are_done_without(monkeypatch, fail):
    def run(options):
        print("a path", file=sys.stdout)
        sys.stdout.flush()
        assert os.get_inheritable(sys.stdin.fileno())
        if fail:
            raise BrokenPipeError

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    parser = Parser(prog="training")
    parser.set_defaults(run=run)
    assert run_command(parser, []) == 0


@pytest.mark.parametrize("program", ["audiogan", "training"])
def test_ctrl_c_outside_of_a_command_is_one_line(program, monkeypatch, capsys):
    """As during the imports, which take seconds."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{program}.cli.main", interrupted)
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module(program, run_name="__main__")
    assert capsys.readouterr().err == f"python -m {program}: interrupted\n"


def test_lists_have_commas_with_spaces_or_without():
    assert comma_list("Cello, Hi-hat,Bass drum ,") == ("Cello", "Hi-hat", "Bass drum")
    assert comma_list(" , ") == comma_list("") == ()


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

    def test_out_of_a_variable_that_is_not_set_is_not_the_folder_one_is_in(self, tmp_path, capsys, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert "--out: must name a folder, not ''" in refused(capsys, cli.main, "generate", "tiny-wavegan", "--out", "")
        assert not list(tmp_path.iterdir())

    def test_folder_in_the_way_of_one_file_leaves_none(self, checkpoints, tmp_path, capsys):
        (tmp_path / "tiny-wavegan-Flute-4-2.wav").mkdir()
        options = ["--num", 4, "--seed", 4, "--label", "Flute", "--out", tmp_path, "--checkpoints", checkpoints]
        message = refused(capsys, cli.main, "generate", "tiny-wavegan", *options)
        assert message.endswith("tiny-wavegan-Flute-4-2.wav: a folder is in the way\n")
        assert [path.name for path in tmp_path.iterdir()] == ["tiny-wavegan-Flute-4-2.wav"]

    def test_what_a_killed_one_left_goes(self, checkpoints, tmp_path):
        (tmp_path / ".sounds.partial-dead" / "new").mkdir(parents=True)
        options = ["--num", "1", "--label", "Flute", "--out", tmp_path, "--checkpoints", checkpoints]
        assert cli.main(["generate", "tiny-wavegan", *map(str, options)]) == 0
        assert [path.name for path in tmp_path.iterdir()] == ["tiny-wavegan-Flute-0-0.wav"]

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
        out = tmp_path / "m.wav"
        out.mkdir()
        options = ["--from-seed", 1, "--to-seed", 2, "--out", out, "--checkpoints", checkpoints]
        message = refused(capsys, cli.main, "morph", "tiny-wavegan", *options)
        assert message == f"python -m audiogan: cannot use {out}: Is a directory\n"

    @pytest.mark.parametrize("name", ["m.mp3", "m"])
    def test_a_file_that_would_not_be_what_it_is_called(self, checkpoints, tmp_path, capsys, name):
        options = ["--from-seed", 1, "--to-seed", 2, "--out", tmp_path / name, "--checkpoints", checkpoints]
        assert "--out must end in .wav" in refused(capsys, cli.main, "morph", "tiny-wavegan", *options)
        assert list(tmp_path.iterdir()) == []

    def test_missing_folder(self, checkpoints, tmp_path, capsys):
        options = ["--from-seed", 1, "--to-seed", 2, "--out", tmp_path / "no/m.wav", "--checkpoints", checkpoints]
        assert "is missing" in refused(capsys, cli.main, "morph", "tiny-wavegan", *options)
