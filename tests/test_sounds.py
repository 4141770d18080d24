"""What the page may ask for, and what it gets."""

import base64
import shutil

import numpy as np
import pytest
from conftest import LABELS

from audiogan import checkpoint
from audiogan.audio import to_pcm16
from audiogan.ui import kit
from audiogan.ui.library import Library
from audiogan.ui.sounds import MAX_CLIPS, Sounds, trim

MODEL = "tiny-wavegan"
ONE = {"model": MODEL, "label": LABELS[0], "seed": "3", "index": 1}


@pytest.fixture(scope="module")
def sounds(library):
    return Sounds(library)


def pcm(sound: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(sound["pcm"]), "<i2")


def latent(sound: dict) -> list[float]:
    return np.frombuffer(base64.b64decode(sound["z"]), "<f4").tolist()


def ask(sounds: Sounds, **changes) -> dict:
    """The answer to one request, which must succeed."""
    (answer,) = sounds.answer({"sounds": [ONE | changes]})["sounds"]
    return answer


def test_sound_is_the_clip_that_the_command_line_makes(sounds, library):
    answer = ask(sounds)
    clip = library.get(MODEL).synthesizer.generate(2, 3, LABELS[0])[1]
    np.testing.assert_array_equal(pcm(answer), to_pcm16(trim(clip, 16000)))
    assert {name: answer[name] for name in ONE} == ONE
    assert (answer["pitch"], answer["truncation"], answer["sample_rate"]) == (None, 1.0, 16000)


def test_exact_latent_gives_the_sound_back(sounds):
    first = ask(sounds)
    again = ask(sounds, z=latent(first))
    assert (again["pcm"], again["z"]) == (first["pcm"], first["z"])
    assert (again["seed"], again["index"]) == ("3", 1)  # the latent is that seed's, so its name is kept


def test_latent_under_a_false_name_loses_it(sounds):
    other = ask(sounds, index=2)
    named = ask(sounds, z=latent(other))
    assert (named["seed"], named["index"]) == (None, None)
    assert named["pcm"] == other["pcm"]


def test_latent_at_another_pitch_or_truncated_loses_its_name(sounds):
    flute = {"model": "tiny-hybrid", "label": "Flute"}
    drawn = ask(sounds, **flute)
    same = ask(sounds, **flute, z=latent(drawn), pitch=drawn["pitch"])
    assert (same["seed"], same["pcm"]) == ("3", drawn["pcm"])
    other = ask(sounds, **flute, z=latent(drawn), pitch=drawn["pitch"] + 1)
    assert (other["seed"], other["index"], other["pitch"]) == (None, None, drawn["pitch"] + 1)
    tame = ask(sounds, truncation=0.5)
    named = ask(sounds, truncation=0.5, z=latent(tame))
    assert (named["seed"], named["pcm"]) == (None, tame["pcm"])


def test_variation_is_near_and_repeatable(sounds):
    z = latent(ask(sounds))
    near, again = (latent(ask(sounds, z=z, vary={"amount": 0.3, "seed": seed})) for seed in (5, "5"))
    far = latent(ask(sounds, index=9))
    assert near == again
    assert 0 < np.linalg.norm(np.subtract(near, z)) < 0.6 * np.linalg.norm(np.subtract(far, z))
    assert np.abs(near).max() <= 1  # of a uniform latent


def test_model_without_labels_needs_none(sounds):
    answer = ask(sounds, model="tiny-unconditional", label=None)
    assert answer["label"] is None
    assert ask(sounds, model="tiny-unconditional", label=None, z=latent(answer))["pcm"] == answer["pcm"]


def test_seed_without_label_draws_one(sounds, library):
    drawn = library.get(MODEL).synthesizer.clip_labels([1], 3)[0]
    assert ask(sounds, label=None)["label"] == drawn


def test_pitch_is_the_labels_own_the_callers_or_none(sounds):
    flute = {"model": "tiny-hybrid", "label": "Flute"}
    assert 60 <= ask(sounds, **flute)["pitch"] <= 72
    assert ask(sounds, **flute, pitch=65)["pitch"] == 65
    assert ask(sounds, **flute, z=[0.0] * 100)["pitch"] == 66
    assert ask(sounds, **flute | {"label": "Snare_drum"}, pitch=65)["pitch"] is None
    low, high = (ask(sounds, **flute, pitch=pitch) for pitch in (60, 72))
    assert low["z"] == high["z"]
    assert low["pcm"] != high["pcm"]


