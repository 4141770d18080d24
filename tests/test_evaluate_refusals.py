"""What an evaluation refuses, each in one sentence and with nothing left behind."""

import numpy as np
import pytest
from conftest import LABELS, NUM_SAMPLES, no_room, save_tiny_checkpoint

from audiogan import cli
from audiogan.audio import to_pcm16
from audiogan.evaluation import report
from training.data.clips import Clip, ClipFormat, DataSetWriter

NUM = 60


class TestRefusals:
    def refused(self, capsys, *arguments) -> str:
        assert cli.main(["evaluate", *map(str, arguments)]) == 2
        error = capsys.readouterr().err.strip().splitlines()
        assert len(error) == 1, error
        return error[0]

    @pytest.fixture
    def common(self, prepared, checkpoints, judge, tmp_path) -> list:
        return [
            *("--data", prepared, "--out", tmp_path / "out", "--checkpoints", checkpoints, "--classifier", judge),
            *("--num", NUM, "--device", "cpu"),
        ]

    def test_a_folder_that_exists(self, common, tmp_path, capsys):
        (tmp_path / "out").mkdir()
        assert "exists already" in self.refused(capsys, "tiny-wavegan", *common)

    @pytest.mark.parametrize(
        ("form", "labels", "words"),
        [
            (ClipFormat(sample_rate=8000), LABELS, "has sample_rate 16000, but the data have 8000"),
            (ClipFormat(num_samples=8192), LABELS, "has num_samples 16384, but the data have 8192"),
            (
                ClipFormat(),
                ("Flute", "Oboe"),
                "different labels (only the classifier: Snare_drum; only the data: Oboe); train one",
            ),
            (ClipFormat(), (), "different labels (only tiny-wavegan: Flute, Snare_drum; only the data: none)"),
        ],
    )
    def test_data_that_do_not_fit(self, form, labels, words, common, tmp_path, capsys):
        random = np.random.default_rng(0)
        with DataSetWriter(tmp_path / "data", form, labels, "tests") as writer:
            for number in range(48):
                pcm = to_pcm16(0.1 * random.standard_normal(form.num_samples))
                label = labels[number % 2] if labels else ""
                writer.add(Clip(pcm, label, str(number), "test" if number < 16 else "train"))
        common[1] = tmp_path / "data"
        assert words in self.refused(capsys, "tiny-wavegan", *common)

    def test_data_of_too_few_clips(self, common, tmp_path, capsys):
        random = np.random.default_rng(0)
        with DataSetWriter(tmp_path / "data", ClipFormat(), LABELS, "tests") as writer:
            for number in range(24):
                pcm = to_pcm16(0.1 * random.standard_normal(NUM_SAMPLES))
                writer.add(Clip(pcm, LABELS[number % 2], str(number), "test" if number < 4 else "train"))
        common[1], common[7] = tmp_path / "data", tmp_path / "no-classifier-yet"
        assert "4 test clips and 20 training clips of their labels" in self.refused(capsys, "tiny-wavegan", *common)

    def test_labels_that_would_share_files(self, common, tmp_path, capsys):
        with DataSetWriter(tmp_path / "data", ClipFormat(), ("a b", "A_b"), "tests") as writer:
            for number, label in enumerate(writer.labels):
                writer.add(Clip(np.full(NUM_SAMPLES, number, np.int16), label, label))
        common[1] = tmp_path / "data"
        assert "labels 'a b' and 'A_b' would share files" in self.refused(capsys, "tiny-wavegan", *common)

    def test_a_model_of_other_labels(self, common, tmp_path, capsys):
        save_tiny_checkpoint(tmp_path / "odd", "wavegan", labels=("Flute", "Gong"))
        said = self.refused(capsys, tmp_path / "odd", *common)
        assert "odd and the data have different labels (only odd: Gong; only the data: Snare_drum)" in said

    def test_the_same_model_twice_bad_numbers_and_files(self, common, tmp_path, capsys):
        assert "different names" in self.refused(capsys, "tiny-wavegan", "tiny-wavegan", *common)
        assert "--num must be" in self.refused(capsys, "tiny-wavegan", *common, "--num", 3)
        assert "--seed must be" in self.refused(capsys, "tiny-wavegan", *common, "--seed", -1)
        assert "is not a training run" in self.refused(capsys, "tiny-wavegan", *common, "--run", tmp_path)
        assert "--ratings" in self.refused(capsys, "tiny-wavegan", *common, "--ratings", tmp_path / "none")
        assert "--run" in self.refused(capsys, "tiny-wavegan", *common, "--run", "other=x")
        assert not (tmp_path / "out").exists()

    def test_nothing_is_left_after_an_error(self, common, tmp_path, capsys, monkeypatch):
        monkeypatch.setattr(report, "write", no_room)
        assert cli.main(["evaluate", "tiny-wavegan", *map(str, common)]) == 2
        assert "the disk is full" in capsys.readouterr().err.splitlines()[-1]
        assert not [path for path in tmp_path.iterdir() if path.name != "data"]
