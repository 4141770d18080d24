"""`python -m audiogan evaluate`: its arguments."""

import sys
from pathlib import Path

from audiogan import sounds_folder, synthesis
from audiogan.arguments import add_device, add_sounds, comma_list, named_folder
from audiogan.evaluation.classifier import DEFAULT_FOLDER


def add_evaluate(commands) -> None:
    """The `evaluate` command."""
    evaluate = commands.add_parser("evaluate", help="score models, or folders of sounds, against held-out recordings")
    evaluate.add_argument("names", metavar="NAME", nargs="*", help="checkpoints, by name or folder")
    add_sounds(evaluate)
    evaluate.add_argument("--data", required=True, type=named_folder, metavar="PREPARED", help="a prepared data set")
    evaluate.add_argument(
        "--out", required=True, type=named_folder, metavar="DIR", help="output folder; must not exist yet"
    )
    evaluate.add_argument("--num", type=int, default=2000, help="clips of each model and baseline (default: 2000)")
    evaluate.add_argument("--seed", type=int, default=0, help="default: 0")
    evaluate.add_argument(
        "--classifier", type=named_folder, metavar="DIR", default=DEFAULT_FOLDER, help="default: the bundled one"
    )
    evaluate.add_argument("--ratings", type=Path, metavar="FILE", help="votes, as written by `ratings export`")
    evaluate.add_argument(
        "--run",
        dest="runs",
        action="append",
        default=[],
        metavar="[NAME=]RUN",
        help="a model's training run, to plot its history; may be repeated",
    )
    evaluate.add_argument("--embedding", choices=("vggish",), help="add scores by this public embedding")
    evaluate.add_argument("--figure", type=Path, metavar="FILE", help="also Figure 1 for a paper: .svg, .pdf or .png")
    evaluate.add_argument("--figure-labels", type=comma_list, metavar="A,B", help="the figure's labels (default: all)")
    add_device(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options) -> None:
    from audiogan.dataset import PreparedData
    from audiogan.evaluation.evaluate import Settings, evaluate
    from audiogan.folders import refuse_existing

    refuse_existing(options.out)
    data = PreparedData(options.data)
    sounds = [sounds_folder.load(given, data, options.checkpoints) for given in options.sounds]
    synthesizers = [synthesis.load(name, options.device, options.checkpoints) for name in options.names]
    runs = named_runs(options.runs, [synthesizer.name for synthesizer in synthesizers])
    figure = _paper_figure(options.figure, options.figure_labels)
    settings = Settings(options.num, options.seed, options.classifier, options.embedding, options.ratings, runs, figure)
    evaluate(synthesizers, data, options.out, settings, sounds)
    print(options.out / "report.html")
    if figure:
        print(figure.file)
    print("metrics.json, figure1.png, failures-MODEL.png and real/ are beside it", file=sys.stderr)


def _paper_figure(file: Path | None, labels: tuple[str, ...] | None):
    from audiogan.evaluation.paper import PaperFigure

    if file is None:
        if labels is not None:
            raise ValueError("--figure-labels needs --figure: name its file")
        return None
    return PaperFigure(file, labels or ())


def named_runs(runs: list[str], models: list[str]) -> dict[str, Path]:
    """Training runs by model name, from `NAME=RUN`; a bare `RUN` goes to the first model without one.

    Raises:
        ValueError: a name that is not being evaluated, or more runs than models.
    """
    named: dict[str, Path] = {}
    for run in runs:
        name, equals, folder = run.partition("=")
        if not equals:
            name, folder = next((model for model in models if model not in named), ""), run
        if name not in models:
            raise ValueError(f"--run {run} must be the run of an evaluated model: {', '.join(models)}")
        named[name] = Path(folder)
    return named
