"""A design whose listeners a platform sends: read strictly, told in the codebook, counted in the results."""

import csv
import json

import pytest
import yaml
from sitting import Listener
from test_cli import refused
from test_study import changed
from tiny_study import write_study
from voting import small_study

from audiogan import cli
from audiogan.listening import codebook, records, report
from audiogan.listening.design import read_design
from audiogan.listening.recruitment import Recruitment
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.store import Store
from audiogan.listening.study import DEFAULT_FOLDER, Study, canonical_hash

URL = "https://app.prolific.com/submissions/complete?cc=ABC123"
RECRUITMENT = {"parameter": "PROLIFIC_PID", "completion_url": URL, "completion_code": "ABC123"}


def test_recruitment_is_read_and_may_be_left_out():
    assert read_design(changed()).recruitment is None
    assert read_design(changed(recruitment=RECRUITMENT)).recruitment == Recruitment("PROLIFIC_PID", URL, "ABC123")
    only = {"parameter": "sona_id", "completion_url": "http://localhost:7860/thanks"}
    assert read_design(changed(recruitment=only)).recruitment == Recruitment("sona_id", only["completion_url"])


def test_hash_of_a_study_is_of_what_its_files_say_with_recruitment_or_without(tmp_path):
    for folder in (DEFAULT_FOLDER, write_study(tmp_path / "pool", recruitment=RECRUITMENT)):
        manifest = json.loads((folder / "manifest.json").read_text())
        design = yaml.safe_load((folder / "study.yaml").read_text())
        assert Study.load(folder).hash == canonical_hash({"manifest": manifest, "design": design})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surprise": 1}, "has no 'surprise'"),
        ({"parameter": None}, "parameter must be a text"),
        ({"parameter": "a b"}, "parameter must be 1 to 64 letters"),
        ({"parameter": '"><script>'}, "parameter must be 1 to 64 letters"),
        ({"completion_code": 123}, "completion_code must be a text"),
        ({"completion_code": "x" * 65}, "completion_code must be 1 to 64 letters"),
        ({"completion_url": "http://app.prolific.com/"}, "completion_url must be an https address"),
        ({"completion_url": "javascript:alert(1)"}, "completion_url must be an https address"),
        ({"completion_url": "https://"}, "completion_url must be an https address"),
        ({"completion_url": "https://[::1"}, "completion_url must be an https address"),
        ({"completion_url": "https://a.example:port/"}, "completion_url must be an https address"),
        ({"completion_url": "https://you@a.example/"}, "completion_url must be an https address"),
        ({"completion_url": "https://localhost@a.example/"}, "completion_url must be an https address"),
        ({"completion_url": 'https://a.example/"onclick='}, "completion_url must be an https address"),
        ({"completion_url": "https://a.example/<b>"}, "completion_url must be an https address"),
        ({"completion_url": "https://a.example/\nb"}, "completion_url must be an https address"),
        ({"completion_url": f"https://a.example/{'x' * 500}"}, "completion_url must be an https address"),
        ({"completion_url": ["https://a.example/"]}, "completion_url must be a text"),
    ],
)
def test_bad_recruitment_is_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_design(changed(recruitment=RECRUITMENT | changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "recruitment must be a mapping"),
        ({}, "lacks 'parameter'"),
        ({"parameter": "PID"}, "needs a completion_url or a completion_code"),
    ],
)
def test_recruitment_without_its_parts_is_one_sentence(row, message):
    with pytest.raises(ValueError, match=message):
        read_design(changed(recruitment=row))


@pytest.fixture
def voted(tmp_path, monkeypatch) -> Study:
    """A recruited participant and a volunteer have answered a trial; another participant only began."""
    study = Study.load(write_study(tmp_path / "pool", recruitment=RECRUITMENT))
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{tmp_path}/votes.sqlite3")
    monkeypatch.setenv("AUDIOGAN_STUDY", str(study.folder))
    for participant in ("participant-1", "participant-2", None):
        someone = Listener(study, Store())
        someone.key = someone.consent(participant=participant).get("session", someone.key)
        if participant != "participant-2":
            someone.advance("rating")
            someone.step()
    return study


def test_export_names_participants_only_where_asked(voted, tmp_path, capsys):
    plain, named = tmp_path / "plain", tmp_path / "named"
    for suffix in ("csv", "jsonl"):
        export = ["ratings", "export", "--format", suffix, "--out"]
        assert cli.main([*export, str(plain)]) == 0
        assert "participant" not in plain.read_text()
        assert cli.main([*export, str(named), "--participants"]) == 0
        assert "names participants: do not publish it" in capsys.readouterr().err
        text = named.read_text()
        rows = list(csv.DictReader(text.splitlines())) if suffix == "csv" else list(map(json.loads, text.splitlines()))
        theirs = [row for row in rows if row.get("participant") == "participant-1"]
        assert len({row["session_id"] for row in theirs}) == 1
        assert [row["kind"] for row in theirs if row["kind"] != "exclusion"] == ["vote"] * 4 + ["recruited"]
        assert records.read(named) == records.read(plain)
        begun = [row for row in records.read(plain) if row["kind"] == "recruited"]
        assert len(begun) == 2
    assert URL not in codebook.codebook([voted])
    assert "ABC123" not in codebook.codebook([voted])
    assert "- recruitment: the address's parameter PROLIFIC_PID names" in codebook.codebook([voted])


def test_stats_say_how_many_came_by_recruitment(voted, capsys):
    assert cli.main(["ratings", "stats"]) == 0
    assert "by recruitment: 2 sessions begun, 1 of them with answers that were not withdrawn" in capsys.readouterr().out
    assert cli.main(["ratings", "stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["studies"][0]["recruited"] == {"begun": 2, "answered": 1}
    assert "recruitment" not in report.text(analyse(small_study()))


def test_participant_is_excluded_by_the_platforms_id(voted, capsys):
    exclude = ["ratings", "exclude", "--reason", "Rejected.", "participant-1"]
    assert cli.main(exclude) == 0
    capsys.readouterr()
    (event,) = [row for row in Store().rows() if row["kind"] == "exclusion"]
    assert "participant-1" not in json.dumps(event)
    assert "already excluded by hand" in refused(capsys, cli.main, *exclude)
    assert "no sitting and no vote" in refused(capsys, cli.main, *exclude[:-1], "participant-2")
