"""What is scored and how: copies, failures, pitches and variety, on real clips, noises and made-up players."""

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from conftest import LABELS, NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan import dsp
from audiogan.dataset import PreparedData
from audiogan.evaluation import candidates, classifier, metrics, neighbours, verdict
from audiogan.evaluation.clips import RealClips, gather
from audiogan.evaluation.evaluate import Evaluation, Settings
from audiogan.evaluation.features import Extractor, Features
from audiogan.evaluation.reference import Reference
from audiogan.evaluation.scores import _memorised, _posterior, score, split_size
from audiogan.lengths import PEAK
from training.data.clips import Clip, ClipFormat, DataSetWriter


@pytest.fixture(scope="module")
def extractor(judge) -> Extractor:
    return Extractor(classifier.load(judge)[0], LABELS, 16000)


@pytest.fixture(scope="module")
def reference(prepared, extractor) -> Reference:
    data = PreparedData(prepared)
    real = RealClips(data, np.arange(len(data.index)), extractor, lambda count: None)
    return Reference(real.take(data.rows("test")), real.take(data.rows("train")), LABELS, SAMPLE_RATE, 0, fewest=6)


class TestScores:
    def test_a_copier_is_caught(self, prepared, extractor, reference):
        """Training clips offered as a model's own: nearest training clip at distance 0, and named."""
        data = PreparedData(prepared)
        rows = data.rows("train")
        copies = gather(
            [data.clips[rows] / 32768], extractor, data.label[rows], np.full(len(rows), np.nan), lambda count: None
        )
        scores = score(copies, reference, 4)["scores"]
        assert scores["memorisation_ratio"] < 0.01
        found = neighbours.closest(copies, reference.train, rows, data)
        assert found[0].distance_db < 0.1
        assert (found[0].audio == found[0].real).all()
        assert found[0].source == data.index[found[0].clip]["source"]

    def test_copies_are_counted_one_by_one_whatever_their_phases(self, prepared, extractor, reference):
        """Half of the noises are training clips after Griffin-Lim; the others, and all tones, are held-out clips."""
        data = PreparedData(prepared)
        rows = data.rows("train")
        rows = rows[data.label[rows] == 1][:4]
        audio = dsp.resynthesised(torch.from_numpy(data.clips[rows] / np.float32(32768))).numpy()
        copies = gather([audio], extractor, data.label[rows], np.full(4, np.nan), lambda count: None)
        held_out = reference.held_out
        half = dataclasses.replace(
            copies,
            features=Features.join([copies.features, held_out.features]),
            label=np.r_[copies.label, held_out.label],
            note=np.r_[copies.note, held_out.note],
        )
        of_all, of_labels = _memorised(half, reference)
        assert (of_all["near_copies"], of_labels["near_copies"].tolist()) == (0.25, [0, 0.5])
        for real in (held_out, reference.train):
            assert _memorised(real, reference)[0]["near_copies"] == 0

    def test_what_is_least_like_real_audio_is_shown_as_a_failure(self, prepared, extractor, reference):
        data = PreparedData(prepared)
        rows = data.rows("test")
        audio = data.clips[rows] / 32768
        odd = int(np.flatnonzero(data.label[rows] == 1)[-1])
        audio[odd] = np.sin(np.arange(NUM_SAMPLES) ** 1.7 / 500)
        nothing = np.full(len(rows), np.nan)
        clips = gather([audio], extractor, data.label[rows], nothing, lambda count: None)
        first, *others = neighbours.farthest(clips, reference.held_out, rows, data)
        assert (first.sample, first.label) == (odd, data.labels[1])
        assert first.clip in rows
        assert sorted(pair.label for pair in others) == sorted(data.labels)
        assert first.distance_db > 5 > others[0].distance_db

    def test_real_audio_is_not(self, reference):
        """Noises, whose training and held-out clips are alike; the tones held out are all higher."""
        noises = reference.train.take(np.flatnonzero(reference.train.label == 1))
        assert _memorised(noises, reference)[0]["memorisation_ratio"] == pytest.approx(1, abs=0.1)

    def test_pitch_asked_for_is_checked(self, extractor, reference):
        time = np.arange(NUM_SAMPLES) / SAMPLE_RATE
        pitches = np.array([60.0, 64.0, 67.0, 71.0, 72.0, 74.0])
        hz = 440 * 2 ** ((pitches + 0.1 - 69) / 12)
        audio = 0.5 * np.sin(2 * np.pi * hz[:, None] * time).astype(np.float32)
        clips = gather([audio], extractor, np.zeros(6, int), pitches, lambda count: None)
        scores = score(clips, reference, 4)["scores"]
        assert scores["steady_pitch"] == 1.0
        assert scores["pitch_error_cents"] == pytest.approx(10, abs=3)


