"""Drum hits from sample packages and soundfonts: labels, licences, and near copies that stay on one side."""

import csv
import re
import shutil

import numpy as np
import pytest
import soundfile
from conftest import NUM_SAMPLES, SAMPLE_RATE
from test_cli import refused

from audiogan.dataset import PreparedData
from training import cli
from training.data import drums, general_midi
from training.data.clips import Clip, ClipFormat, fit
from training.data.drum_tables import HYDROGEN, KITS, LABELS, SONIC_PI

FORM = ClipFormat(estimate_pitch=False)
HITS = {  # a file of each kind in three kits of three licences
    f"{HYDROGEN}/BJA_Pacific": ("BD_01.aiff", "BD_02.aiff", "SN_01.aiff", "SN4_02.aiff", "SN3_01.aiff"),
    f"{HYDROGEN}/rumpf_kit_z01_h2": ("beats_06-38.flac", "beats_01-21.flac", "beats_01-10.flac"),
    f"{HYDROGEN}/Gimme A Hand 1.0": ("Cowbell-Soft.wav",),
    f"{SONIC_PI}/samples": ("bd_haus.flac", "bd_tek.flac", "sn_dub.flac", "drum_cowbell.flac", "loop_amen.flac"),
}


def noise(seed: int, seconds: float = 0.2) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 44100)).astype(np.float32)


@pytest.fixture
def share(tmp_path):
    """Every kit's folder, with files in some, as the packages lay them out; a second drum is the first, quieter."""
    root = tmp_path / "share"
    for kit in KITS:
        (root / kit.collection / kit.name).mkdir(parents=True)
    for number, (folder, names) in enumerate(HITS.items()):
        for seed, name in enumerate(names, 10 * number):
            soundfile.write(root / folder / name, noise(seed), 44100)
    soundfile.write(root / HYDROGEN / "BJA_Pacific/BD_03.aiff", 0.5 * noise(0), 44100)
    soundfile.write(root / SONIC_PI / "samples/bd_zum.flac", np.zeros(4410), 44100)
    (root / SONIC_PI / "samples/bd_boom.flac").write_bytes(b"fLaC and no more")
    return root


def test_files_have_the_labels_of_their_names_and_the_licences_of_their_kits(share, tmp_path):
    licences = tuple(name for name in drums.LICENCES if name != "MIT")
    count, skipped = drums.prepare(tmp_path / "out", FORM, share=share, licences=licences, workers=1)
    data = PreparedData(tmp_path / "out")
    found = {row["source"].partition(" tuning ")[0]: (row["label"], row["licence"]) for row in data.index}
    assert found == {
        "hydrogen-drumkits BJA_Pacific/BD_01.aiff": ("Bass_drum", "CC-BY-SA"),  # and not BD_03, which is it again
        "hydrogen-drumkits BJA_Pacific/BD_02.aiff": ("Bass_drum", "CC-BY-SA"),
        "hydrogen-drumkits BJA_Pacific/SN_01.aiff": ("Snare_drum", "CC-BY-SA"),
        "hydrogen-drumkits BJA_Pacific/SN4_02.aiff": ("Snare_drum", "CC-BY-SA"),
        "hydrogen-drumkits rumpf_kit_z01_h2/beats_06-38.flac": ("Bass_drum", "CC-BY"),
        "hydrogen-drumkits rumpf_kit_z01_h2/beats_01-21.flac": ("Snare_drum", "CC-BY"),
        "hydrogen-drumkits Gimme A Hand 1.0/Cowbell-Soft.wav": ("Cowbell", "GPL-2"),
        "sonic-pi-samples samples/bd_haus.flac": ("Bass_drum", "CC0"),
        "sonic-pi-samples samples/bd_tek.flac": ("Bass_drum", "CC0"),
        "sonic-pi-samples samples/sn_dub.flac": ("Snare_drum", "CC0"),
        "sonic-pi-samples samples/drum_cowbell.flac": ("Cowbell", "CC0"),
    }
    assert count == len(data.index) == 5 * len(found)  # tunings
    assert {item.source.rpartition("/")[2] for item in skipped} == {"bd_zum.flac", "bd_boom.flac"}
    assert set(data.labels) == {"Bass_drum", "Cowbell", "Snare_drum"}
    with open(tmp_path / "out/attribution.csv", newline="") as file:
        assert {"source": "hydrogen-drumkits rumpf_kit_z01_h2", "author": "Emanuel Rumpf", "licence": "CC-BY"} in list(
            csv.DictReader(file)
        )


def test_tunings_are_semitones(share, tmp_path):
    time = np.arange(44100) / 44100
    tone = np.sin(2 * np.pi * 440 * time) * np.exp(-3 * time)
    soundfile.write(share / SONIC_PI / "samples/drum_cowbell.flac", 0.5 * tone, 44100)
    drums.prepare(tmp_path / "out", FORM, share=share, labels=("Cowbell",), licences=("CC0",), workers=1)
    data = PreparedData(tmp_path / "out")
    for row, clip in zip(data.index, data.clips, strict=True):
        hz = np.argmax(np.abs(np.fft.rfft(clip * np.hanning(NUM_SAMPLES), 2**18))) * SAMPLE_RATE / 2**18
        assert 12 * np.log2(hz / 440) == pytest.approx(int(row["source"].rpartition(" ")[2]), abs=0.05)


