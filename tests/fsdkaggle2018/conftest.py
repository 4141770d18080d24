"""FSDKaggle2018 in small: its zip files in the official layout, and clips that are unusable in every way."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tone

from audiogan.dataset import PreparedData
from training.data import fsdkaggle2018
from training.data.clips import ClipFormat
from training.data.fsdkaggle2018_tables import COLUMNS, Choice

RATE = 44100
FORM = ClipFormat()
TRAIN = (  # fname, label, manually_verified, freesound_id, license
    ("0000aaaa.wav", "Flute", "1", "28739", "Attribution"),
    ("0001aaaa.wav", "Flute", "0", "358827", "Creative Commons 0"),
    ("0002aaaa.wav", "Snare_drum", "0", "10897", "Attribution Noncommercial"),
    ("0003aaaa.wav", "Bark", "1", "325017", "Attribution"),
    ("0004aaaa.wav", "Flute", "1", "195688", "Attribution"),  # zero samples
    ("0005aaaa.wav", "Flute", "1", "77944", "Attribution"),  # silent
    ("0006aaaa.wav", "Flute", "1", "77945", "Attribution"),  # not audio
    ("0007aaaa.wav", "Flute", "1", "77946", "Attribution"),  # not in the archive
    ("0008aaaa.wav", "Cello", "0", "77947", "Attribution"),  # three seconds
)
TEST = (  # fname, label, usage, freesound_id, license
    ("1000bbbb.wav", "Flute", "Private", "355125", "Attribution"),
    ("1001bbbb.wav", "Snare_drum", "Public", "90621", "Creative Commons 0"),
    ("1002bbbb.wav", "None", "Ignored", "88926", "Attribution"),
)


def wav(audio: np.ndarray, rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, rate, subtype="PCM_16", format="WAV")
    return file.getvalue()


def hiss(seed: int) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(RATE // 2)


def table(columns: tuple[str, ...], rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def pack(path: Path, content: dict) -> None:
    """A zip archive; names may be ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in content.items():
            file.writestr(name, data)


def pack_tables(folder: Path, train=TRAIN, test=TEST, columns=COLUMNS) -> None:
    content = {
        "FSDKaggle2018.meta/train_post_competition.csv": table(columns["train"], train),
        "FSDKaggle2018.meta/test_post_competition_scoring_clips.csv": table(columns["test"], test),
    }
    pack(folder / "FSDKaggle2018.meta.zip", content)


def write_zips(folder: Path) -> Path:
    """Small archives in the official layout, in a new folder."""
    folder.mkdir()
    audio = {
        "0000aaaa.wav": wav(tone(440, 0.5, RATE)),
        "0001aaaa.wav": wav(tone(660, 0.4, RATE)),
        "0002aaaa.wav": wav(hiss(2)),
        "0003aaaa.wav": wav(hiss(3)),
        "0004aaaa.wav": wav(np.zeros(0)),
        "0005aaaa.wav": wav(np.zeros(RATE)),
        "0006aaaa.wav": b"not audio",
        "0008aaaa.wav": wav(tone(220, 3.0, RATE)),
    }
    pack(folder / "FSDKaggle2018.audio_train.zip", {f"FSDKaggle2018.audio_train/{n}": d for n, d in audio.items()})
    audio = {"1000bbbb.wav": wav(tone(550, 0.5, RATE)), "1001bbbb.wav": wav(hiss(4)), "1002bbbb.wav": wav(hiss(5))}
    pack(folder / "FSDKaggle2018.audio_test.zip", {f"FSDKaggle2018.audio_test/{n}": d for n, d in audio.items()})
    pack_tables(folder)
    return folder


@pytest.fixture
def zips(tmp_path) -> Path:
    return write_zips(tmp_path / "zips")


def prepare(zips: Path, out: Path, **choice) -> tuple[PreparedData, dict[str, str]]:
    _, skipped = fsdkaggle2018.prepare(zips, out, FORM, Choice(**choice), workers=1)
    return PreparedData(out), {Path(item.source).name: item.reason for item in skipped}


def sources(data: PreparedData) -> set[str]:
    return {Path(row["source"]).name[:4] for row in data.index}
