"""What the Explore tab asks of the server: points of a plane, moved along directions, and what those change."""

import base64
import json

import numpy as np
import pytest
from conftest import LABELS, save_tiny_checkpoint

from audiogan import resemblance
from audiogan.audio import to_pcm16
from audiogan.dataset import PreparedData
from audiogan.ui import Library
from audiogan.ui.explore import FIRST_CORNERS, Explorer, describe
from audiogan.ui.sounds import Sounds

MODEL, MOVES = "tiny-wavegan", 11
PLACE = {"model": MODEL, "label": LABELS[0], "pitch": None, "truncation": 1.0, "corners": list(FIRST_CORNERS)}
STILL = [0.0] * MOVES


@pytest.fixture(scope="module")
def explorer(library):
    return Explorer(library)


def sounds(answer: dict) -> list[np.ndarray]:
    assert "error" not in answer, answer
    return [np.frombuffer(base64.b64decode(sound), "<i2") for sound in answer["sounds"]]


def at(*points, moves=None, **place) -> dict:
    return PLACE | place | {"points": [list(point) for point in points], "moves": [moves or STILL] * len(points)}


def test_the_corners_are_the_seeds_own_sounds(explorer, library):
    answer = sounds(explorer.points(at((0, 0), (1, 0), (0, 1), (1, 1))))
    synthesizer = library.get(MODEL).synthesizer
    for audio, seed in zip(answer, FIRST_CORNERS, strict=True):
        expected = synthesizer.generate(1, int(seed), LABELS[0])[0]
        np.testing.assert_allclose(audio, to_pcm16(expected), atol=1)


def test_an_edge_is_the_morph(explorer, library):
    along = [(step / 4, 0) for step in range(5)]
    answer = sounds(explorer.points(at(*along, corners=["5", "6", "5", "6"])))
    expected = library.get(MODEL).synthesizer.morph(5, 6, 5, LABELS[0])
    np.testing.assert_allclose(np.stack(answer), to_pcm16(expected), atol=1)


def test_a_point_does_not_depend_on_its_batch(explorer):
    together = sounds(explorer.points(at((0.1, 0.2), (0.5, 0.5), (0.9, 0.3))))
    alone = sounds(explorer.points(at((0.5, 0.5))))
    np.testing.assert_allclose(together[1], alone[0], atol=1)


def test_moves_and_truncation_change_the_sound(explorer):
    plain, moved, tame = (
        sounds(explorer.points(request))[0]
        for request in (
            at((0.5, 0.5)),
            at((0.5, 0.5), moves=[0.0] * (MOVES - 1) + [2.0]),
            at((0.5, 0.5), truncation=0.3),
        )
    )
    assert not np.array_equal(plain, moved)
    assert not np.array_equal(plain, tame)


def test_a_point_as_a_sound_for_a_pad_is_what_the_map_plays_and_can_be_asked_for_again(explorer, library):
    moved = [0.5, *STILL[1:]]
    request = at((0.3, 0.6), moves=moved, model="tiny-hybrid", pitch=67.0)
    sound = explorer.sound(request)["sound"]
    [heard] = sounds(explorer.points(request))
    kept = np.frombuffer(base64.b64decode(sound["pcm"]), "<i2")
    np.testing.assert_allclose(kept, heard[: len(kept)], atol=1)
    assert len(kept) > 100
    again = {key: sound[key] for key in ("model", "label", "pitch")}
    again["z"] = np.frombuffer(base64.b64decode(sound["z"]), "<f4").tolist()
    assert Sounds(library).answer({"sounds": [again]})["sounds"][0]["pcm"] == sound["pcm"]
    assert (sound["seed"], sound["pitch"]) == (None, 67.0)


def test_a_direction_says_what_it_changes_in_json(explorer):
    answer = explorer.direction({"model": MODEL, "label": LABELS[0], "pitch": None, "number": MOVES - 1})
    assert set(answer) == {"name", "low", "high", "change", "unit"}
    json.dumps(answer, allow_nan=False)


def test_without_an_index_there_are_no_neighbours(explorer):
    assert explorer.nearest(at((0.5, 0.5))) == {"neighbours": None, "typical_db": None}


def test_an_index_beside_a_model_names_its_nearest_training_sounds(prepared, tmp_path):
    save_tiny_checkpoint(tmp_path / "tiny", "wavegan")
    resemblance.save(resemblance.build(PreparedData(prepared)), tmp_path / "tiny")
    answer = Explorer(Library(tmp_path, "cpu")).nearest(at((0.5, 0.5), model="tiny"))
    json.dumps(answer, allow_nan=False)
    assert len(answer["neighbours"]) == 3
    assert all(item["source"].startswith("tone") for item in answer["neighbours"])
    assert answer["typical_db"] > 0


def test_models_are_described_in_json(library):
    described = [describe(entry) for entry in library]
    json.dumps(described, allow_nan=False)
    assert {model["name"] for model in described} == set(library.names)


@pytest.mark.parametrize(
    ("word", "change"),
    [
        ("model", {"model": "../../etc/passwd"}),
        ("model", {"model": None}),
        ("label", {"label": "Theremin"}),
        ("label", {"label": None}),
        ("label", {"label": ["Flute"]}),
        ("label", {"model": "tiny-unconditional"}),
        ("pitch", {"pitch": 128}),
        ("pitch", {"pitch": "C4"}),
        ("truncation", {"truncation": 0}),
        ("truncation", {"truncation": None}),
        ("corners", {"corners": ["1", "2", "3"]}),
        ("corners", {"corners": "1234"}),
        ("seed", {"corners": ["1", "2", "3", "x"]}),
        ("points", {"points": []}),
        ("points", {"points": [[0, 0]] * 9}),
        ("point", {"points": [[0, 0, 0]]}),
        ("point", {"points": [[0, 1.5]]}),
        ("point", {"points": [[0, -0.1]]}),
        ("point", {"points": [[float("nan"), 0]]}),
        ("moves", {"moves": []}),
        ("moves", {"moves": [[0.0] * (MOVES + 1)]}),
        ("moves", {"moves": [[9.0] * MOVES]}),
        ("moves", {"moves": [[True] * MOVES]}),
    ],
)
def test_bad_requests_are_answered_in_one_sentence(explorer, word, change):
    for ask in (explorer.points, explorer.sound):
        answer = ask(at((0.5, 0.5)) | change)
        assert set(answer) == {"error"}
        assert word in answer["error"]
        assert "\n" not in answer["error"]


@pytest.mark.parametrize("request_", [None, [], 5, "points", {}])
def test_what_is_no_request_is_answered_in_one_sentence(explorer, request_):
    assert set(explorer.points(request_)) == {"error"}
    assert set(explorer.sound(request_)) == {"error"}
    assert set(explorer.direction(request_)) == {"error"}


@pytest.mark.parametrize("number", [-1, MOVES, 1.0, True, None, "0"])
def test_directions_that_are_not_there_are_refused(explorer, number):
    answer = explorer.direction({"model": MODEL, "label": LABELS[0], "pitch": None, "number": number})
    assert "number must be a whole number from 0 to 10" in answer["error"]
