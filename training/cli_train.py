"""`python -m training train` and `export`: a data set to a run, a run to a checkpoint."""

import math
import sys
from contextlib import nullcontext
from pathlib import Path

from audiogan.arguments import add_checkpoints, add_device, named_folder
from audiogan.text import read_text
from training.config import TrainConfig, load_preset, presets
from training.data.held_out import NOTHING, holds_out


def add_train(commands) -> None:
    """Add the `train` command."""
    train = commands.add_parser("train", help="train a preset; resumes RUN where it stopped")
    train.add_argument("preset", metavar="PRESET", help=", ".join(presets()))
    train.add_argument("--data", required=True, type=named_folder, help="a prepared data set")
    train.add_argument("--out", required=True, metavar="RUN", type=named_folder, help="folder of the run")
    add_settings(train)
    train.set_defaults(run=_train)


def add_export(commands) -> None:
    """Add the `export` command."""
    export = commands.add_parser("export", help="write a run's averaged generator into checkpoints/NAME")
    export.add_argument("folder", metavar="RUN", type=named_folder)
    export.add_argument("--name", required=True, help="name of the checkpoint")
    add_checkpoints(export)
    export.add_argument("--notes", metavar="FILE", type=Path, help="Markdown for the card: how it sounds")
    which = export.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the last saved generator, not the best on held-out audio")
    which.add_argument("--step", type=int, metavar="N", help="the generator of step N, if its state is still kept")
    export.add_argument(
        "--notch",
        metavar="PREPARED",
        type=named_folder,
        help="filter out a wavegan's or hybrid's whistles, found with its data set",
    )
    export.add_argument("--replace", action="store_true", help="replace a checkpoint of that name")
    export.set_defaults(run=_export)


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


def check_settings(options) -> TrainConfig:
    """The config that the options ask for.

    Raises:
        ValueError: a setting is unknown or out of range.
    """
    settings = options.set if options.max_steps is None else [*options.set, f"steps={options.max_steps}"]
    config = load_preset(options.preset, settings)
    if not options.max_minutes > 0:
        raise ValueError(f"--max-minutes must be above 0, not {options.max_minutes}")
    return config


def train_to(out: Path, data: Path, config: TrainConfig, options) -> str:
    """Train the run `out` on `data`; return why it stopped, as `Trainer.train` does."""
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from training.distributed import local_device, workers
    from training.run import RunFolder
    from training.trainer import Trainer

    prepared, device = PreparedData(data), local_device(choose_device(options.device))
    run = RunFolder(out)
    with workers(device) as together, run.alone() if together.first else nullcontext():
        if together.first and not holds_out(prepared.meta["counts"]):
            print(NOTHING, file=sys.stderr)
        trainer = Trainer(config, prepared, device, run, together)
        reason = trainer.train(options.max_minutes)
        if together.first:
            print(f"{reason}: {trainer.step} of {config.steps} steps saved in {out}")
    return reason


def _train(options) -> None:
    train_to(options.out, options.data, check_settings(options), options)


def _export(options) -> None:
    from audiogan import checkpoint

    notes = ""
    if options.notes:
        if not options.notes.is_file():
            raise ValueError(f"--notes {options.notes} is missing")
        notes = read_text(options.notes).strip()
    which = "last" if options.last else "best" if options.step is None else options.step
    shelf = options.checkpoints or checkpoint.FOLDER
    how = {"notes": notes, "which": which, "notch_by": options.notch, "replace": options.replace}
    export_to(shelf, options.folder, options.name, **how)


def export_to(checkpoints: Path, run: Path, name: str, **how) -> None:
    """Export a run, print the checkpoint's folder, and tell if replacing one removed its index.

    Args:
        how: as `training.export.export` takes it.
    """
    from audiogan import checkpoint
    from training.export import export

    indexed = (checkpoints / checkpoint.check_name(name) / checkpoint.INDEX).is_file()
    print(export(run, name, checkpoints, **how))
    if indexed:
        again = f"python -m audiogan index {name} --data DATA makes another"
        print(f"the replaced checkpoint's index of training sounds was removed: {again}", file=sys.stderr)
