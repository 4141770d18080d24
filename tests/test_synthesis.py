"""The Synthesizer: same arguments same bytes, clip i independent of num, bad arguments named."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import LABELS, NUM_SAMPLES, tiny_generator

import audiogan
from audiogan.checkpoint import Checkpoint
from audiogan.config import ModelConfig
from audiogan.evaluation.candidates import ask_pitches
from audiogan.models import ARCHITECTURES
from audiogan.renderer import finished
from audiogan.synthesis import Synthesizer, file_name
from audiogan.tiles import TILE


@pytest.fixture(scope="module", params=ARCHITECTURES)
def synthesizer(request, checkpoints):
    return audiogan.load(f"tiny-{request.param}", "cpu", checkpoints)


def test_clip_does_not_depend_on_num(synthesizer):
    many = synthesizer.generate(2 * TILE + 3, seed=5)
    assert many.shape == (2 * TILE + 3, NUM_SAMPLES)
    assert many.dtype == np.float32
    assert np.abs(many).max() <= 1
    for num in (1, TILE, TILE + 1):
        np.testing.assert_array_equal(synthesizer.generate(num, seed=5), many[:num])


def test_a_notebook_finds_its_way(synthesizer):
    """By completion, by a seed that nobody has to name, and by what a synthesizer says that it is."""
    assert {"load", "Synthesizer", "__version__"} <= set(dir(audiogan))
    np.testing.assert_array_equal(synthesizer.generate(2), synthesizer.generate(2, 0))
    name = synthesizer.name
    made = f"{name.removeprefix('tiny-')}, 2 labels, 16384 samples at 16000 Hz, on cpu"
    assert repr(synthesizer) == f"<Synthesizer {name}: {made}>"


def test_seeds_labels_and_truncation_change_the_sound(synthesizer):
    base = synthesizer.generate(1, 0, LABELS[0])
    for other in (
        synthesizer.generate(1, 1, LABELS[0]),
        synthesizer.generate(1, 0, LABELS[1]),
        synthesizer.generate(1, 0, LABELS[0], truncation=0.5),
    ):
        assert not np.array_equal(base, other)


def test_drawn_labels_are_the_ones_that_are_heard(synthesizer):
    drawn = synthesizer.generate(6, seed=2)
    for index, label in enumerate(synthesizer.clip_labels(range(6), 2)):
        np.testing.assert_array_equal(drawn[index], synthesizer.generate(6, 2, label)[index])


def test_morph_begins_and_ends_with_its_seeds(synthesizer):
    path = synthesizer.morph(3, 4, steps=TILE + 1, label=LABELS[0], pitch=64)
    assert path.shape == (TILE + 1, NUM_SAMPLES)
    np.testing.assert_array_equal(path[0], synthesizer.generate(1, 3, LABELS[0], 64)[0])
    np.testing.assert_allclose(path[-1], synthesizer.generate(1, 4, LABELS[0], 64)[0], atol=1e-4)


def test_render_gives_the_sounds_of_given_latents(synthesizer):
    labels = synthesizer.clip_labels(range(5), 3)
    pitches = synthesizer.clip_pitches(range(5), 3, labels)
    rendered = synthesizer.render(synthesizer.latents(range(5), 3), labels, pitches)
    np.testing.assert_array_equal(rendered, synthesizer.generate(5, 3))
    alone = synthesizer.render(synthesizer.latents([4], 3), labels[4:], pitches[4:])
    np.testing.assert_allclose(alone[0], rendered[4], atol=1e-5)


@pytest.mark.parametrize(
    ("z", "labels", "pitches", "message"),
    [
        (np.zeros((1, 7)), ["Flute"], [None], "z must be"),
        (np.zeros((2, 100)), ["Flute"], [None], "z must be"),
        (np.full((1, 100), np.nan), ["Flute"], [None], "finite"),
        (np.zeros((1, 100)), ["Kazoo"], [None], "label must be"),
        (np.zeros((1, 100)), [None], [None], "label must be"),
        (np.zeros((1, 100)), ["Flute"], [128.0], "pitch must be"),
    ],
)
def test_what_cannot_be_rendered_is_named(checkpoints, z, labels, pitches, message):
    synthesizer = audiogan.load("tiny-hybrid", "cpu", checkpoints)
    with pytest.raises(ValueError, match=message):
        synthesizer.render(z, labels, pitches)


class TestPitch:
    @pytest.fixture
    def hybrid(self, checkpoints):
        return audiogan.load("tiny-hybrid", "cpu", checkpoints)

    def test_labels_with_a_pitch_in_training_take_one(self, hybrid, checkpoints):
        assert hybrid.pitched_labels == ("Flute",)
        assert hybrid.pitch_range("Flute") == (60.0, 72.0)
        assert hybrid.pitch_range("Snare_drum") is None
        assert (hybrid.usual_pitch("Flute"), hybrid.usual_pitch("Snare_drum")) == (66.0, None)
        assert audiogan.load("tiny-wavegan", "cpu", checkpoints).pitched_labels == ()

    def test_a_label_is_heard_at_the_pitch_given_else_at_its_usual_one(self, hybrid):
        assert [hybrid.heard_pitch("Flute", pitch) for pitch in (None, 70)] == [66.0, 70.0]
        assert hybrid.heard_pitch("Snare_drum", 70) is None
        for label, pitch in (("Gong", None), ("Flute", 128), ("Snare_drum", "high")):
            with pytest.raises(ValueError, match="must be"):
                hybrid.heard_pitch(label, pitch)

    def test_a_pitch_not_given_is_drawn_as_in_training(self, hybrid):
        labels = ["Flute"] * 300
        pitches = hybrid.clip_pitches(range(300), 1, labels)
        assert set(pitches) == set(map(float, range(60, 73)))
        assert pitches[7] == hybrid.clip_pitches([7], 1, ["Flute"])[0]
        assert hybrid.clip_pitches(range(2), 1, ["Flute", "Snare_drum"], 64.5) == [64.5, None]

    def test_a_pitch_given_is_played_by_every_clip_of_a_label_that_had_some(self):
        generator = tiny_generator("hybrid", ("Tom", "Gong"))
        generator.fit_conditions(torch.zeros(10).long(), torch.tensor([50.0, 53.0] + 8 * [torch.nan]))
        subject = Synthesizer(Checkpoint("toms", Path(), generator.config, {}), generator, torch.device("cpu"))
        labels = ["Tom"] * 20
        assert None in subject.clip_pitches(range(20), 1, labels)
        assert subject.clip_pitches(range(20), 1, labels, 60.0) == [60.0] * 20

    def test_a_model_without_labels_takes_one_as_well(self):
        generator = tiny_generator("hybrid", ())
        generator.fit_conditions(torch.zeros(2).long(), torch.tensor([50.0, 61.0]))
        subject = Synthesizer(Checkpoint("any", Path(), generator.config, {}), generator, torch.device("cpu"))
        assert (subject.pitch_ranges, subject.pitched_labels) == ({"": (50.0, 61.0)}, ())
        assert ask_pitches(subject, [None, None], np.array([55.0, 70.0]), 0) == [55.0, 61.0]

    def test_pitch_changes_what_has_one_and_nothing_else(self, hybrid):
        for label, same in (("Flute", False), ("Snare_drum", True)):
            low, high = (hybrid.generate(1, 0, label, pitch) for pitch in (60, 72))
            assert np.array_equal(low, high) is same


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("num", {"num": 0}),
        ("num", {"num": 10_000_000}),
        ("num", {"num": 1.5}),
        ("num", {"num": None}),
        ("num", {"num": float("nan")}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**64}),
        ("seed", {"seed": "7"}),
        ("seed", {"seed": True}),
        ("label", {"label": "Kazoo"}),
        ("label", {"label": 0}),
        ("label", {"label": np.array(["Flute", "Snare_drum"])}),
        ("pitch", {"pitch": 128}),
        ("pitch", {"pitch": float("nan")}),
        ("pitch", {"pitch": "c4"}),
        ("pitch", {"pitch": True}),
        ("truncation", {"truncation": 0.0}),
        ("truncation", {"truncation": 2.0}),
        ("truncation", {"truncation": True}),
    ],
)
def test_bad_arguments_are_named(checkpoints, name, arguments):
    synthesizer = audiogan.load("tiny-wavegan", "cpu", checkpoints)
    with pytest.raises(ValueError, match=f"{name} must be"):
        synthesizer.generate(**{"num": 1, "seed": 0, **arguments})


@pytest.mark.parametrize(
    "arguments", [{"steps": 1}, {"steps": 1000}, {"from_seed": -1}, {"to_seed": "x"}, {"label": "Kazoo"}]
)
def test_bad_morphs_are_named(checkpoints, arguments):
    synthesizer = audiogan.load("tiny-wavegan", "cpu", checkpoints)
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be"):
        synthesizer.morph(**{"from_seed": 0, "to_seed": 1, "steps": 3, **arguments})


def test_unconditional_model_has_no_labels(checkpoints):
    synthesizer = audiogan.load("tiny-unconditional", "cpu", checkpoints)
    assert synthesizer.labels == ()
    assert synthesizer.clip_labels(range(2), 0) == [None, None]
    with pytest.raises(ValueError, match="unconditional"):
        synthesizer.generate(1, 0, "Flute")


def test_clips_are_brought_to_the_peak_of_their_training_and_silent_at_both_ends():
    config = ModelConfig("wavegan", num_samples=8192, output_peak=0.95)
    audio = torch.tensor([[0.19], [1.0], [1e-3]]) * torch.ones(8192)
    found = finished(audio, config)
    torch.testing.assert_close(found.amax(1), torch.tensor([0.95, 0.95, 0.016]))
    assert (found[:, [0, -1]] == 0).all()
    assert (found[0, 16 : 8191 - 256] == found[0].max()).all()  # after 1 ms, and until 16 ms before the end
    assert (found[0, :17].diff() > 0).all()
    assert (found[0, -257:].diff() < 0).all()
    assert finished(audio, replace(config, output_peak=0.0)) is audio


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_weights_that_are_finite_and_give_no_sound_are_refused(architecture):
    generator = tiny_generator(architecture, LABELS)
    with torch.no_grad():
        for weight in generator.parameters():
            weight.fill_(3e38)
    synthesizer = Synthesizer(Checkpoint("tiny", Path(), generator.config, {}), generator, torch.device("cpu"))
    with pytest.raises(ValueError, match="checkpoint tiny makes a sound whose values are not finite"):
        synthesizer.generate(1, 0)


def test_unknown_checkpoints_and_devices(checkpoints):
    for name in ("no-such", None, 3, b"tiny-wavegan"):
        with pytest.raises(ValueError, match="tiny-wavegan, or a checkpoint folder, not"):
            audiogan.load(name, folder=checkpoints)
    assert audiogan.load("tiny-wavegan", torch.device("cpu"), checkpoints).renderer.device == torch.device("cpu")
    others = (None, 0, torch.device("meta"), torch.device("cuda:99"))
    for device in (*others, "tpu", "cuda:x", "cuda:99", "", "cpu:", "cuda:", "mps:", "cpu:1", "cpu:²", "cpu:99999"):
        with pytest.raises(ValueError, match="device"):
            audiogan.load("tiny-wavegan", device, checkpoints)


def test_file_names():
    assert file_name("m", "Hi-hat", 3, 1) == "m-Hi-hat-3-1.wav"
    assert file_name("m", "Double bass", 3, 1) == "m-Double_bass-3-1.wav"
    assert file_name("m", None, 3, 1) == "m-any-3-1.wav"


def test_two_processes_give_the_same_bytes(checkpoints):
    script = (
        "import hashlib, audiogan; s = audiogan.load('tiny-wavegan', 'cpu', {!r});"
        "print(hashlib.sha256(s.generate({}, 9)[:3].tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script.format(str(checkpoints), num)], capture_output=True, check=True
        ).stdout
        for num in (3, 12)
    }
    assert len(digests) == 1
