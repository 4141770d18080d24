"""`python -m training`: prepare data, train, export, or all three in one; the evaluation's classifier; a report."""

import argparse

from audiogan.arguments import Parser, add_device, named_folder, run_command
from training.cli_build import add_build, add_report
from training.cli_prepare import add_prepare
from training.cli_train import add_export, add_train
from training.config import load_preset, presets


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a bad argument or bad input prints one line and returns 2."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m training", description="Raw audio to prepared data, prepared data to checkpoints.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_build(commands)
    add_report(commands)
    add_prepare(commands)
    listing = commands.add_parser("presets", help="list the presets of train")
    listing.set_defaults(run=_presets)
    add_train(commands)
    add_export(commands)
    classifier = commands.add_parser("classifier", help="train the classifier that python -m audiogan evaluate uses")
    classifier.add_argument("--data", required=True, type=named_folder, help="a prepared data set")
    classifier.add_argument(
        "--out", required=True, metavar="DIR", type=named_folder, help="output folder; must not exist yet"
    )
    classifier.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    add_device(classifier)
    classifier.set_defaults(run=_classifier)
    return parser


def _presets(options) -> None:
    for name in presets():
        config = load_preset(name)
        architecture, dim = config.model["architecture"], config.model.get("dim")
        print(f"{name:20} {architecture} dim {dim}, {config.loss}, batch {config.batch_size}, {config.steps:,} steps")


def _classifier(options) -> None:
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from training.classifier import ClassifierTraining, train

    how, device = ClassifierTraining(seed=options.seed), choose_device(options.device)
    training = train(PreparedData(options.data), options.out, how, device)
    print(f"{options.out}: accuracy {training['test_accuracy']:.4f} on {training['test_clips']} test clips")
