"""What the data of a work folder were asked for as, and of what: `build` goes on only where both are the same."""

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

FILE = "asked.json"  # of a work folder
OPTIONS = ("soundfont", "labels", "licences", "verified_only", "held_out", "crops", "no_pitch")  # not in meta.json
FORM = ("sample_rate", "num_samples", "no_normalize")  # which are in it


def sounds(options) -> dict:
    """How many audio files a folder that is asked for holds, and a hash of their names and sizes; empty for others."""
    if not hasattr(options, "audio") or not options.audio.is_dir():
        return {}
    audio, work = options.audio.resolve(), options.work.resolve()
    made = f"{work.relative_to(audio).as_posix()}/" if work.is_relative_to(audio) else "\0"  # previews are none of them
    names = [name for name in find(options.audio)[0] if not name.startswith(made)]
    sizes = (f"{os.path.getsize(options.audio / name)} ".encode() + os.fsencode(name) + b"\0" for name in names)
    return {"files": len(names), "files_sha256": hashlib.sha256(b"".join(sizes)).hexdigest()}


def note(options, found: dict) -> None:
    """Keep beside the data what they were asked for as, and the `sounds` that were there."""
    write_atomically(options.work / FILE, (json.dumps(_asked(options) | found, indent=2) + "\n").encode())


def refuse_other(options, data: Path) -> None:
    """ValueError where the data that are there were prepared otherwise than `options` ask for."""
    there = _there(options, data)
    for name, value in _asked(options).items():
        if there.get(name, value) != value:
            what = "" if name in ("source", "audio") else f" --{name.replace('_', '-')}"
            was, now = (json.dumps(each, ensure_ascii=False) for each in (there[name], value))
            raise ValueError(f"{data} was prepared from{what} {was}, not {now}: name another --work")
    found = sounds(options)
    if found.get("files") and there.get("files_sha256", found["files_sha256"]) != found["files_sha256"]:
        raise ValueError(
            f"{data} was prepared from {there.get('files')} files, and {options.audio} has {found['files']} by "
            "now, not all of the same names and sizes: name another --work, or go on with the old ones by python -m "
            "training train"
        )


def command(options) -> str:
    """The `prepare` command that made the data, as a card has it; empty where no note was kept."""
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
    """The source and its options, folders and files by their names: both may have moved."""
    asked = {name: getattr(options, name) for name in ("source", *OPTIONS, *FORM) if hasattr(options, name)}
    if asked.get("soundfont"):
        asked["soundfont"] = [Path(font).name for font in asked["soundfont"]]
    return asked | ({"audio": called(options.audio)} if hasattr(options, "audio") else {})


def _there(options, data: Path) -> dict:
    """What is known of the data that are there: all of it, or what meta.json says where no note was kept."""
    known = {"held_out": TEST_FRACTION}  # of data from before that could be chosen
    with contextlib.suppress(OSError, ValueError):
        known |= json.loads((options.work / FILE).read_text())
    with contextlib.suppress(OSError, ValueError, KeyError):
        meta = json.loads((data / "meta.json").read_text())
        known["source"], _, name = meta["source"].partition(": ")
        known |= {"audio": name} if known["source"] == "folder" else {}
        known |= {"sample_rate": meta["sample_rate"], "num_samples": meta["num_samples"]}
        known |= {"no_normalize": not meta["peak_normalized"]}
    return known
