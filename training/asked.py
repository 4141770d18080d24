"""What the data of a work folder were asked for as: `build` goes on only where it is asked for the same."""

import contextlib
import json
from pathlib import Path

from audiogan.files import write_atomically
from training.data.folder import TEST_FRACTION, called

FILE = "asked.json"  # of a work folder
OPTIONS = ("soundfont", "labels", "licences", "verified_only", "held_out", "crops", "no_pitch")  # not in meta.json
FORM = ("sample_rate", "num_samples", "no_normalize")  # which are in it


def note(options) -> None:
    """Keep beside the data what they were asked for as."""
    write_atomically(options.work / FILE, (json.dumps(_asked(options), indent=2) + "\n").encode())


def refuse_other(options) -> None:
    """ValueError where the data that are there, `options.data`, were prepared otherwise than `options` ask for."""
    there = _there(options)
    for name, value in _asked(options).items():
        if there.get(name, value) != value:
            what = "" if name in ("source", "audio") else f" --{name.replace('_', '-')}"
            was, now = (json.dumps(each, ensure_ascii=False) for each in (there[name], value))
            raise ValueError(f"{options.data} was prepared from{what} {was}, not {now}: name another --work")


def _asked(options) -> dict:
    """The source and its options, folders and files by their names: both may have moved."""
    asked = {name: getattr(options, name) for name in ("source", *OPTIONS, *FORM) if hasattr(options, name)}
    if asked.get("soundfont"):
        asked["soundfont"] = [Path(font).name for font in asked["soundfont"]]
    return asked | ({"audio": called(options.audio)} if hasattr(options, "audio") else {})


def _there(options) -> dict:
    """What is known of the data that are there: all of it, or what meta.json says where no note was kept."""
    known = {"held_out": TEST_FRACTION}  # of data from before that could be chosen
    with contextlib.suppress(OSError, ValueError):
        known |= json.loads((options.work / FILE).read_text())
    with contextlib.suppress(OSError, ValueError, KeyError):
        meta = json.loads((options.data / "meta.json").read_text())
        known["source"], _, name = meta["source"].partition(": ")
        known |= {"audio": name} if known["source"] == "folder" else {}
        known |= {"sample_rate": meta["sample_rate"], "num_samples": meta["num_samples"]}
        known |= {"no_normalize": not meta["peak_normalized"]}
    return known
