"""Two commands: from a folder of sounds to a checkpoint that plays, and from there to a report."""

import argparse
import json
import shutil

import pytest
import soundfile
from conftest import SAMPLE_RATE, tone
from test_cli import refused, run
from test_distributed import PATIENCE_SECONDS, torchrun

from audiogan import checkpoint
from audiogan.folders import alone_in
from training import asked, cli
from training.classifier import ClassifierTraining

SETTINGS = ("dim=2", "batch_size=4", "critic_width=8", "feature_steps=2", "precision=float32", "preview_every=2")
SMALL = [*(word for setting in SETTINGS for word in ("--set", setting)), "--max-steps", 2, "--device", "cpu"]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Thirty files each of two labels."""
    folder = tmp_path_factory.mktemp("sounds")
    for label, hz in (("high", 2000), ("low", 200)):
        (folder / label).mkdir()
        for number in range(40):
            soundfile.write(folder / label / f"{number}.wav", tone(hz + 9 * number), SAMPLE_RATE)
    return folder


@pytest.fixture(scope="module")
def built(sounds, tmp_path_factory):
    """The work folder of a build, its checkpoints beside it."""
    folder = tmp_path_factory.mktemp("built")
    done = run("training", "build", "folder", sounds, "--preset", "specgan-cpu", *arguments(folder))
    assert done.returncode == 0, done.stderr
    assert "done: 2 of 2 steps" in done.stdout
    return folder


def arguments(folder, name: str = "mine") -> list:
    return ["--no-pitch", "--work", folder / "work", "--name", name, "--checkpoints", folder / "ck", *SMALL]


def test_sounds_become_a_checkpoint_that_plays(built, tmp_path):
    done = run("audiogan", "generate", "mine", "--num", 2, "--out", tmp_path, "--checkpoints", built / "ck")
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("mine-*.wav"))) == 2
    card = (built / "ck/mine/README.md").read_text()
    assert "high, low" in card
    assert "--set dim=2" in card
    _, _, commands = card.partition("## Made by\n\n")
    assert commands.startswith("    python -m training prepare folder sounds0 --out DATA --no-pitch\n    python -m")
    assert str(built) not in card
    assert json.loads((built / "ck/mine/config.json").read_text())["training"]["steps"] == 2


def test_what_is_there_is_gone_on_with(built, sounds, capsys, monkeypatch):
    again = ["build", "folder", sounds, "--preset", "specgan-cpu", *arguments(built, "again")]
    again[again.index("--max-steps") + 1] = 3
    monkeypatch.setattr("training.data.folder.prepare", lambda *_: pytest.fail("the data are there"))
    assert cli.main([str(word) for word in again]) == 0
    said = capsys.readouterr().out
    assert "exists and is taken as it is" in said
    assert "done: 3 of 3 steps" in said
    assert (built / "ck/again/config.json").is_file()


def test_the_same_command_under_torchrun_prepares_and_exports_once(sounds, tmp_path):
    command = ["build", "folder", sounds, "--preset", "specgan-cpu", *arguments(tmp_path)]
    with torchrun("-m", "training", *map(str, command)) as process:
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, output + errors
    for line in ("80 clips in", "done: 2 of 2 steps", str(tmp_path / "ck/mine")):
        assert output.count(line) == 1
    assert (tmp_path / "ck/mine/config.json").is_file()


def test_what_the_first_process_refuses_ends_the_others(tmp_path):
    (tmp_path / "empty").mkdir()
    command = ["build", "folder", tmp_path / "empty", "--preset", "specgan-cpu", *arguments(tmp_path)]
    with torchrun("-m", "training", *map(str, command)) as process:
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert errors.count("holds no audio file") == 1
    assert errors.count("Traceback") == 1  # torchrun's own
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("options", "words", "noted"),
    [
        (["--sample-rate", "8000"], "with --sample-rate 16000, not 8000", False),
        (["--num-samples", "8192"], "with --num-samples 16384, not 8192", True),
        (["--no-normalize"], "with --no-normalize false, not true", False),
        (["--crops", "2"], "with --crops 8, not 2", True),
        (["--held-out", "0.5"], "with --held-out 0.1, not 0.5", True),
        (["--held-out", "0.2"], "with --held-out 0.1, not 0.2", False),
        ([], 'from "sounds0", not "others"', False),
    ],
)
def test_data_that_were_asked_for_otherwise_are_refused(built, sounds, tmp_path, capsys, options, words, noted):
    """What an older version prepared has no note, only what its meta.json says."""
    shutil.copytree(built / "work", tmp_path / "work")
    if not noted:
        (tmp_path / "work/asked.json").unlink()
    source = sounds if options else tmp_path / "others"
    again = ["build", "folder", source, "--preset", "specgan-cpu", *arguments(tmp_path), *options]
    said = refused(capsys, cli.main, *again)
    assert f"was prepared {words}: name another --work" in said.replace(sounds.name, "sounds0")
    assert not (tmp_path / "ck").exists()


def test_sounds_that_came_since_are_not_passed_over(built, sounds, tmp_path, capsys):
    """And what an older version noted says nothing of them."""
    shutil.copytree(built / "work", tmp_path / "work")
    shutil.copytree(sounds, tmp_path / sounds.name)
    command = ["build", "folder", tmp_path / sounds.name, "--preset", "specgan-cpu", *arguments(tmp_path)]
    asked.refuse_other(cli._parser().parse_args([*map(str, command)]), tmp_path / "work/data")
    soundfile.write(tmp_path / sounds.name / "low/late.wav", tone(333), SAMPLE_RATE)
    said = refused(capsys, cli.main, *command)
    assert f"work/data was prepared from 80 files, but {tmp_path / sounds.name} now has 81, and" in said
    assert not (tmp_path / "ck").exists()
    noted = json.loads((tmp_path / "work/asked.json").read_text())
    (tmp_path / "work/asked.json").write_text(json.dumps({key: noted[key] for key in noted if "files" not in key}))
    asked.refuse_other(cli._parser().parse_args([*map(str, command)]), tmp_path / "work/data")


def test_what_a_build_makes_below_the_sounds_is_none_of_them(sounds, tmp_path):
    options = argparse.Namespace(audio=sounds, work=tmp_path)
    assert (found := asked.sounds(options))["files"] == 80
    shutil.copytree(sounds, tmp_path / "all")
    options = argparse.Namespace(audio=tmp_path / "all", work=tmp_path / "all/work")
    assert asked.sounds(options) == found  # wherever they lie
    (tmp_path / "all/work/run").mkdir(parents=True)
    shutil.copy(sounds / "low/0.wav", tmp_path / "all/work/run/preview.wav")
    assert asked.sounds(options) == found
    (tmp_path / "all/low/0.wav").write_bytes(b"RIFF")
    assert asked.sounds(options)["files_sha256"] != found["files_sha256"]


def test_a_card_has_the_command_that_the_data_were_prepared_by(tmp_path):
    words = ["build", "general-midi", "--soundfont", "/a/b c.sf2", "/d.sf2", "--num-samples", "8192", "--no-normalize"]
    options = cli._parser().parse_args([*words, "--work", str(tmp_path), "--name", "x"])
    assert asked.command(options) == ""  # older versions noted nothing
    asked.note(options, {})
    expected = "prepare general-midi --out DATA --soundfont 'b c.sf2' d.sf2 --num-samples 8192 --no-normalize"
    assert asked.command(options) == f"python -m training {expected}"


@pytest.mark.parametrize(
    ("changed", "value", "words"),
    [("--name", "mine", "is there already"), ("--name", "../x", "name"), ("--max-steps", "0", "steps must be")],
)
def test_what_would_fail_after_hours_fails_at_once(built, sounds, capsys, tmp_path, changed, value, words):
    command = ["build", "folder", sounds, "--preset", "specgan-cpu", *arguments(built, "other")]
    command[command.index("--work") + 1] = tmp_path / "work"
    command[command.index(changed) + 1] = value
    assert words in refused(capsys, cli.main, *command)
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--set start=nowhere", "nowhere"),
        ("--set start={ck}/mine --preset wavegan-cpu", "start: mine has architecture 'specgan', not 'wavegan'"),
        ("--set start={ck}/mine --num-samples 8192", "start: mine has num_samples 16384, not 8192"),
        ("--set start={ck}/mine --sample-rate 8000", "start: mine has sample_rate 16000, not 8000"),
        ("--checkpoints {ck}/mine/README.md", "mine/README.md is not a folder"),
        ("--device abacus", "abacus"),
        ("--set batch_size=3", "must be even"),
    ],
)
def test_what_training_would_refuse_is_refused_before_preparing(built, sounds, capsys, tmp_path, options, words):
    command = ["build", "folder", sounds, "--preset", "specgan-cpu", *arguments(built, "other")]
    command += options.format(ck=built / "ck").split()
    command[command.index("--work") + 1] = tmp_path / "work"
    assert words in refused(capsys, cli.main, *command)
    assert not (tmp_path / "work").exists()


def test_sounds_that_are_none_leave_no_work_folder(built, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    command = ["build", "folder", tmp_path / "empty", "--preset", "specgan-cpu", *arguments(built, "other")]
    command[command.index("--work") + 1] = tmp_path / "new/work"
    assert "holds no audio file" in refused(capsys, cli.main, *command)
    assert not (tmp_path / "new").exists()


def test_one_work_folder_trains_once_at_a_time(built, sounds, capsys):
    command = ["build", "folder", sounds, "--preset", "specgan-cpu", *arguments(built, "second")]
    with alone_in(built / "work/run"):
        assert cli.main([str(word) for word in command]) == 2
    assert not (built / "ck/second").exists()
    assert capsys.readouterr().err.count("\n") == 1


def test_a_report_teaches_its_judge_once(built, capsys, monkeypatch):
    quick = ClassifierTraining(batch_size=8, steps=10, check_every=10, width=4)
    monkeypatch.setattr("training.classifier.ClassifierTraining", lambda: quick)
    command = [
        "report",
        "mine",
        "--work",
        built / "work",
        "--checkpoints",
        built / "ck",
        "--num",
        "50",
        "--device",
        "cpu",
    ]
    assert cli.main([str(word) for word in command]) == 0
    report = built / "work/report"
    assert capsys.readouterr().out.endswith(f"{report / 'report.html'}\n")
    document = json.loads((report / "metrics.json").read_text())
    assert document["data"]["labels"] == ["high", "low"]
    assert document["models"]["mine"]["history"]
    assert (built / "work/classifier/model.safetensors").is_file()
    assert f"{report} is there already: remove it" in refused(capsys, cli.main, *command)  # and nothing is lost


def test_with_a_file_a_label_all_say_that_nothing_is_held_out(tmp_path, capsys):
    """The lines, the card and the report, and what to do about it."""
    for number, label in enumerate(("high", "low", "middle")):
        (tmp_path / "few" / label).mkdir(parents=True)
        soundfile.write(tmp_path / "few" / label / "a.wav", tone(300 + 400 * number), SAMPLE_RATE)
    command = ["build", "folder", tmp_path / "few", "--preset", "specgan-cpu", *arguments(tmp_path)]
    assert cli.main([str(word) for word in command]) == 0
    said = capsys.readouterr()
    assert said.err.count("nothing is held out") == 2  # by prepare, and by train
    assert "prepare more files of each" in said.err
    assert "distance to training audio" in said.out
    card = (tmp_path / "ck/mine/README.md").read_text()
    assert "| distance to training audio | " in card
    assert "nothing was held out" in card
    assert "held-out" not in said.out + card
    assert "real training clips" not in card
    assert checkpoint.read(tmp_path / "ck/mine").training["distance_of_real"] is None
    report = ["report", "mine", "--work", tmp_path / "work", "--checkpoints", tmp_path / "ck", "--device", "cpu"]
    assert "has 0 test clips" in (said := refused(capsys, cli.main, *report))
    assert "or more files of each label" in said
