"""Clips, the prepared data set that they are written to, and how it is read."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import NUM_SAMPLES, SAMPLE_RATE, tone

from audiogan.dataset import PreparedData
from audiogan.lengths import PEAK
from training.data.clips import Clip, ClipFormat, DataSetWriter, fit

FORM = ClipFormat()


def peak(pcm: np.ndarray) -> float:
    return np.abs(pcm.astype(int)).max() / 32768


def test_fit_normalizes_and_fades_the_cut_end():
    pcm = fit(0.1 * tone(440, 2.0), FORM)
    assert peak(pcm) == pytest.approx(PEAK, abs=1e-3)
    assert abs(int(pcm[-1])) < 10
    assert peak(fit(0.1 * tone(440, 2.0), ClipFormat(normalize=False))) == pytest.approx(0.05, abs=1e-3)


class TestWriter:
    def test_round_trip(self, tmp_path):
        clips = [fit(tone(200 + number), FORM) for number in range(3)]
        with DataSetWriter(tmp_path / "out", FORM, ("a", "b"), "test") as writer:
            assert writer.add(Clip(clips[0], "b", "x.wav", "train", "CC0", 60.5, 1.25))
            assert writer.add(Clip(clips[1], "a", "y.wav", "test"))
            assert not writer.add(Clip(clips[1], "a", "copy.wav", "test"))
        data = PreparedData(tmp_path / "out")
        np.testing.assert_array_equal(data.clips, clips[:2])
        assert data.label.tolist() == [1, 0]
        assert data.pitch[0] == 60.5
        assert np.isnan(data.pitch[1])
        assert data.rows("test").tolist() == [1]
        expected = {"clip": "0", "label": "b", "pitch": "60.5", "split": "train", "source": "x.wav"}
        assert data.index[0] == expected | {"onset_s": "1.2500", "licence": "CC0"}
        assert data.meta["counts"] == {"train": {"b": 1}, "test": {"a": 1}}

    def test_nothing_is_left_after_an_error(self, tmp_path):
        def interrupted():
            with DataSetWriter(tmp_path / "out", FORM, (), "test") as writer:
                writer.add(Clip(fit(tone(440), FORM), "", "x"))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_set_and_a_taken_folder_are_refused(self, tmp_path):
        with pytest.raises(ValueError, match="no usable clip"), DataSetWriter(tmp_path / "out", FORM, (), "test"):
            pass
        (tmp_path / "taken").mkdir()
        with pytest.raises(ValueError, match="exists already"), DataSetWriter(tmp_path / "taken", FORM, (), "test"):
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]


class TestPreparedData:
    def test_of_two_at_once_the_second_says_that_it_was_late(self, tmp_path):
        clip = Clip(np.ones(NUM_SAMPLES, np.int16), "", "a")

        def write(source: str, during=lambda: None) -> None:
            with DataSetWriter(tmp_path / "out", FORM, (), source) as writer:
                writer.add(clip)
                during()

        with pytest.raises(ValueError, match="exists already"):
            write("late", during=lambda: write("early"))
        assert PreparedData(tmp_path / "out").meta["source"] == "early"
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_what_is_not_a_data_set_is_one_sentence(self, tmp_path, prepared):
        with pytest.raises(ValueError, match=r"meta\.json is missing"):
            PreparedData(tmp_path)
        with pytest.raises(ValueError, match="None is not a whole prepared data set"):
            PreparedData(None)
        endless = Path(prepared / "meta.json").read_bytes().replace(b'"sample_rate": 16000', b'"sample_rate": Infinity')
        field = b'clip\n"' + b"x" * 200_000
        damage = {"meta.json": [b"{}", endless], "index.csv": [b"clip\n0\n", field], "clips.npy": [b"junk", b""]}
        for name, data in ((name, data) for name, kinds in damage.items() for data in kinds):
            broken = tmp_path / f"{name}-{len(data)}"
            broken.mkdir()
            for file in Path(prepared).iterdir():
                (broken / file.name).write_bytes(file.read_bytes())
            (broken / name).write_bytes(data)
            with pytest.raises(ValueError, match="is not a whole prepared data set"):
                PreparedData(broken)

    @pytest.mark.parametrize(("name", "value"), [("source", None), ("sha256", 7), ("counts", [])])
    def test_description_that_says_too_little_of_its_origin(self, tmp_path, prepared, name, value):
        shutil.copytree(prepared, tmp_path / "data")
        meta = json.loads((tmp_path / "data/meta.json").read_text())
        (tmp_path / "data/meta.json").write_text(json.dumps(meta | {name: value}))
        with pytest.raises(ValueError, match=rf"meta\.json has no {name}"):
            PreparedData(tmp_path / "data")

    @pytest.mark.parametrize(
        ("name", "old", "new", "words"),
        [
            ("meta.json", "{", "[" * 200_000, "meta.json is nested too deeply"),
            ("meta.json", '["Flute", "Snare_drum"]', '"Flute"', "meta.json has no labels that is a list"),
            ("meta.json", '"Snare_drum"]', "7]", "meta.json has labels that are not all texts"),
            ("index.csv", ",split,", ",half,", "index.csv has no column 'split'"),
            ("index.csv", "2,Flute,", "2,Flöte,", "clip 2 of index.csv has the label 'Flöte', which meta.json has not"),
            ("index.csv", ",61,train,", ",61,training,", "clip 2 of index.csv has the split 'training', not train or"),
            ("index.csv", ",61,", ",1e5,", "clip 2 of index.csv has the pitch '1e5', not a MIDI number from 0 to 127"),
            ("index.csv", ",61,", ",-999,", "clip 2 of index.csv has the pitch '-999'"),
            ("index.csv", ",61,", ",nan,", "clip 2 of index.csv has the pitch 'nan'"),
            ("index.csv", ",61,", ",cis,", "clip 2 of index.csv has the pitch 'cis'"),
        ],
    )
    def test_value_that_is_wrong_is_named_with_its_row(self, tmp_path, prepared, name, old, new, words):
        shutil.copytree(prepared, tmp_path / "data")
        file = tmp_path / "data" / name
        meta = json.dumps(json.loads(file.read_text())) if name == "meta.json" else file.read_text()
        assert old in meta
        file.write_text(meta.replace(old, new, 1))
        with pytest.raises(ValueError, match=f"is not a whole prepared data set: {re.escape(words)}"):
            PreparedData(tmp_path / "data")

    def test_unknown_split(self, prepared):
        with pytest.raises(ValueError, match="test, train"):
            PreparedData(prepared).rows("valid")


def test_meta_says_how_it_was_made(prepared):
    meta = json.loads((Path(prepared) / "meta.json").read_text())
    assert meta["sample_rate"] == SAMPLE_RATE
    assert set(meta) >= {"num_samples", "labels", "counts", "source", "versions", "sha256"}
    assert len(meta["sha256"]) == 64
