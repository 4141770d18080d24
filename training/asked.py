"""The options and files that a work folder's data were prepared from: `build` resumes only if both are the same."""

import argparse
import contextlib
import hashlib
import json
import os
import shlex
from pathlib import Path

from audiogan.files import write_atomically
from training.cli_prepare import add_sources
from training.data.folder import TEST_FRACTION, called
from training.data.tree import find

FILE = "asked.json"  # in a work folder
OPTIONS = ("soundfont", "labels", "licences", "verified_only", "held_out", "crops", "no_pitch")  # not in meta.json
FORM = ("sample_rate", "num_samples", "no_normalize")  # in meta.json


def sounds(options) -> dict:
    """The number of audio files in a source folder, and a hash of their names and sizes; empty for other sources."""
    if not hasattr(options, "audio") or not options.audio.is_dir():
        return {}
    audio, work = options.audio.resolve(), options.work.resolve()
    made = f"{work.relative_to(audio).as_posix()}/" if work.is_relative_to(audio) else "\0"  # leave previews out
    names = [name for name in find(options.audio)[0] if not name.startswith(made)]
    sizes = (f"{os.path.getsize(options.audio / name)} ".encode() + os.fsencode(name) + b"\0" for name in names)
    return {"files": len(names), "files_sha256": hashlib.sha256(b"".join(sizes)).hexdigest()}


def note(options, found: dict) -> None:
    """Save the options that the data were prepared with, and the `sounds` found then, beside the data."""
    write_atomically(options.work / FILE, (json.dumps(_asked(options) | found, indent=2) + "\n").encode())


def refuse_other(options, data: Path) -> None:
    """Raise ValueError if `data` was prepared with other options, or from other files, than `options` name."""
    there = _there(options, data)
    for name, value in _asked(options).items():
        if there.get(name, value) != value:
            what = "from" if name in ("source", "audio") else f"with --{name.replace('_', '-')}"
            was, now = (json.dumps(each, ensure_ascii=False) for each in (there[name], value))
            raise ValueError(f"{data} was prepared {what} {was}, not {now}: name another --work")
    found = sounds(options)
    if found.get("files") and there.get("files_sha256", found["files_sha256"]) != found["files_sha256"]:
        raise ValueError(
            f"{data} was prepared from {there.get('files')} files, but {options.audio} now has {found['files']}, and "
            "names or sizes differ: name another --work, or train on the old data with python -m training train"
        )


def command(options) -> str:
    """The `prepare` command that made the data, for a card; empty if no note was saved."""
    if not (options.work / FILE).is_file():
        return ""
    given, parser = _asked(options), argparse.ArgumentParser()
    add_sources(parser)
    words = ["prepare", given.pop("source"), *([given.pop("audio")] if "audio" in given else [])]
    usual = vars(parser.parse_args([*words[1:2], *(["any"] * (len(words) - 2))]))
    text = " ".join(map(shlex.quote, words)) + " --out DATA"
    for name, value in given.items():
        if value != usual[name]:
            values = [] if value is True else value if isinstance(value, list) else [value]
            text += "".join(f" {shlex.quote(str(word))}" for word in (f"--{name.replace('_', '-')}", *values))
    return f"python -m training {text}"


def _asked(options) -> dict:
    """The source and its options, with folders and files by name only: they may have moved."""
    asked = {name: getattr(options, name) for name in ("source", *OPTIONS, *FORM) if hasattr(options, name)}
    if asked.get("soundfont"):
        asked["soundfont"] = [Path(font).name for font in asked["soundfont"]]
    return asked | ({"audio": called(options.audio)} if hasattr(options, "audio") else {})


def _there(options, data: Path) -> dict:
    """The options that the data were prepared with; without a note, only those that meta.json tells."""
    known = {"held_out": TEST_FRACTION}  # for data from before it was an option
    with contextlib.suppress(OSError, ValueError):
        known |= json.loads((options.work / FILE).read_text())
    with contextlib.suppress(OSError, ValueError, KeyError):
        meta = json.loads((data / "meta.json").read_text())
        known["source"], _, name = meta["source"].partition(": ")
        known |= {"audio": name} if known["source"] == "folder" else {}
        known |= {"sample_rate": meta["sample_rate"], "num_samples": meta["num_samples"]}
        known |= {"no_normalize": not meta["peak_normalized"]}
    return known
