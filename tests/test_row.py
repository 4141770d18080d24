"""Rows of an export that are refused: by their number, in a sentence, before anything is counted."""

import json

import pytest
from voting import vote

from audiogan.listening import records

ABOUT = {"kind": "study", "study_hash": "5" * 64, "title": "Mine", "minimum_raters": 15}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "row 1"),
        ("[1]\n", "row 1"),
        ('{"kind": "vote"}', "row 1"),
        ('{"kind": "party"}', "kind must be"),
        (
            json.dumps(vote()) + "\n" + json.dumps(vote() | {"trial_index": "first"}),
            "row 2: trial_index is 'first'",
        ),
        (json.dumps(vote() | {"value": 1.5}), "value is 1.5"),
        (json.dumps(vote() | {"value": True}), "value is True"),
        ("kind,vote_id\nvote\n", "row 1"),
        ("a,b\n1,2\n", "the header has no column kind"),
    ],
)
def test_other_files_are_refused_by_row(tmp_path, text, message):
    (tmp_path / "file").write_text(text)
    with pytest.raises(ValueError, match="is not an export of ratings") as caught:
        records.read(tmp_path / "file")
    assert message in str(caught.value)


@pytest.mark.parametrize("to_text", [records.to_csv, records.to_jsonl])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (vote(value=99), "quality must be a whole number from 1 to 5, not 99"),
        (vote(value=0, question="diversity"), "diversity must be a whole number from 1 to 5, not 0"),
        (vote(value="abc"), "quality must be a whole number from 1 to 5, not 'abc'"),
        (vote(value="9" * 400), "quality must be a whole number from 1 to 5, not '999"),
        (vote(value="perhaps", question="real"), "real must be one of real, invented, not 'perhaps'"),
        (
            vote(value="maybe", question="preference", other_system="net"),
            "preference must be one of first, second, tie, not 'maybe'",
        ),
        (vote(value="tie", question="preference"), "other_system is empty in a vote on preference"),
        (vote(system=""), "system is empty in a vote on quality"),
        (vote(role="guest"), "role must be one of test, gold, repeat, training, free, not 'guest'"),
        (vote(trial_index=int("9" * 400)), "trial_index is 999"),
        (ABOUT | {"minimum_raters": 0}, "minimum_raters must be a whole number from 1, not 0"),
        (ABOUT | {"minimum_raters": "few"}, "minimum_raters is 'few'"),
    ],
)
def test_what_nothing_can_count_is_refused_by_row(tmp_path, to_text, row, message):
    (tmp_path / "file").write_text(to_text([vote("other"), row]), newline="")
    with pytest.raises(ValueError, match="is not an export of ratings: row 2: ") as caught:
        records.read(tmp_path / "file")
    assert message in str(caught.value).replace("'99'", "99").replace("'0'", "0")


def test_numbers_too_large_for_a_float_are_refused_by_row(tmp_path):
    (tmp_path / "file").write_text(json.dumps(vote(gain_db=10**400)))
    with pytest.raises(ValueError, match="is not an export of ratings: row 1: "):
        records.read(tmp_path / "file")
