"""`ratings exclude`: whoever reads the votes leaves some out, and nothing is deleted."""

from test_cli import refused
from trials import SESSION, STUDY, trial

from audiogan import cli
from audiogan.listening import records
from audiogan.listening.exclusions import kept
from audiogan.listening.store import Store


def test_one_who_reads_the_votes_leaves_a_sitting_or_an_answer_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{tmp_path}/votes.sqlite3")
    answers = [*trial(0), *trial(1), *trial(0, session="6" * 32)]
    for number in (0, 1):
        assert Store().close_step(SESSION, number, {}, 5000, answers[2 * number : 2 * number + 2])
    assert Store().close_step("6" * 32, 0, {}, 5000, answers[4:])
    exclude = ["ratings", "exclude", answers[0].vote_id, "--reason", "A door\nslammed."]
    assert cli.main(exclude) == 0
    assert capsys.readouterr().out.startswith(f"2 answers of {answers[0].vote_id} are left out of the screened")
    assert cli.main(["ratings", "exclude", "6" * 32, "--reason", "My own."]) == 0
    capsys.readouterr()
    stored = list(Store().rows())
    assert [row["vote_id"] for row in kept(stored)] == [answers[2].vote_id] * 2
    assert sum(row["kind"] == "vote" for row in records.records(stored, [])) == 6
    events = [row for row in stored if row["kind"] == "exclusion"]
    assert [(row["rule"], row["reason"], row["study_hash"]) for row in events] == [
        ("manual", "A door slammed.", STUDY),
        ("manual", "My own.", STUDY),
    ]
    assert "already excluded by hand" in refused(capsys, cli.main, *exclude)
    assert "no sitting and no vote" in refused(capsys, cli.main, "ratings", "exclude", "none", "--reason", "x")
    assert "must be a sentence" in refused(capsys, cli.main, *exclude[:-1], " ")
    latin = "caf\udce9"  # what Python makes of bytes that are no UTF-8
    assert "--reason must be UTF-8 text, not 'caf" in refused(capsys, cli.main, *exclude[:-1], latin)
    assert "ID must be UTF-8 text, not 'caf" in refused(capsys, cli.main, *exclude[:2], latin, *exclude[3:])
    assert len(list(Store().rows())) == len(stored)