def test_to_lack_a_label_brings_no_real_clip_nearer(prepared, extractor, reference):
    """A model that has collapsed to one label must not seem to cover real audio best."""
    data = PreparedData(prepared)
    rows = data.rows("train")
    whole, lacking = (
        score(
            gather([data.clips[own] / 32768], extractor, data.label[own], data.pitch[own], lambda _: None), reference, 4
        )
        for own in (
            np.r_[rows[data.label[rows] == 0][:3], rows[data.label[rows] == 1][:3]],
            rows[data.label[rows] == 1],
        )
    )
    assert lacking["scores"]["nearest_log_mel_db_back"] > whole["scores"]["nearest_log_mel_db_back"]
    assert lacking["scores"]["nearest_mse_back"] > 0.9  # noises are no tones
    assert lacking["labels"][data.labels[0]]["nearest_log_mel_db_back"] is None


def test_more_clips_of_a_kind_make_no_score_better(prepared, extractor, reference):
    """Of all training clips one is nearer to a held-out clip than of a few, and a test sees more in them."""
    data = PreparedData(prepared)
    rows = np.random.default_rng(0).permutation(data.rows("train"))
    few, many = (
        score(
            gather([data.clips[own] / 32768], extractor, data.label[own], data.pitch[own], lambda count: None),
            reference,
            4,
        )
        for own in (rows[:6], rows)
    )
    nearest = ("nearest_log_mel_db_back", "nearest_mse_back")
    for name in ("ndb", *nearest, "fad_summary", "recall_summary", "coverage_classifier"):
        assert few["scores"][name] == many["scores"][name], name
    assert few["labels"]["Flute"]["nearest_log_mel_db_back"] == many["labels"]["Flute"]["nearest_log_mel_db_back"]


