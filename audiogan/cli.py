"""`python -m audiogan`: list, generate, morph, index, import, export-onnx, evaluate, study, ratings, hub."""

import argparse
import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import numpy as np

from audiogan import checkpoint, hub, synthesis
from audiogan.arguments import Parser, add_checkpoints, add_device, named_folder, run_command
from audiogan.audio import wav_bytes, write_wav
from audiogan.cli_evaluate import add_evaluate
from audiogan.cli_hub import add_hub
from audiogan.cli_interop import add_export_onnx, add_import
from audiogan.cli_ratings import add_ratings
from audiogan.cli_study import add_study
from audiogan.files import write_atomically
from audiogan.folders import PartialFolder


def main(arguments: list[str] | None = None) -> int:
    """Run a command; a bad argument or bad input prints one line and returns 2."""
    return run_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m audiogan", description="Sounds invented by GANs, and how listeners rate them.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="list the checkpoints")
    listing.add_argument("--json", action="store_true", help="as JSON")
    listing.set_defaults(run=_list)
    _add_generate(commands)
    _add_morph(commands)
    _add_index(commands)
    add_import(commands)
    add_export_onnx(commands)
    add_evaluate(commands)
    for command in commands.choices.values():
        add_checkpoints(command, checkpoint.FOLDER)
    add_study(commands)
    add_ratings(commands)
    add_hub(commands)
    return parser


def _add_generate(commands) -> None:
    generate = commands.add_parser("generate", help="write clips as WAV files and print their paths")
    generate.add_argument("name", metavar="NAME", help="a checkpoint's name or folder")
    generate.add_argument("--num", type=int, default=16, help="how many clips (default: 16)")
    generate.add_argument("--seed", type=int, default=0, help="default: 0")
    generate.add_argument("--label", help="default: each clip draws its own")
    generate.add_argument("--pitch", type=float, metavar="MIDI", help="for models that take a pitch")
    generate.add_argument("--truncation", type=float, default=1.0, help="above 0, at most 1 (default): lower is tamer")
    add_device(generate)
    generate.add_argument("--out", required=True, type=named_folder, metavar="DIR")
    generate.set_defaults(run=_generate)


def _add_morph(commands) -> None:
    morph = commands.add_parser("morph", help="write one WAV that morphs from one seed to another")
    morph.add_argument("name", metavar="NAME", help="a checkpoint's name or folder")
    morph.add_argument("--from-seed", type=int, required=True, metavar="A")
    morph.add_argument("--to-seed", type=int, required=True, metavar="B")
    morph.add_argument("--steps", type=int, default=9, help="sounds on the way, both ends included (default: 9)")
    morph.add_argument("--label", help="default: the label that A draws")
    morph.add_argument("--pitch", type=float, metavar="MIDI", help="for models that take a pitch")
    add_device(morph)
    morph.add_argument("--out", required=True, type=Path, metavar="FILE.wav")
    morph.set_defaults(run=_morph)


def _add_index(commands) -> None:
    index = commands.add_parser("index", help="add an index of training sounds to a checkpoint")
    index.add_argument("name", metavar="NAME", help="a checkpoint's name or folder")
    index.add_argument(
        "--data", required=True, type=named_folder, metavar="PREPARED", help="the data it was trained on"
    )
    index.set_defaults(run=_index)


def _list(options) -> None:
    there = hub.available(options.checkpoints)
    rows = [item.describe() for item in there.checkpoints]
    for problem in there.problems:
        print(problem, file=sys.stderr)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        seconds = row["num_samples"] / row["sample_rate"]
        labels = f"{len(row['labels'])} labels" if row["labels"] else "unconditional"
        print(
            f"{row['name']:24} {row['architecture']:15} {labels:13} {seconds:.2f} s at {row['sample_rate']} Hz  "
            f"{row['parameters']:>12,} parameters  {row['steps']:>8,} steps  {row['data']}"
        )


def _generate(options) -> None:
    synthesizer = synthesis.load(options.name, options.device, options.checkpoints)
    arguments = (options.seed, options.label)
    tiles = synthesizer.stream(options.num, *arguments, options.pitch, options.truncation)
    with _staged(options.out) as (stage, names):
        numbers = count()
        for tile in tiles:
            for audio, index in zip(tile, numbers, strict=False):
                (label,) = synthesizer.clip_labels([index], *arguments)
                names.append(synthesis.file_name(synthesizer.name, label, options.seed, index))
                write_wav(stage / names[-1], audio, synthesizer.sample_rate)
    for name in names:
        print(options.out / name)


@contextmanager
def _staged(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """A folder to write named files into; they move to `folder` together, or not at all after an error."""
    created = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        partial = PartialFolder(folder / "sounds", replace=True)  # never finished: only its files move
        try:
            names: list[str] = []
            yield partial.path, names
            for name in names:
                if (folder / name).is_dir():
                    raise IsADirectoryError(errno.EISDIR, "a folder is in the way", os.fspath(folder / name))
            for name in names:
                (partial.path / name).replace(folder / name)
        finally:
            partial.discard()
    except BaseException:
        with suppress(OSError):  # never created, or in use by somebody else
            for place in created:
                place.rmdir()
        raise


def _morph(options) -> None:
    if options.out.suffix.lower() != ".wav":
        raise ValueError(f"--out must end in .wav, not {options.out.suffix!r}")
    if not options.out.parent.is_dir():
        raise ValueError(f"--out's folder {options.out.parent} is missing")
    synthesizer = synthesis.load(options.name, options.device, options.checkpoints)
    clips = synthesizer.morph(options.from_seed, options.to_seed, options.steps, options.label, options.pitch)
    write_atomically(options.out, wav_bytes(np.concatenate(clips), synthesizer.sample_rate))
    print(options.out)


def _index(options) -> None:
    from audiogan import resemblance
    from audiogan.dataset import PreparedData
    from audiogan.evaluation.checks import check_form

    folder, data = checkpoint.find(options.name, options.checkpoints), PreparedData(options.data)
    check_form(options.name, checkpoint.read(folder).config, data)
    print(resemblance.save(resemblance.build(data), folder))