def test_page_opens_with_the_flagship_where_there_is_one(library, monkeypatch):
    assert kit.default_model(library) == library.names[0]
    monkeypatch.setattr(kit, "FLAGSHIP", MODEL)
    assert kit.default_model(library) == MODEL


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("model must be one of", {"model": "../../etc/passwd"}),
        ("model must be one of", {"model": None}),
        ("seed must be a whole number", {"seed": "twelve"}),
        ("seed must be a whole number", {"seed": 2**63}),
        ("seed must be a whole number", {"seed": None}),
        ("seed must be a whole number", {"seed": [1]}),
        ("index must be a whole number", {"index": -1}),
        ("index must be a whole number", {"index": 10**9}),
        ("index must be a whole number", {"index": True}),
        ("label must be one of", {"label": "Theremin"}),
        ("label must be one of", {"label": ["Flute"]}),
        ("pitch must be a MIDI number", {"pitch": 128}),
        ("pitch must be a MIDI number", {"pitch": "C4"}),
        ("truncation must be above 0", {"truncation": 0}),
        ("truncation must be above 0", {"truncation": None}),
        ("z must be 100 numbers", {"z": []}),
        ("z must be 100 numbers", {"z": [0.0] * 99}),
        ("z must be 100 numbers", {"z": [float("nan")] * 100}),
        ("z must be 100 numbers", {"z": [1e30] * 100}),
        ("z must be 100 numbers", {"z": ["0"] * 100}),
        ("z must be 100 numbers", {"z": {"0": 1}}),
        ("vary must have an amount", {"vary": {}}),
        ("vary must have an amount", {"vary": 1}),
        ("vary must have an amount", {"vary": {"amount": 2, "seed": 1}}),
        ("seed must be a whole number", {"vary": {"amount": 0.5}}),
    ],
)
def test_bad_request_is_one_sentence(sounds, words, changes):
    answer = sounds.answer({"sounds": [ONE | changes]})
    assert set(answer) == {"error"}
    assert answer["error"].startswith(words)
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    "request_",
    [None, [], {}, {"sounds": None}, {"sounds": []}, {"sounds": [ONE] * (MAX_CLIPS + 1)}, {"sounds": [1]}, "x"],
)
def test_shapeless_request_is_one_sentence(sounds, request_):
    assert set(sounds.answer(request_)) == {"error"}


def test_sounds_of_two_models_are_refused(sounds):
    answer = sounds.answer({"sounds": [ONE, ONE | {"model": "tiny-unconditional", "label": None}]})
    assert answer == {"error": "sounds must all be of one model"}


def test_trailing_silence_is_trimmed_and_silence_is_kept_short():
    clip = np.zeros(16000, np.float32)
    clip[:1000] = 0.5
    assert len(trim(clip, 16000)) == 999 + 320
    assert 0 < len(trim(np.zeros(16000, np.float32), 16000)) <= 320


def test_kit_puts_drums_first_and_every_known_instrument_once():
    labels = ("Cello", "Snare_drum", "Bass_drum", "Kazoo")
    assert kit.pad_labels(labels)[:5] == ["Bass_drum", "Snare_drum", "Cello", "Kazoo", "Bass_drum"]
    assert kit.pad_labels(()) == [None] * kit.PADS


def test_first_kit_is_the_default_models(library, sounds):
    first = kit.first_kit(library, sounds)
    assert [sound["index"] for sound in first] == list(range(kit.PADS))
    assert {sound["model"] for sound in first} == {kit.default_model(library)}


def test_flagships_first_kit_is_in_one_key_with_a_low_kick(tmp_path):
    shutil.copytree(checkpoint.FOLDER / kit.FLAGSHIP, tmp_path / kit.FLAGSHIP)
    library = Library(tmp_path, "cpu")
    first = kit.first_kit(library, Sounds(library))
    pitched = library.get(kit.FLAGSHIP).synthesizer.pitch_ranges
    notes = [sound["pitch"] for sound in first if sound["label"] in pitched]
    assert len(notes) >= 9
    assert {round(pitch) % 12 for pitch in notes} <= {1, 3, 5, 8, 10}  # C sharp, D sharp, F, G sharp, A sharp
    kick = pcm(first[0]).astype(float)
    power = np.abs(np.fft.rfft(kick)) ** 2
    low = np.fft.rfftfreq(len(kick), 1 / first[0]["sample_rate"]) < 110  # Hz
    assert power[low].sum() > 0.9 * power.sum()
