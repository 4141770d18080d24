"""`python -m training build` and `report`: sounds to a checkpoint, and checkpoints to a report, by one command each."""

from pathlib import Path

from audiogan.arguments import add_checkpoints, add_device, named_folder
from training.cli_prepare import add_sources
from training.cli_train import add_settings, check_settings, export_to, train_to
from training.config import TrainConfig

DATA, RUN, JUDGE, REPORT = "data", "run", "classifier", "report"  # the contents of a work folder


def add_build(commands) -> None:
    """Add the `build` command, which takes the sources of `prepare` and the settings of `train`."""
    build = commands.add_parser(
        "build", help="sounds to a checkpoint: prepare, train and export; resumes where it stopped"
    )
    for source in add_sources(build):
        _add_work(source)
        source.add_argument("--name", required=True, help="name of the checkpoint")
        source.add_argument("--preset", default="hybrid-cpu", help="a preset of train (default: hybrid-cpu)")
        add_settings(source)
        add_checkpoints(source)
        source.add_argument("--replace", action="store_true", help="replace a checkpoint of that name")
        source.set_defaults(run=_build)


def add_report(commands) -> None:
    """Add the `report` command."""
    report = commands.add_parser("report", help="compare checkpoints with real sounds; trains its own classifier")
    report.add_argument("names", metavar="NAME", nargs="+", help="checkpoints, by name or folder")
    _add_work(report)
    report.add_argument("--num", type=int, default=2000, help="clips of each model and baseline (default: 2000)")
    report.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    report.add_argument("--ratings", type=Path, metavar="FILE", help="votes, as ratings export writes them")
    add_device(report)
    add_checkpoints(report)
    report.set_defaults(run=_report)


def _add_work(parser) -> None:
    parser.add_argument(
        "--work",
        required=True,
        type=named_folder,
        metavar="DIR",
        help=f"where {DATA}/, {RUN}/, {JUDGE}/ and {REPORT}/ are kept",
    )


def _build(options) -> None:
    from training.distributed import first_ahead

    data, run = options.work / DATA, options.work / RUN
    with first_ahead(lambda: _prepare(options, data)) as first:
        reason = train_to(run, data, check_settings(options), options)
        if first and reason == "interrupted":
            print("run the same command to resume")
        elif first:
            _export(options, run, data)


def _prepare(options, data: Path) -> None:
    """Make the data set unless it is there; first refuse what would be refused after hours."""
    from audiogan import checkpoint
    from audiogan.device import choose_device
    from audiogan.folders import refuse_unwritable
    from training import asked
    from training.distributed import Workers, process_count

    refuse_unwritable(_shelf(options))
    checkpoint.refuse_taken(_shelf(options) / checkpoint.check_name(options.name), options.replace)
    config = check_settings(options)
    Workers(count=process_count()).check_batch(config.batch_size, config.whole_pairs)
    choose_device(options.device)
    if data.exists():
        asked.refuse_other(options, data)
        print(f"{data} exists and is taken as it is")
    else:
        _check_start(options, config)
        found = asked.sounds(options)  # before preparing: files may be added meanwhile
        options.prepare(options, data)
        asked.note(options, found)


def _check_start(options, config: TrainConfig) -> None:
    """Check that the run can begin with the checkpoint that it is to begin with, if any."""
    from audiogan.config import ModelConfig
    from training.start import check_form

    if config.start:
        form = {"num_samples": options.num_samples, "sample_rate": options.sample_rate}
        check_form(config.start, ModelConfig(**form, **config.model))


def _export(options, run: Path, data: Path) -> None:
    from training import asked

    how = {"notch_by": _notched_by(run, data), "replace": options.replace, "prepared": asked.command(options)}
    export_to(_shelf(options), run, options.name, **how)


def _shelf(options) -> Path:
    from audiogan import checkpoint

    return options.checkpoints or checkpoint.FOLDER


def _notched_by(run: Path, data: Path) -> Path | None:
    """The data, which tell whistles from notes, if the generator can have a post filter; otherwise None."""
    from audiogan.config import FILTERED
    from training.run import RunFolder

    _, model, _ = RunFolder(run).read()
    return data if model.architecture in FILTERED else None


def _report(options) -> None:
    from audiogan import checkpoint, synthesis
    from audiogan.dataset import PreparedData
    from audiogan.device import choose_device
    from audiogan.evaluation.checks import check_data
    from audiogan.evaluation.evaluate import Settings, evaluate
    from training.classifier import ClassifierTraining, train

    data, judge, out = PreparedData(options.work / DATA), options.work / JUDGE, options.work / REPORT
    if out.exists():
        raise ValueError(f"{out} is there already: remove it to make another")
    check_data(data)
    shelf = options.checkpoints or checkpoint.FOLDER
    synthesizers = [synthesis.load(name, options.device, shelf) for name in options.names]
    settings = Settings(options.num, options.seed, judge, ratings=options.ratings, runs=_runs(options, synthesizers))
    if len(data.labels) > 1 and not judge.exists():
        train(data, judge, ClassifierTraining(), choose_device(options.device))
    evaluate(synthesizers, data, out, settings)
    print(out / "report.html")


def _runs(options, synthesizers) -> dict[str, Path]:
    """The work folder's run, under the name of the first model, which it made; empty if it has no metrics."""
    run = options.work / RUN
    return {synthesizers[0].name: run} if (run / "metrics.jsonl").is_file() else {}
