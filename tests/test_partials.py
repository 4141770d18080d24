"""Where a label's partials lie: measured in bars and tubes, whole numbers in what is harmonic."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import NUM_SAMPLES, SAMPLE_RATE, hertz, tiny_generator
from test_trainer import trainer

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.models import build_generator
from audiogan.models.harmonics import HARMONICS
from training import partials
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit

BAR = 1.0, 2.756, 5.404, 8.933  # a free bar's partials: Fletcher and Rossing, The Physics of Musical Instruments
WHOLE = np.arange(1, HARMONICS + 1)


def struck(midi: float, ratios, strength: float = 0.7, vibrato: float = 0.0) -> np.ndarray:
    """A sum of decaying sines, float32 [NUM_SAMPLES]."""
    time = np.arange(NUM_SAMPLES) / SAMPLE_RATE
    turns = hertz(midi) * (time + vibrato / (2 * np.pi * 5.5) * np.sin(2 * np.pi * 5.5 * time))
    lines = (
        strength**place * np.sin(2 * np.pi * ratio * turns)
        for place, ratio in enumerate(ratios)
        if ratio * hertz(midi) < SAMPLE_RATE / 2
    )
    return (sum(lines) * np.exp(-2 * time)).astype(np.float32)


@pytest.fixture(scope="module")
def orchestra(tmp_path_factory) -> PreparedData:
    """Bars, strings and drums; fewer tubes than are measured."""
    folder, form, random = tmp_path_factory.mktemp("orchestra") / "data", ClipFormat(), np.random.default_rng(0)
    with DataSetWriter(folder, form, ("Bar", "String", "Drum", "Tube"), "tests") as writer:
        for midi in range(48, 72):
            split = "test" if midi % 8 == 0 else "train"
            writer.add(Clip(fit(struck(midi, BAR), form), "Bar", f"bar {midi}", split, pitch=midi))
            string = struck(midi, range(1, 13), vibrato=0.015)
            writer.add(Clip(fit(string, form), "String", f"string {midi}", split, pitch=midi))
            noise = random.standard_normal(NUM_SAMPLES).astype(np.float32)
            writer.add(Clip(fit(noise, form), "Drum", f"drum {midi}", split))
        for midi in (60, 61, 62):
            writer.add(Clip(fit(struck(midi, BAR), form), "Tube", f"tube {midi}", "train", pitch=midi))
    return PreparedData(folder)


def test_a_bar_has_its_own_partials_alone_and_all_others_have_whole_numbers(orchestra):
    bar, *others = partials.measured(orchestra, conditional=True).numpy()
    assert bar[[0, 2, 4, 8]] == pytest.approx([1.0, 2.756, 5.404, 9.0], rel=1e-3)  # 8.933 is within a hundredth of 9
    assert not np.delete(bar, [0, 2, 4, 8]).any()
    for whole in others:
        assert (whole == WHOLE).all()


def test_without_labels_there_is_one_row_of_what_half_the_clips_share(orchestra):
    (together,) = partials.measured(orchestra, conditional=False).numpy()
    assert together[:9].tolist() == list(range(1, 10))  # the strings'
    assert sorted(together[9:][together[9:] > 0]) == pytest.approx([2.756, 5.404], rel=1e-3)  # the bars'


def test_a_vibratos_sidebands_are_one_partial():
    cycles = hertz(60) / SAMPLE_RATE
    found = partials.peaks(struck(60, range(1, 8), vibrato=0.015), cycles, SAMPLE_RATE)
    assert sorted(found) == pytest.approx(range(1, 8), rel=partials.HARMONIC)


def test_nothing_is_found_in_silence():
    assert partials.peaks(np.zeros(NUM_SAMPLES, np.int16), 0.02, SAMPLE_RATE).tolist() == []
    assert partials.shared([np.zeros(0)] * 30, np.full(30, 24.0)) == []


def test_nothing_is_found_in_noise():
    random = np.random.default_rng(1)
    noises = [partials.peaks(random.standard_normal(NUM_SAMPLES), 0.02, SAMPLE_RATE) for _ in range(30)]
    assert partials.shared(noises, np.full(30, 24.0)) == []


def test_a_partial_that_few_could_have_does_not_count():
    low, high = [np.array([1.0, 2.7])] * 10, [np.array([1.0])] * 20
    highest = np.repeat([4.0, 2.0], [10, 20])
    assert partials.shared(low + high, highest) == pytest.approx([1.0])
    assert partials.shared(2 * (low + high), np.tile(highest, 2)) == pytest.approx([1.0, 2.7])


def test_places_are_near_by_and_taken_once():
    places = partials.placed([1.0, 4.0, 2.92, 1.22, 0.62])
    assert places[[0, 2, 3]] == pytest.approx([1.0, 2.92, 4.0])
    assert sorted(places[places > 0]) == pytest.approx([0.62, 1.0, 1.22, 2.92, 4.0])
    assert (partials.placed([]) == WHOLE).all()
    assert (partials.placed([1.0, 2.01, 3.97]) == WHOLE).all()


def test_a_checkpoint_knows_better(tmp_path, orchestra):
    known = tiny_generator("hybrid", ("Bar", "Bell"))
    bells = build_generator(replace(known.config, partial_ratios=True))
    bells.partial_ratios[0, 1] = 2.75
    checkpoint.save(tmp_path / "bells", bells, {}, "")
    settings = [f"start={tmp_path / 'bells'}", "dim=4", "latent_dim=100", "latent_distribution=uniform"]
    subject = trainer(tmp_path / "run", orchestra.folder, *settings, preset="hybrid-cpu")
    expected = partials.measured(orchestra, conditional=True)
    expected[0] = bells.partial_ratios[0]
    assert torch.equal(subject.game.generator.partial_ratios, expected)


def test_a_run_begins_with_what_was_measured(tmp_path, orchestra):
    subject = trainer(tmp_path / "run", orchestra.folder, preset="hybrid-cpu")
    expected = partials.measured(orchestra, conditional=True)
    for generator in (subject.game.generator, subject.game.average):
        assert torch.equal(generator.partial_ratios, expected)
