"""The tables of FSDKaggle2018: which clip has which label, split and licence."""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from audiogan.arguments import comma_list
from training.data.archive import members, read_member
from training.data.licences import licence_code

TABLES = {"train": "train_post_competition.csv", "test": "test_post_competition_scoring_clips.csv"}
COLUMNS = {
    "train": ("fname", "label", "manually_verified", "freesound_id", "license"),
    "test": ("fname", "label", "usage", "freesound_id", "license"),
}
INSTRUMENTS = (
    "Acoustic_guitar",
    "Bass_drum",
    "Cello",
    "Chime",
    "Clarinet",
    "Cowbell",
    "Double_bass",
    "Electric_piano",
    "Flute",
    "Glockenspiel",
    "Gong",
    "Harmonica",
    "Hi-hat",
    "Oboe",
    "Saxophone",
    "Snare_drum",
    "Tambourine",
    "Trumpet",
    "Violin_or_fiddle",
)
ALL = tuple(
    sorted(
        {
            *INSTRUMENTS,
            *("Applause", "Bark", "Burping_or_eructation", "Bus", "Computer_keyboard", "Cough", "Drawer_open_or_close"),
            *("Fart", "Finger_snapping", "Fireworks", "Gunshot_or_gunfire", "Keys_jangling", "Knock", "Laughter"),
            *("Meow", "Microwave_oven", "Scissors", "Shatter", "Squeak", "Tearing", "Telephone", "Writing"),
        }
    )
)


@dataclass(frozen=True)
class Choice:
    """Which clips to take: of these labels and licences (any licence if empty), all or verified ones only."""

    labels: tuple[str, ...] = INSTRUMENTS
    licences: tuple[str, ...] = ()
    verified_only: bool = False

    def __str__(self) -> str:
        """The choice as the data set's meta.json describes it."""
        labels = {INSTRUMENTS: "instruments", ALL: "all labels"}
        terms = [labels.get(self.labels, f"{len(self.labels)} labels"), *self.licences]
        return ", ".join(terms + ["verified only"] * self.verified_only)

    def takes(self, row: "Row") -> bool:
        licensed = not self.licences or row.licence in self.licences
        return row.label in self.labels and licensed and (row.verified or not self.verified_only)


@dataclass(frozen=True)
class Row:
    """A line of the official tables; the licence is a code, and `verified` is always true for test clips."""

    fname: str
    label: str
    split: str
    verified: bool
    freesound_id: str
    licence: str

    def __post_init__(self):
        if not re.fullmatch(r"\w[\w.-]*", self.fname, re.ASCII):
            raise ValueError(f"fname must be a plain file name, not {self.fname!r}")
        if not re.fullmatch(r"\d+", self.freesound_id, re.ASCII):
            raise ValueError(f"freesound_id must be a number, not {self.freesound_id!r}")

    def attribution(self) -> tuple[str, str, str, str]:
        return self.fname, self.freesound_id, self.licence, f"https://freesound.org/s/{self.freesound_id}/"


def parse_labels(text: str) -> tuple[str, ...]:
    """Parse `instruments`, `all`, or comma-separated names; ValueError if one is not among the 41."""
    if text in ("instruments", "all"):
        return INSTRUMENTS if text == "instruments" else ALL
    labels = tuple(sorted(set(comma_list(text) or [text])))
    for label in labels:
        if label not in ALL:
            raise ValueError(f"--labels must be instruments, all, or some of {', '.join(ALL)}, not {label!r}")
    return labels


def read_rows(meta: Path) -> list[Row]:
    """Both official tables, train first; without the clips that Kaggle added to the test set as padding.

    Raises:
        ValueError: the archive is damaged or hostile, or a table is missing or not as published.
    """
    found, rows = members(meta), []
    for split, name in TABLES.items():
        if name not in found:
            raise ValueError(f"{meta} lacks {name}")
        try:
            rows += _parse(read_member(meta, found[name]).decode("utf-8-sig"), split)
        except (ValueError, csv.Error) as error:
            raise ValueError(f"{name} in {meta} is not as published: {error}") from None
    twice = [key for key, count in Counter((row.split, row.fname) for row in rows).items() if count > 1]
    if twice:
        raise ValueError(f"{TABLES[twice[0][0]]} in {meta} is not as published: {twice[0][1]} is there twice")
    return rows


def _parse(text: str, split: str) -> list[Row]:
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS[split] if column not in (table.fieldnames or ())]
    if missing:
        raise ValueError(f"it has no column {', '.join(missing)}")
    rows = []
    for line in table:
        if None in line.values() or None in line:
            raise ValueError(f"line {table.line_num} does not have one value per column")
        if line.get("usage") != "Ignored":
            verified = split == "test" or line["manually_verified"] == "1"
            licence = licence_code(line["license"])
            rows.append(Row(line["fname"], line["label"], split, verified, line["freesound_id"], licence))
    return rows
