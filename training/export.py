"""Export the averaged generator of a run as a checkpoint folder with its card."""

import dataclasses
import shlex
from pathlib import Path

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.evaluation import history
from audiogan.models import build_generator, count_parameters
from training.config import TrainConfig, load_preset
from training.data import general_midi
from training.data.held_out import holds_out
from training.notches import notched
from training.run import RunFolder
from training.state import below

CURVE_ROWS = 12
SOUNDFONTS_LICENCE = "The soundfonts FluidR3 GM and MuseScore General (both MIT) are the recordings behind the data."
AS_A_SET = {"drums": "", "fsdkaggle2018": "CC-BY 4.0 as a set, "}  # sources whose recordings have licences of their own
UNKNOWN_LICENCE = "that of the recordings it was trained on"


def export(
    run_folder,
    name: str,
    checkpoints=checkpoint.FOLDER,
    notes: str = "",
    which: str | int = "best",
    notch_by=None,
    replace: bool = False,
    prepared: str = "",
) -> Path:
    """Write checkpoints/NAME from a run: the averaged generator that scored best on held-out audio.

    Args:
        notes: Markdown for the card: how the model sounds.
        which: `best`; `last` for the last saved generator, which is also taken if none was scored yet; or a step, whose
            state the run must still keep.
        notch_by: the folder of the run's data, which tell whistles from notes: the whistles are filtered out. For
            architectures that can have a post filter.
        replace: replace a checkpoint of that name, and remove its index.
        prepared: the command that made the data, for the card, if known.

    Returns:
        The checkpoint's folder.

    Raises:
        ValueError: no such run; nothing saved yet, or not at that step, or only within the critics' head start; a bad
            or taken name; notches for an architecture without a post filter, or by other data.
    """
    run = RunFolder(run_folder)
    config, model, data = run.read()
    folder = Path(checkpoints) / checkpoint.check_name(name)
    checkpoint.refuse_taken(folder, replace)
    config = dataclasses.replace(config, start=Path(config.start).name)  # not its path on this machine
    tensors, numbers = _averaged(run, which)
    if numbers["step"] <= config.head_start:
        begun = f"step {numbers['step']} is within the critics' head_start of {config.head_start} steps"
        raise ValueError(f"{begun}: the generator of {run.folder} has learnt nothing yet; train on")
    along, held_out = _history(run.folder), holds_out(data["counts"])
    generator = build_generator(model)
    generator.load_state_dict(tensors)
    training = {
        **_budget(data, numbers, run.origin()),
        **_measured(along, numbers, held_out),
        **{key: value for key, value in config.to_dict().items() if key not in ("model", "steps")},
    }
    if notch_by is not None:
        heard = PreparedData(notch_by)
        if heard.meta["sha256"] != data["sha256"]:
            raise ValueError(f"--notch {notch_by} is not the data that the run was trained on")
        if heard.index_sha256 != data.get("index_sha256", heard.index_sha256):  # older runs have none
            raise ValueError(f"--notch {notch_by} has other labels, pitches or splits than the run was trained on")
        generator, training["notches"] = notched(generator, heard)
    curve = _curve(along, numbers["step"], held_out)
    made = _commands(name, config, training, which, prepared)
    text = card(name, generator, config, data, training, notes, curve, made)
    checkpoint.save(folder, generator, training, text)
    return folder


def _averaged(run: RunFolder, which: str | int) -> tuple[dict, dict]:
    """The averaged generator's tensors and the numbers saved with them."""
    best = run.load_best() if which == "best" else None
    if best:
        return best
    state = run.load_state(which if isinstance(which, int) else None)
    if state is None or state[1]["step"] == 0:
        raise ValueError(f"{run.folder} has no saved state yet: train first")
    tensors, numbers = state
    return below(tensors, "average"), numbers


def card(
    name: str, generator, config: TrainConfig, data: dict, training: dict, notes: str, curve: str, made: str
) -> str:
    """A model card in Markdown: data, licence, budget, parameters, curve, commands, and notes on the sound."""
    model = generator.config
    known, licence = _licence(data)
    labels = ", ".join(model.labels) or "none: unconditional"
    return f"""---
library_name: audiogan
pipeline_tag: text-to-audio
license: {known}
tags: [audio, gan, {model.architecture}]
---
# {name}

A `{model.architecture}` of width {model.dim} that makes clips of {model.num_samples:,} samples at
{model.sample_rate:,} Hz ({model.num_samples / model.sample_rate:.3f} s).
{count_parameters(generator):,} parameters, stored in float16.

| | |
| --- | --- |
| labels | {labels} |
| data | {data["source"]}; {sum(data["counts"]["train"].values()):,} training clips |
| licence of the data | {licence} |
| begun with | {_begun(config, training)} |
| steps | {training["steps"]:,}, each {config.critic_steps} of the critic and 1 of the generator |
| batch | {config.batch_size} clips{", classes balanced" * bool(model.labels)} |
| time | {training["minutes"]:,} minutes on {training["machine"]} |
| loss | {config.loss}, Adam {config.learning_rate:g} / {config.critic_learning_rate:g}, betas {config.betas}, \
EMA {config.ema:g} |
| distance to {_judges(holds_out(data["counts"]))} audio | {_distance(training)} |{_notches(training)}

## How it sounds

{notes or "Nobody has described how this checkpoint sounds."}

## Along its training

{curve}

## Made by

{made}
"""


