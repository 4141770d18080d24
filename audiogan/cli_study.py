"""`python -m audiogan study`: freeze a stimulus pool, check one, forecast how many listeners it needs."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from audiogan import checkpoint
from audiogan.arguments import add_checkpoints, add_sounds, comma_list, named_folder
from audiogan.checks import check_seed
from audiogan.evaluation.classifier import DEFAULT_FOLDER
from audiogan.listening.votes import SCALES
from audiogan.text import read_text


def add_study(commands) -> None:
    """The `study` command and its actions."""
    study = commands.add_parser("study", help="freeze, check and plan a listening test")
    actions = study.add_subparsers(dest="action", required=True, metavar="ACTION")
    build = actions.add_parser("build", help="freeze real clips, controls and models' clips, blind and equally loud")
    build.add_argument(
        "--data",
        required=True,
        type=named_folder,
        metavar="PREPARED",
        help="its held-out clips are the study's real ones",
    )
    build.add_argument("--models", nargs="+", default=[], metavar="NAME", help="checkpoints, or `all`")
    add_sounds(build)
    build.add_argument("--out", required=True, type=named_folder, metavar="DIR")
    build.add_argument(
        "--labels", type=comma_list, default=(), metavar="A,B", help="default: all that the data and every model share"
    )
    build.add_argument("--per-label", type=int, default=2, metavar="N", help="clips per system and label (default: 2)")
    build.add_argument("--seed", type=int, default=0, help="default: 0")
    build.add_argument("--design", type=Path, metavar="FILE.yaml", help="questions and rules (default: this package's)")
    build.add_argument(
        "--classifier",
        type=named_folder,
        metavar="DIR",
        default=DEFAULT_FOLDER,
        help="hears labels where a system has none",
    )
    build.add_argument("--replace", action="store_true", help="replace an existing study")
    add_checkpoints(build, checkpoint.FOLDER)
    build.set_defaults(run=_build)
    _add_check(actions)
    _add_power(actions)
    _add_texts(actions)


def _add_check(actions) -> None:
    check = actions.add_parser("check", help="compare every file of a study with its hash, and describe the study")
    check.add_argument(
        "folder", nargs="?", type=named_folder, metavar="DIR", help="default: AUDIOGAN_STUDY, else the app's"
    )
    check.set_defaults(run=_check)


def _add_power(actions) -> None:
    power = actions.add_parser("power", help="simulate what a given number of listeners would find out")
    power.add_argument(
        "folder", nargs="?", type=named_folder, metavar="DIR", help="default: AUDIOGAN_STUDY, else the app's"
    )
    power.add_argument(
        "--listeners",
        nargs="+",
        type=int,
        metavar="N",
        help="how many finish and count (default: the study's minimum_raters, and two, four and eight times as many)",
    )
    power.add_argument(
        "--from", dest="file", type=Path, metavar="FILE", help="export of a pilot's votes: sets how far answers differ"
    )
    power.add_argument("--question", default="quality", choices=SCALES, help="which of the pilot's (default: quality)")
    power.add_argument("--seed", type=int, default=0, help="default: 0")
    power.add_argument("--json", action="store_true", help="as JSON")
    power.set_defaults(run=_power)


def _add_texts(actions) -> None:
    texts = actions.add_parser("texts", help="print the Rate tab's texts, except a study's own, for translation")
    texts.add_argument("--language", default="en", metavar="TAG", help="such as de or pt-BR (default: en)")
    texts.set_defaults(run=_texts)


def _build(options) -> None:
    from audiogan.listening import pool

    names = options.models
    if names == ["all"]:
        names = [item.name for item in checkpoint.list_checkpoints(options.checkpoints)]
    given = {"design": read_text(options.design)} if options.design else {}
    given |= {"sounds": tuple(options.sounds), "classifier": options.classifier}
    recipe = pool.Recipe(
        options.data, tuple(names), options.checkpoints, options.labels, options.per_label, options.seed, **given
    )
    _describe(pool.build(recipe, options.out, options.replace))


def _check(options) -> None:
    from audiogan.listening import feasibility
    from audiogan.listening.study import Study, chosen_folder

    study = Study.load(options.folder or chosen_folder())
    feasibility.check(study)
    _describe(study)


def _power(options) -> None:
    from audiogan.listening import power
    from audiogan.listening.statistics.components import Components
    from audiogan.listening.study import Study, chosen_folder

    seed = check_seed(options.seed, "--seed")
    study = Study.load(options.folder or chosen_folder())
    pilot = power.pilot(options.file, options.question, study) if options.file else None
    spread = pilot.spread if pilot else Components()
    numbers = options.listeners or [study.design.minimum_raters * times for times in (1, 2, 4, 8)]
    found = power.forecast(study, numbers, spread, seed=seed)
    if options.json:
        counts = {name: count for name, count in vars(pilot).items() if name != "spread"} if pilot else None
        document = {"study_hash": study.hash, "spread": asdict(spread), "pilot": counts}
        print(json.dumps(document | {"forecasts": [asdict(one) for one in found]}, indent=2))
        return
    for line in power.text(study, pilot, found, options.file):
        print(line, flush=True)


def _texts(options) -> None:
    from audiogan.listening import wording

    print(wording.template(options.language), end="")


def _describe(study) -> None:
    from audiogan.listening import feasibility

    roles = [f"{len(study.of_role(role))} {role}" for role in ("test", "exemplar", "training", "gold")]
    print(f"{study.folder}: {', '.join(roles)} clips at {study.manifest['loudness_lufs']:.1f} LUFS")
    print(f"systems  {', '.join(study.systems)}")
    print(f"labels   {', '.join(study.labels)}")
    print(f"hash     {study.hash}")
    for sentence in feasibility.shortfalls(study):
        print(f"warning: {sentence}", file=sys.stderr)
