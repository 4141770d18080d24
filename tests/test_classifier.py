"""The evaluation's classifier: its file format refuses what is not whole, its training looks only where it may."""

import json

import numpy as np
import pytest
import safetensors.torch
import torch
from conftest import LABELS

from audiogan import checkpoint
from audiogan.dataset import PreparedData
from audiogan.evaluation import classifier as judges
from audiogan.evaluation.classifier import Classifier, ClassifierConfig
from audiogan.evaluation.clips import note
from training import classifier as training
from training.classifier import ClassifierTraining
from training.data.clips import Clip, ClipFormat, DataSetWriter

QUICK = ClassifierTraining(batch_size=4, steps=3, check_every=3, width=4)


class TestNetwork:
    def test_has_about_a_million_parameters(self):
        count = sum(p.numel() for p in Classifier(ClassifierConfig(tuple("abcdefghijklmnopqrs"))).parameters())
        assert 0.8e6 < count < 1.5e6

    def test_clip_lengths_and_rates_of_every_model_are_taken(self):
        network = Classifier(ClassifierConfig(LABELS, 48000, 8192, width=4)).eval()
        assert network(torch.zeros(3, 8192)).shape == (3, 2)

    def test_a_clip_does_not_depend_on_its_neighbours(self):
        network = Classifier(ClassifierConfig(LABELS, width=4)).eval()
        audio = torch.randn(3, 16384, generator=torch.Generator().manual_seed(0))
        assert torch.allclose(network(audio)[1], network(audio[1:2])[0], atol=1e-5)

    @pytest.mark.parametrize(("change", "words"), [({"width": 0}, "dim"), ({"labels": ("one",)}, "at least two")])
    def test_bad_sizes_are_refused(self, change, words):
        with pytest.raises(ValueError, match=words):
            ClassifierConfig(**{"labels": LABELS} | change)


class TestTraining:
    def test_tells_tones_from_noise_and_says_of_what(self, judge, prepared):
        said = json.loads((judge / "classifier.json").read_text())["training"]
        assert said["data_sha256"] == PreparedData(prepared).meta["sha256"]
        assert said["test_accuracy"] == 1.0
        assert said["test_clips"] == 8
        assert "accuracy on the test split | 1.0000 of 8" in (judge / "README.md").read_text()

    def test_is_loaded_as_it_was_measured(self, judge, prepared):
        data = PreparedData(prepared)
        network, _ = judges.load(judge)
        heard = training.predict(network, training.spectra(network, data, data.rows("test"))).argmax(1).numpy()
        assert (heard == data.label[data.rows("test")]).all()

    def test_is_no_generator_checkpoint(self, judge):
        assert checkpoint.list_checkpoints(judge.parent) == []

    def test_stops_by_whole_notes_of_the_training_split(self, prepared):
        data = PreparedData(prepared)
        fit, stop = training._held_out(data, QUICK)
        assert sorted([*fit, *stop]) == data.rows("train").tolist()
        notes = [{note(data.index[row]) for row in rows} for rows in (fit, stop)]
        assert not notes[0] & notes[1]
        assert set(data.label[stop]) == {0, 1}

    def test_data_with_one_recording_of_each_label_to_train_on_are_refused_by_name(self, tmp_path):
        labels = tuple(f"kind {number:02}" for number in range(30))
        with DataSetWriter(tmp_path / "data", ClipFormat(), labels, "tests") as writer:
            for number in range(60):
                split = "test" if number % 2 else "train"
                writer.add(Clip(np.full(16384, number, np.int16), labels[number // 2], f"{number}.wav", split))
        with pytest.raises(ValueError, match=r"none of the 30 labels \(kind 00, .* kind 03 and 26 more\) has two"):
            training.train(PreparedData(tmp_path / "data"), tmp_path / "out", QUICK)
        assert not (tmp_path / "out").exists()

    def test_same_seed_same_classifier(self, prepared, tmp_path):
        for name in ("a", "b"):
            training.train(PreparedData(prepared), tmp_path / name, QUICK)
        a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b"))
        assert a == b

    def test_refuses_a_folder_that_exists_and_leaves_none_after_an_error(self, prepared, tmp_path, monkeypatch):
        with pytest.raises(ValueError, match="exists already"):
            training.train(PreparedData(prepared), tmp_path, QUICK)
        monkeypatch.setattr(training, "vary", lambda mels, rng: mels * float("nan"))
        with pytest.raises(FloatingPointError, match="at step 1"):
            training.train(PreparedData(prepared), tmp_path / "out", QUICK)
        assert list(tmp_path.iterdir()) == []


class TestLoading:
    def damaged(self, judge, tmp_path, **files: bytes):
        folder = tmp_path / "damaged"
        folder.mkdir()
        for name in ("classifier.json", "model.safetensors"):
            (folder / name).write_bytes(files.get(name.split(".")[0], (judge / name).read_bytes()))
        return folder

    def test_refuses_missing_and_damaged_files_in_one_sentence(self, judge, tmp_path):
        with pytest.raises(ValueError, match=r"no usable classifier\.json"):
            judges.load(tmp_path)
        whole = (judge / "model.safetensors").read_bytes()
        with pytest.raises(ValueError, match=r"no usable model\.safetensors") as error:
            judges.load(self.damaged(judge, tmp_path, model=whole[:-100]))
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("change", [{"format": 2}, {"model": {"labels": ["a", "b"], "odd": 1}}, {"training": 3}])
    def test_refuses_other_documents(self, judge, tmp_path, change):
        document = json.loads((judge / "classifier.json").read_text()) | change
        with pytest.raises(ValueError, match=r"no usable classifier\.json"):
            judges.load(self.damaged(judge, tmp_path, classifier=json.dumps(document).encode()))

    def test_refuses_other_shapes_missing_tensors_and_nan(self, judge, tmp_path):
        state = safetensors.torch.load_file(judge / "model.safetensors")
        bad = {"output.bias": torch.zeros(3).half()}, {"output.bias": torch.full((2,), float("nan")).half()}
        for number, change in enumerate(bad):
            folder = tmp_path / str(number)
            folder.mkdir()
            with pytest.raises(ValueError, match=r"output\.bias"):
                judges.load(self.damaged(judge, folder, model=safetensors.torch.save(state | change)))
        del state["hidden.bias"]
        with pytest.raises(ValueError, match=r"hidden\.bias"):
            judges.load(self.damaged(judge, tmp_path, model=safetensors.torch.save(state)))


def test_the_shipped_classifier_loads_and_says_how_right_it_was():
    network, said = judges.load()
    assert said["test_accuracy"] >= 0.95
    assert said["test_clips"] == 659
    assert len(network.config.labels) == 19
    assert np.isfinite(network(torch.zeros(2, 16384)).numpy()).all()