def _commands(name: str, config: TrainConfig, training: dict, which: str | int, prepared: str) -> str:
    """The commands that reproduce the checkpoint, as a Markdown code block."""
    settings = "".join(f" --set {shlex.quote(setting)}" for setting in settings_of(config))
    notch = " --notch DATA" * ("notches" in training)
    lines = [
        prepared,
        f"python -m training train {config.preset} --data DATA --out RUN{settings}",
        f"python -m training export RUN --name {name}{_chosen(which)}{notch}",
    ]
    return "\n".join(f"    {line}" for line in lines if line)


def _begun(config: TrainConfig, training: dict) -> str:
    """The weights that the run began with, and how many steps had trained them."""
    if not config.start:
        return "random weights"
    if "steps_before" not in training:
        return f"the weights of `{config.start}`"
    taken, sha256 = training["steps_before"], training["start_sha256"]
    return f"the weights of `{config.start}`, SHA-256 {sha256[:12]}, after {taken:,} steps"


def _licence(data: dict) -> tuple[str, str]:
    """The Hub's licence tag for the data's source, and a sentence on the licence."""
    kind, _, names = data["source"].partition(": ")
    if kind in AS_A_SET:
        found = " or ".join(licence or "unknown" for licence in data.get("licences", ())) or "its own"  # older runs
        return "other", f"{AS_A_SET[kind]}each recording {found}: see the data set's index.csv and attribution.csv."
    if kind == "general-midi" and all(map(general_midi.licence_of, names.split(", "))):
        return "mit", SOUNDFONTS_LICENCE
    return "other", UNKNOWN_LICENCE


def _chosen(which: str | int) -> str:
    """The `export` option for it."""
    return {"best": "", "last": " --last"}.get(which, f" --step {which}")


def _history(run: Path) -> dict | None:
    """`history.read`; None if no score was recorded."""
    try:
        return history.read(run)
    except ValueError:
        return None


def _judges(held_out: bool) -> str:
    """The audio that scores are distances to."""
    return "held-out" if held_out else "training"


def _budget(data: dict, numbers: dict, origin: dict | None) -> dict:
    """On what, how long and where it was trained, and from which weights on."""
    begun = {"steps_before": origin["steps"], "start_sha256": origin["sha256"]} if origin else {}
    return {
        "data": data["source"],
        "data_sha256": data["sha256"],
        "steps": numbers["step"],
        **begun,
        "minutes": round(numbers["seconds"] / 60, 1),
        "machine": numbers["machine"],
    }


def _measured(along: dict | None, numbers: dict, held_out: bool) -> dict:
    """The scores of the exported step and of real audio.

    Only the best generator's file holds its score; other steps' are looked up in the history. If nothing is held out,
    real audio has no score: it would be compared with itself.
    """
    score, floor = numbers.get("score"), numbers.get("floor")
    if "score" not in numbers and along and numbers["step"] in along["steps"]:
        score, floor = along["scores"][along["steps"].index(numbers["step"])], along["floor"]
    return {"distance": score, "distance_of_real": floor if held_out else None}


def _curve(found: dict | None, kept: int, held_out: bool) -> str:
    """Scores by step in Markdown: the exported step's, and about `CURVE_ROWS` others."""
    if found is None:
        return "No score was kept."
    rows = list(zip(found["steps"], found["scores"], found["kads"], strict=True))
    every = -(-len(rows) // CURVE_ROWS)
    shown = [
        (f"{step:,}{', this one' * (step == kept)}", *scores)
        for number, (step, *scores) in enumerate(rows)
        if step == kept or (len(rows) - 1 - number) % every == 0
    ]
    if held_out:
        shown.append(("real training clips", found["floor"], found["kad_floor"]))
    lines = "".join(f"\n| {step} | {_rounded(score, 1)} | {_rounded(kad, 2)} |" for step, score, kad in shown)
    return f"| step | distance to {_judges(held_out)} audio | KAD of log-mel summaries |\n| --- | --- | --- |{lines}"


def _rounded(value: float | None, digits: int) -> str:
    return "not measured" if value is None else f"{value:,.{digits}f}"


def _notches(training: dict) -> str:
    """The card's row on whistles that were filtered out; empty if that was not asked for."""
    if "notches" not in training:
        return ""
    counts = ", ".join(f"{label} {count}" for label, count in training["notches"].items())
    return f"\n| whistles filtered out, after that distance was measured | {counts or 'none was found'} |"


def _distance(training: dict) -> str:
    """The score of `training.validation` beside real audio's, if the run has one."""
    if training["distance"] is None:
        return "not measured"
    score, of_real, how = training["distance"], training["distance_of_real"], "Frechet distance of log-mel summaries"
    if of_real is None:
        return f"{score:.1f}, for nothing was held out ({how}, at most 512 clips; smaller is better)"
    many = "as many clips as are held out, at most 512"
    return f"{score:.1f}; real training clips {of_real:.1f} ({how}, {many}; smaller is better)"


def settings_of(config: TrainConfig) -> list[str]:
    """The settings that differ from the preset, as `--set` takes them."""
    preset = load_preset(config.preset)
    changed = {
        key: value
        for key, value in config.to_dict().items()
        if value != preset.to_dict()[key] and key not in ("report_every", "save_every")  # which change no sound
    }
    model = changed.pop("model", {})
    changed |= {key: value for key, value in model.items() if value != preset.model.get(key)}
    return [f"{key}={str(value).lower() if isinstance(value, bool) else value}" for key, value in changed.items()]