def test_labels_and_licences_can_be_chosen(share, tmp_path):
    out = str(tmp_path / "out")
    chosen = ["--labels", "Snare_drum,Bass_drum", "--licences", "CC0,CC-BY"]
    assert cli.main(["prepare", "drums", "--out", out, "--share", str(share), *chosen]) == 0
    data = PreparedData(out)
    assert {(row["label"], row["licence"]) for row in data.index} == {
        (label, licence) for label in ("Bass_drum", "Snare_drum") for licence in ("CC0", "CC-BY")
    }


def test_versions_of_a_hit_are_in_one_split():
    sources = [
        f"hydrogen-drumkits K/Snare-{name}.wav tuning {tuning}"
        for name in ("Softest", "Hard", "3", "Rim_2", "Rim-Med", "Brush1", "Other")
        for tuning in (0, 1)
    ]
    alike = fit(noise(99), FORM)
    clips = [Clip(fit(noise(number), FORM), "Snare_drum", source) for number, source in enumerate(sources)]
    clips += [Clip(alike, "Snare_drum", f"a K/{name}.wav tuning 0") for name in ("one", "two", "three")]
    splits = {}
    for clip in drums.split(clips):
        hit = "alike" if clip.source.startswith("a ") else re.match(r".*/Snare-(Rim|Brush|Other|)", clip.source)[1]
        splits.setdefault(hit, set()).add(clip.split)
    assert len(splits) == 5
    assert all(len(found) == 1 for found in splits.values())
    assert splits[""] == {"train"}  # the most versions
    assert {"test"} in splits.values()


def test_a_kit_of_a_soundfont_is_one_family():
    def of(program: int, key: int) -> Clip:
        return Clip(None, "Tom", f"F.sf2 bank 128 program {program} key {key} velocity 50 tuning 0")

    assert drums.take_of(of(0, 41)) == drums.take_of(of(0, 50)) != drums.take_of(of(8, 41))


def test_a_label_with_one_family_is_for_training():
    clips = [Clip(fit(noise(number), FORM), "Clap", f"p K/Clap{number}.wav tuning 0") for number in range(4)]
    assert {clip.split for clip in drums.split(clips)} == {"train"}
    assert drums.split([]) == []


@pytest.mark.soundfonts
def test_soundfonts_give_what_the_percussion_map_says(share, tmp_path):
    font = general_midi.SOUNDFONTS[0][0]
    drums.prepare(tmp_path / "out", FORM, [font], share, ("Hi-hat",), ("MIT",), workers=1)
    data = PreparedData(tmp_path / "out")
    power = np.abs(np.fft.rfft(data.clips.astype(float))) ** 2
    hz = np.fft.rfftfreq(NUM_SAMPLES, 1 / SAMPLE_RATE)
    assert ((power @ hz) / power.sum(1) > 2000).all()  # no timpani
    assert {row["licence"] for row in data.index} == {"MIT"}


@pytest.mark.soundfonts
def test_a_soundfont_of_unknown_licence_goes_with_all_licences_alone(share, tmp_path):
    mine = tmp_path / "mine.sf2"
    mine.symlink_to(general_midi.SOUNDFONTS[0][0])
    with pytest.raises(ValueError, match="no hit of Cowbell under MIT"):
        drums.prepare(tmp_path / "mit", FORM, [str(mine)], share, ("Cowbell",), ("MIT",), workers=1)
    drums.prepare(tmp_path / "any", FORM, [str(mine)], share, ("Cowbell",), workers=1)
    data = PreparedData(tmp_path / "any")
    assert {row["licence"] for row in data.index if row["source"].startswith("mine.sf2")} == {""}
    with open(tmp_path / "any/attribution.csv", newline="") as file:
        assert [row["licence"] for row in csv.DictReader(file) if row["source"] == "mine.sf2"] == [""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "Snare_drum,Kazoo"], "--labels must be some of Bass_drum, .*, not 'Kazoo'"),
        (["--licences", "WTFPL"], "--licences must be some of MIT, CC-BY, .*, not 'WTFPL'"),
        (["--labels", ""], "--labels must be some of .*, not ''"),
        (["--share", "nowhere"], r"nowhere/hydrogen.* is missing: apt-get install hydrogen-drumkits"),
        (["--soundfont", "none.sf2"], r"soundfont none\.sf2 is missing"),
        (["--licences", "CC0"], "no hit of Bass_drum, .* under CC0 was found in"),
    ],
)
def test_what_cannot_be_is_one_sentence(options, message, share, tmp_path, capsys):
    shutil.rmtree(share / SONIC_PI)
    (share / SONIC_PI / "samples").mkdir(parents=True)
    arguments = ["prepare", "drums", "--out", str(tmp_path / "out"), "--share", str(share), *options]
    assert re.search(message, refused(capsys, cli.main, *arguments))
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.long
def test_debians_packages_have_every_file_of_the_tables_and_enough_of_each_label(tmp_path):
    for kit in KITS:
        folder = drums.SHARE / kit.collection / kit.name
        for pattern in " ".join(kit.files.values()).split():
            assert list(folder.glob(pattern)), f"{kit.name}: {pattern}"
    drums.prepare(tmp_path / "out", FORM)
    counts = PreparedData(tmp_path / "out").meta["counts"]
    assert set(counts["train"]) == set(counts["test"]) == set(LABELS)
    assert min(counts["train"].values()) >= 25