@pytest.mark.parametrize("count", [6, 7, 11, 12, 25])
def test_inception_scores_are_of_splits_of_one_size(count):
    """Six clips hear three labels here; more in a split would hear more."""
    reference = SimpleNamespace(labels="abc", held_out=range(400), fewest=6)
    posterior = np.eye(5)[np.arange(count) // 2 % 5]
    clips = SimpleNamespace(features=SimpleNamespace(posterior=posterior))
    assert _posterior(clips, split_size(reference))["inception_score"] == pytest.approx(3)


def test_baselines_splits_are_of_the_size_that_the_document_names(judge, extractor, tmp_path, monkeypatch):
    """Though real_halves has a reference of its own, of 30 clips instead of 60."""
    random = np.random.default_rng(0)
    with DataSetWriter(tmp_path / "data", ClipFormat(), LABELS, "tests") as writer:
        for number, pcm in enumerate(random.integers(-9000, 9000, (90, NUM_SAMPLES), np.int16)):
            writer.add(Clip(pcm, LABELS[number % 2], str(number), "train" if number < 30 else "test"))
    evaluation = Evaluation(PreparedData(tmp_path / "data"), extractor, Settings(60, classifier=judge), [], [])
    monkeypatch.setattr(metrics, "inception_score", lambda posterior, splits: (len(posterior) / splits, 0))
    assert evaluation.split == 6
    assert {entry["scores"]["inception_score"] for entry in evaluation.baselines().values()} == {6}


@pytest.mark.parametrize(
    ("labels", "held_out", "fewest", "size"),
    [(19, 659, 659, 65), (10, 257, 257, 25), (4, 12, 50, 8), (4, 40, 50, 8), (4, 100, 9, 9), (4, 7, 50, None)],
)
def test_a_split_has_two_clips_a_label_at_least(labels, held_out, fewest, size):
    """The first two are those of the reports that ship."""
    reference = SimpleNamespace(labels="a" * labels, held_out=range(held_out), fewest=fewest)
    assert split_size(reference) == size
    clips = SimpleNamespace(features=SimpleNamespace(posterior=np.eye(labels)[np.arange(2 * held_out) % labels]))
    assert np.isfinite(_posterior(clips, size)["inception_score"]) == (size is not None)


def test_rows_repeat_only_after_all_were_drawn():
    rows = candidates.draw_rows(np.arange(10, 20), 25, 0)
    assert sorted(rows[:10]) == sorted(rows[10:20]) == list(range(10, 20))
    assert len(rows) == 25


def test_training_clips_are_drawn_once_and_like_the_test_split(prepared):
    data = PreparedData(prepared)
    wanted = np.array([row for row in data.rows("test") if data.label[row] == 0])
    rows = candidates.alike(data, data.rows("train"), np.tile(wanted, 3), 0)
    assert len(set(rows)) == len(rows) == 12
    assert set(data.label[rows]) == {0}


class Pitched:
    """A synthesizer that takes pitch: flutes have one from 60 to 72, and z is how loud they are."""

    pitched_labels = ("Flute",)

    def latents(self, indices, seed):
        return 0.1 + np.arange(len(indices), dtype=np.float32)[:, None] / 10

    def render(self, z, labels, pitches):
        return np.concatenate([z[i] * tone(440 * 2 ** ((pitch - 69) / 12))[None] for i, pitch in enumerate(pitches)])

    def pitch_range(self, label):
        return (60.0, 72.0) if label == "Flute" else None

    def clip_pitches(self, indices, seed, labels):
        return [66.0 if label == "Flute" else None for label in labels]


def test_pitches_are_those_of_real_clips_where_the_model_has_them():
    names, real = ["Flute", "Flute", "Flute", "Snare_drum"], np.array([64.0, 90.0, np.nan, 50.0])
    assert candidates.ask_pitches(Pitched(), names, real, 0) == [64.0, 72.0, 66.0, None]


def test_variety_at_one_pitch_is_measured_where_there_is_pitch(extractor, reference):
    plan = candidates.Plan(None, extractor, 8, 0, np.arange(8), lambda count: None)
    found = candidates.one_pitch(plan, Pitched(), reference)
    assert found["diversity_from_z"][0] > 0
    assert np.isnan(found["diversity_from_z"][1])
    assert np.isnan(found["diversity_one_pitch"]).all()  # no two real flutes share a pitch


def test_griffin_lim_is_finished_as_models_are(prepared, extractor):
    data = PreparedData(prepared)
    rows = data.rows("train")[:4]
    plan = candidates.Plan(data, extractor, 4, 0, data.rows("test")[:4], lambda count: None)
    real = RealClips(data, np.arange(len(data.index)), extractor, lambda count: None)
    clips = candidates.griffin_lim(plan, real, rows)
    np.testing.assert_allclose(clips.features.measures["peak"], PEAK, atol=1e-3)
    assert not clips.audio[:, [0, -1]].any()


def test_clipping_is_a_fault_where_real_clips_have_less(evaluated):
    model = json.loads(json.dumps(evaluated[1]["baselines"]["real_train"]))
    model["scores"]["clipped_clips"] = 0.5
    as_real = evaluated[1] | {"baselines": evaluated[1]["baselines"] | {"real_train": model}}
    assert verdict.findings(model, evaluated[1])["Clean?"].words == "Clipping"
    assert verdict.findings(model, as_real)["Clean?"].words == "Yes"


@pytest.mark.parametrize(
    ("share", "ratio", "words", "tone"),
    [
        (0.07, 5.0, "No sign of it", "good"),
        (0.08, 5.0, "Some near copies", "fair"),
        (0.08, 0.1, "Suspicious", "bad"),
        (None, 5.0, "No sign of it", "good"),
    ],
)
def test_the_worst_of_what_speaks_of_copies_counts(evaluated, share, ratio, words, tone):
    model = json.loads(json.dumps(evaluated[1]["models"]["tiny-wavegan"]))
    model["scores"] |= {"memorisation_ratio": ratio, "near_copies": share}
    found = verdict.findings(model, evaluated[1])["Copied?"]
    assert (found.words, found.tone) == (words, tone)
    assert (" near copies;" in found.number) is (share is not None)
    del model["scores"]["near_copies"]  # a report of before there was such a score
    assert "near" not in verdict.findings(model, evaluated[1])["Copied?"].number
