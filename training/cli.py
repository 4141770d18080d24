"""`python -m training`: prepare data, train, export, train the evaluation's classifier."""

import argparse
import math
import sys
from contextlib import nullcontext
from pathlib import Path

from audiogan.arguments import Parser, run_command
from audiogan.text import read_text
from training.cli_prepare import add_prepare
from training.config import load_preset, presets


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a bad argument or bad input prints one line and gives 2."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m training", description="Raw audio to prepared data, prepared data to checkpoints.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_prepare(commands)
    listing = commands.add_parser("presets", help="list the presets of train")
    listing.set_defaults(run=_presets)
    _add_train(commands)
    export = commands.add_parser("export", help="write a run's averaged generator into checkpoints/NAME")
    export.add_argument("folder", metavar="RUN", type=Path)
    export.add_argument("--name", required=True, help="the checkpoint's name")
    export.add_argument("--checkpoints", metavar="DIR", type=Path, help="where to write it (default: checkpoints/)")
    export.add_argument("--notes", metavar="FILE", type=Path, help="Markdown for the card: how it sounds")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the last saved one, not the best on held-out audio")
    which.add_argument("--step", type=int, metavar="N", help="that of a step, if its state is still kept")
    export.add_argument(
        "--notch",
        metavar="PREPARED",
        type=Path,
        help="filter a wavegan's or a hybrid's whistles out; its data set tells which",
    )
    export.add_argument("--replace", action="store_true", help="a checkpoint of that name gives way")
    export.set_defaults(run=_export)
    classifier = commands.add_parser("classifier", help="train the network that python -m audiogan evaluate judges by")
    classifier.add_argument("--data", required=True, type=Path, help="a prepared data set")
    classifier.add_argument(
        "--out", required=True, metavar="DIR", type=Path, help="its folder, which must not exist yet"
    )
    classifier.add_argument("--seed", type=int, default=0, help="default: 0")
    _add_device(classifier)
    classifier.set_defaults(run=_classifier)
    return parser


def _add_train(commands) -> None:
    train = commands.add_parser("train", help="train a preset; goes on where RUN was left")
    train.add_argument("preset", metavar="PRESET", help=", ".join(presets()))
    train.add_argument("--data", required=True, type=Path, help="a prepared data set")
    train.add_argument("--out", required=True, metavar="RUN", type=Path, help="the folder of the run")
    train.add_argument("--max-steps", type=int, metavar="N", help="generator steps of the whole run")
    train.add_argument("--max-minutes", type=float, metavar="M", default=math.inf, help="stop and save after M minutes")
    _add_device(train)
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting of the preset")
    train.set_defaults(run=_train)


def _add_device(parser) -> None:
    parser.add_argument("--device", default="auto", help="auto (default), cuda, mps or cpu")


def _presets(options) -> None:
    for name in presets():
        config = load_preset(name)
        architecture, dim = config.model["architecture"], config.model.get("dim")
        print(f"{name:20} {architecture} dim {dim}, {config.loss}, batch {config.batch_size}, {config.steps:,} steps")


def _export(options) -> None:
    from audiogan import checkpoint
    from training.export import export

    notes = ""
    if options.notes:
        if not options.notes.is_file():
            raise ValueError(f"--notes {options.notes} is missing")
        notes = read_text(options.notes).strip()
    checkpoints = options.checkpoints or checkpoint.FOLDER
    indexed = (checkpoints / checkpoint.check_name(options.name) / checkpoint.INDEX).is_file()
    which = "last" if options.last else "best" if options.step is None else options.step
    print(export(options.folder, options.name, checkpoints, notes, which, options.notch, options.replace))
    if indexed:
        again = f"python -m audiogan index {options.name} --data DATA makes another"
        print(f"the index of training sounds went with the checkpoint that was replaced: {again}", file=sys.stderr)


def _train(options) -> None:
    settings = options.set if options.max_steps is None else [*options.set, f"steps={options.max_steps}"]
    config = load_preset(options.preset, settings)
    if not options.max_minutes > 0:
        raise ValueError(f"--max-minutes must be above 0, not {options.max_minutes}")
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from training.distributed import local_device, workers
    from training.run import RunFolder
    from training.trainer import Trainer

    data, device = PreparedData(options.data), local_device(choose_device(options.device))
    run = RunFolder(options.out)
    with workers(device) as together, run.alone() if together.first else nullcontext():
        trainer = Trainer(config, data, device, run, together)
        reason = trainer.train(options.max_minutes)
        if together.first:
            print(f"{reason}: {trainer.step} of {config.steps} steps saved in {options.out}")


def _classifier(options) -> None:
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from training.classifier import ClassifierTraining, train

    how, device = ClassifierTraining(seed=options.seed), choose_device(options.device)
    training = train(PreparedData(options.data), options.out, how, device)
    print(f"{options.out}: accuracy {training['test_accuracy']:.4f} on {training['test_clips']} test clips")
