"""Steps that were skipped because a sound did not play: told wherever votes are counted, and never taken for votes."""

import csv

from test_screening import study_with
from voting import exclusion, note, small_study

from audiogan.listening import records, report
from audiogan.listening.statistics.analysis import analyse, analyse_all
from audiogan.listening.votes import EXCLUSION_COLUMNS, NOTE_COLUMNS, VOTE_COLUMNS
from audiogan.ui import findings


def test_note_needs_no_column_and_no_answer_of_its_own():
    assert set(NOTE_COLUMNS) <= {*VOTE_COLUMNS, *EXCLUSION_COLUMNS}  # tables that were made for older exports fit
    told = [row for row in csv.DictReader(records.to_csv([note("s")]).splitlines()) if row["value"]]
    assert told == []


def test_study_in_which_no_sound_could_be_played_is_told_of(tmp_path):
    study = study_with(tmp_path)
    (found,) = analyse_all(records.records([note("s", study.hash), note("s", study.hash)], [study]))
    assert (found["study_hash"], found["all"]["counts"]["votes"]) == (study.hash, 0)
    assert "could not be played: 2 steps of 1 sessions" in report.text(found)


def test_steps_without_a_sound_are_told_of_though_there_may_be_no_votes():
    notes = [note("s-r0"), note("s-r3"), note("s-r3")]
    excluded = exclusion("max_gold_failed", session_id="s-r3")
    for rows in (notes, [*small_study(), *notes, excluded]):
        for block in ("screened", "all"):
            page = findings.page(analyse(rows), block)
            assert "<p>Skipped because a sound could not be played: 3 steps of 2 sessions.</p>" in page
    one = findings.page(analyse([*small_study(), *notes[:1]]), "all")
    assert "could not be played: 1 step of 1 session." in one
    assert "Skipped" not in findings.page(analyse(small_study()), "all")
