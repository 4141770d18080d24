"""FSDKaggle2018 from its zip files to a prepared data set: which clips, as what, and why others are not."""

import csv
import zipfile

import numpy as np
import pytest
from conftest import tone

from audiogan.dataset import PreparedData
from training.data import fsdkaggle2018
from training.data.fsdkaggle2018_tables import ALL, Choice

from .conftest import FORM, RATE, hiss, pack, pack_tables, prepare, sources, wav


class TestPrepare:
    def test_split_labels_licences_and_audio(self, zips, tmp_path):
        data, _ = prepare(zips, tmp_path / "out")
        found = {(row["source"], row["label"], row["split"], row["licence"]) for row in data.index}
        assert found == {
            ("FSDKaggle2018.audio_train/0000aaaa.wav", "Flute", "train", "CC-BY"),
            ("FSDKaggle2018.audio_train/0001aaaa.wav", "Flute", "train", "CC0"),
            ("FSDKaggle2018.audio_train/0002aaaa.wav", "Snare_drum", "train", "CC-BY-NC"),
            ("FSDKaggle2018.audio_train/0008aaaa.wav", "Cello", "train", "CC-BY"),
            ("FSDKaggle2018.audio_test/1000bbbb.wav", "Flute", "test", "CC-BY"),
            ("FSDKaggle2018.audio_test/1001bbbb.wav", "Snare_drum", "test", "CC0"),
        }
        assert data.labels == ("Cello", "Flute", "Snare_drum")
        spectrum = np.abs(np.fft.rfft(data.clips[0][:8000].astype(float)))
        assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=2)
        assert data.meta["source"] == "fsdkaggle2018: Zenodo record 2552860, instruments"

    def test_unusable_clips_and_empty_labels_are_reported(self, zips, tmp_path):
        _, skipped = prepare(zips, tmp_path / "out", labels=("Bark", "Flute", "Gong"))
        assert set(skipped) == {f"000{number}aaaa.wav" for number in (4, 5, 6, 7)} | {"Gong"}
        assert "holds no samples" in skipped["0004aaaa.wav"]
        assert skipped["0005aaaa.wav"] == "is silent"
        assert "cannot be read as audio" in skipped["0006aaaa.wav"]
        assert skipped["0007aaaa.wav"] == "is not in FSDKaggle2018.audio_train.zip"

    def test_attribution_of_the_clips_used_and_no_others(self, zips, tmp_path):
        prepare(zips, tmp_path / "out", labels=("Flute",))
        with open(tmp_path / "out/attribution.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["fname"][:4] for row in rows] == ["0000", "0001", "1000"]
        expected = {"fname": "0001aaaa.wav", "freesound_id": "358827", "licence": "CC0"}
        assert rows[1] == expected | {"url": "https://freesound.org/s/358827/"}

    def test_choices(self, zips, tmp_path):
        assert sources(prepare(zips, tmp_path / "all", labels=ALL)[0]) >= {"0003", "0000"}
        assert sources(prepare(zips, tmp_path / "verified", verified_only=True)[0]) == {"0000", "1000", "1001"}
        assert sources(prepare(zips, tmp_path / "free", licences=("CC0",))[0]) == {"0001", "1001"}

    def test_one_name_in_both_splits_is_two_clips(self, zips, tmp_path):
        pack(zips / "FSDKaggle2018.audio_test.zip", {"0004aaaa.wav": wav(hiss(6))})
        pack_tables(zips, test=[("0004aaaa.wav", "Flute", "Public", "1", "Attribution")])
        data, _ = prepare(zips, tmp_path / "out")
        assert data.index[data.rows("test")[0]]["source"] == "FSDKaggle2018.audio_test/0004aaaa.wav"
        assert "0004aaaa.wav,1,CC-BY,https://freesound.org/s/1/" in (tmp_path / "out/attribution.csv").read_text()

    def test_crops_of_long_clips(self, zips, tmp_path):
        fsdkaggle2018.prepare(zips, tmp_path / "out", FORM, Choice(("Cello",)), max_crops=2, workers=1)
        assert len(PreparedData(tmp_path / "out").index) == 2

    def test_the_same_with_several_processes(self, zips, tmp_path):
        one, _ = prepare(zips, tmp_path / "one")
        fsdkaggle2018.prepare(zips, tmp_path / "two", FORM, Choice(), workers=2)
        for name in ("clips.npy", "index.csv", "attribution.csv", "meta.json"):
            assert (one.folder / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    def test_nothing_left_of_the_choice(self, zips, tmp_path):
        with pytest.raises(ValueError, match="no usable clip was found in fsdkaggle2018"):
            prepare(zips, tmp_path / "out", labels=("Gong",))
        assert not (tmp_path / "out").exists()

    def test_packed_anew_in_other_folders_and_on_a_mac(self, zips, tmp_path):
        audio = {"here/0000aaaa.wav": wav(tone(440, 0.5, RATE)), "__MACOSX/here/0000aaaa.wav": b"fork", "here/": b""}
        pack(zips / "FSDKaggle2018.audio_train.zip", audio)
        assert "0000" in sources(prepare(zips, tmp_path / "out")[0])

    def test_a_clip_that_claims_to_be_endless_is_skipped(self, zips, tmp_path):
        endless = wav(np.zeros(RATE * 61))
        slow = bytearray(wav(hiss(1)))
        slow[24:28] = (1).to_bytes(4, "little")  # 1 Hz: resampled, it would fill the memory
        audio = {"0000aaaa.wav": endless, "0001aaaa.wav": bytes(slow), "0008aaaa.wav": wav(hiss(8))}
        pack(zips / "FSDKaggle2018.audio_train.zip", audio)
        _, skipped = prepare(zips, tmp_path / "out")
        assert skipped["0000aaaa.wav"] == "FSDKaggle2018.audio_train/0000aaaa.wav is 61 s long, more than 60 s"
        assert "sample rate of 1 Hz" in skipped["0001aaaa.wav"]

    def test_a_damaged_member_is_skipped(self, zips, tmp_path):
        path = zips / "FSDKaggle2018.audio_train.zip"
        data = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as file:
            begin = file.getinfo("FSDKaggle2018.audio_train/0002aaaa.wav").header_offset
        data[begin + 200 : begin + 300] = bytes(100)
        path.write_bytes(data)
        data, skipped = prepare(zips, tmp_path / "out")
        assert "cannot be unpacked" in skipped["0002aaaa.wav"]
        assert "0008" in sources(data)
