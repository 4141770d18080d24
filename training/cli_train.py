"""`python -m training train` and `export`: a data set to a run, a run to a checkpoint."""

import math
import sys
from contextlib import nullcontext
from pathlib import Path

from audiogan.text import read_text
from training.config import load_preset, presets
from training.data.held_out import NOTHING, holds_out


def add_train(commands) -> None:
    """Add the `train` command."""
    train = commands.add_parser("train", help="train a preset; resumes RUN where it stopped")
    train.add_argument("preset", metavar="PRESET", help=", ".join(presets()))
    train.add_argument("--data", required=True, type=Path, help="a prepared data set")
    train.add_argument("--out", required=True, metavar="RUN", type=Path, help="folder of the run")
    add_settings(train)
    train.set_defaults(run=train_run)


def add_export(commands) -> None:
    """Add the `export` command."""
    export = commands.add_parser("export", help="write a run's averaged generator into checkpoints/NAME")
    export.add_argument("folder", metavar="RUN", type=Path)
    export.add_argument("--name", required=True, help="name of the checkpoint")
    export.add_argument("--checkpoints", metavar="DIR", type=Path, help="where to write it (default: checkpoints/)")
    export.add_argument("--notes", metavar="FILE", type=Path, help="Markdown for the card: how it sounds")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the last saved generator, not the best on held-out audio")
    which.add_argument("--step", type=int, metavar="N", help="the generator of step N, if its state is still kept")
    export.add_argument(
        "--notch",
        metavar="PREPARED",
        type=Path,
        help="filter out a wavegan's or hybrid's whistles, found with its data set",
    )
    export.add_argument("--replace", action="store_true", help="replace a checkpoint of that name")
    export.set_defaults(run=export_run)


def add_settings(parser) -> None:
    """Add the options of a training."""
    parser.add_argument("--max-steps", type=int, metavar="N", help="generator steps of the whole run")
    parser.add_argument(
        "--max-minutes", type=float, metavar="M", default=math.inf, help="stop and save after M minutes"
    )
    add_device(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting of the preset"
    )


def add_device(parser) -> None:
    """Add `--device`."""
    parser.add_argument("--device", default="auto", help="auto (default), cuda, mps or cpu")


def check_settings(options):
    """The config that the options ask for.

    Raises:
        ValueError: a setting is unknown or out of range.
    """
    settings = options.set if options.max_steps is None else [*options.set, f"steps={options.max_steps}"]
    config = load_preset(options.preset, settings)
    if not options.max_minutes > 0:
        raise ValueError(f"--max-minutes must be above 0, not {options.max_minutes}")
    return config


def train_run(options) -> str:
    """Train the run `options.out` on `options.data`; return why it stopped, as `Trainer.train` does."""
    config = check_settings(options)
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from training.distributed import local_device, workers
    from training.run import RunFolder
    from training.trainer import Trainer

    data, device = PreparedData(options.data), local_device(choose_device(options.device))
    run = RunFolder(options.out)
    with workers(device) as together, run.alone() if together.first else nullcontext():
        if together.first and not holds_out(data.meta["counts"]):
            print(NOTHING, file=sys.stderr)
        trainer = Trainer(config, data, device, run, together)
        reason = trainer.train(options.max_minutes)
        if together.first:
            print(f"{reason}: {trainer.step} of {config.steps} steps saved in {options.out}")
    return reason


def export_run(options, prepared: str = "") -> None:
    """Export `options.folder` as `options.name`, and print the checkpoint's folder.

    Args:
        prepared: the command that made the data, for the card.
    """
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
    print(export(options.folder, options.name, checkpoints, notes, which, options.notch, options.replace, prepared))
    if indexed:
        again = f"python -m audiogan index {options.name} --data DATA makes another"
        print(f"the replaced checkpoint's index of training sounds was removed: {again}", file=sys.stderr)
