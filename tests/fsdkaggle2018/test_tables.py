"""FSDKaggle2018's tables, hostile ones too, its labels and licences."""

import pytest

from training.data import general_midi
from training.data.fsdkaggle2018_tables import ALL, INSTRUMENTS, parse_labels, read_rows
from training.data.licences import licence_code, parse_licences

from .conftest import TRAIN, pack, pack_tables, prepare


class TestTables:
    @pytest.mark.parametrize("fname", ["../../x.wav", "/x.wav", "a/b.wav", "..", "", "=cmd.wav", "x\n.wav", "ä.wav"])
    def test_hostile_file_names(self, zips, tmp_path, fname):
        pack_tables(zips, train=[(fname, "Flute", "1", "1", "Attribution")])
        with pytest.raises(ValueError, match="fname must be a plain file name"):
            prepare(zips, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_hostile_ids(self, zips):
        pack_tables(zips, train=[("x.wav", "Flute", "1", "1/../2", "Attribution")])
        with pytest.raises(ValueError, match="freesound_id must be a number"):
            read_rows(zips / "FSDKaggle2018.meta.zip")

    def test_missing_columns(self, zips):
        columns = {"train": ("fname", "label"), "test": ("fname", "label", "usage", "freesound_id", "license")}
        pack_tables(zips, train=[], columns=columns)
        with pytest.raises(ValueError, match="no column manually_verified, freesound_id, license"):
            read_rows(zips / "FSDKaggle2018.meta.zip")

    @pytest.mark.parametrize("row", [("x.wav", "Flute"), ("x.wav", "Flute", "1", "1", "Attribution", "more")])
    def test_lines_that_do_not_fit(self, zips, row):
        pack_tables(zips, train=[row])
        with pytest.raises(ValueError, match="line 2 does not have one value per column"):
            read_rows(zips / "FSDKaggle2018.meta.zip")

    def test_a_clip_that_is_listed_twice(self, zips):
        pack_tables(zips, train=[TRAIN[0], TRAIN[0]])
        with pytest.raises(ValueError, match=r"0000aaaa\.wav is there twice"):
            read_rows(zips / "FSDKaggle2018.meta.zip")

    def test_no_tables_and_no_text(self, zips):
        meta = zips / "FSDKaggle2018.meta.zip"
        pack(meta, {"readme.txt": b""})
        with pytest.raises(ValueError, match=r"lacks train_post_competition\.csv"):
            read_rows(meta)
        pack(meta, {"train_post_competition.csv": b"\xff\xfe\x00"})
        with pytest.raises(ValueError, match="is not as published"):
            read_rows(meta)


class TestLabelsAndLicences:
    def test_the_labels_of_general_midi_are_the_instruments(self):
        assert general_midi.LABELS == INSTRUMENTS
        assert (len(INSTRUMENTS), len(ALL)) == (19, 41)

    def test_parse_labels(self):
        assert parse_labels("instruments") == INSTRUMENTS
        assert parse_labels("all") == ALL
        assert parse_labels("Oboe, Bark") == ("Bark", "Oboe")
        with pytest.raises(ValueError, match=r"Acoustic_guitar, Applause.* not 'Kazoo'"):
            parse_labels("Oboe,Kazoo")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("Creative Commons 0", "CC0"),
            ("CC0 1.0", "CC0"),
            ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
            ("Attribution", "CC-BY"),
            ("cc-by", "CC-BY"),
            ("https://creativecommons.org/licenses/by/4.0/", "CC-BY"),
            ("Attribution Noncommercial", "CC-BY-NC"),
            ("Attribution-NonCommercial 4.0", "CC-BY-NC"),
            ("http://creativecommons.org/licenses/by-nc/3.0/", "CC-BY-NC"),
            ("CC BY-NC-SA 4.0", "CC-BY-NC-SA"),
            ("Attribution Non Commercial Share Alike", "CC-BY-NC-SA"),
            ("Attribution-NoDerivs", "CC-BY-ND"),
            ("Sampling+", "CC-Sampling+"),
            ("http://creativecommons.org/licenses/sampling+/1.0/", "CC-Sampling+"),
            (" All rights reserved ", "All rights reserved"),
            ("", ""),
        ],
    )
    def test_licence_codes(self, text, code):
        assert licence_code(text) == code

    def test_parse_licences(self):
        assert parse_licences("CC0,CC-BY,cc0") == ("CC0", "CC-BY")
        with pytest.raises(ValueError, match=r"CC0, CC-BY.* not 'MIT'"):
            parse_licences("CC0,MIT")
