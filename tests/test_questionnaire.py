"""What listeners are asked about themselves: read strictly, kept apart from votes, counted, and in the codebook."""

import ast
import json
import re
from pathlib import Path

import pandas
import pytest
import yaml
from sitting import Listener
from test_study import changed
from tiny_study import write_study

from audiogan import cli
from audiogan.listening import codebook, records
from audiogan.listening.design import read_design
from audiogan.listening.questionnaire import RATHER_NOT, Asked
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.votes import BACKGROUND_COLUMNS

TRAINING = {"name": "training", "prompt": "Years of lessons?", "choices": ["None", "1 to 5", "More than 5"]}
DEVICE = {"name": "listening_device", "prompt": "What do you listen with?", "choices": ["Headphones", "Loudspeakers"]}
RULES = {"max_gold_failed": 0, "min_standard_deviation": None}
SHORT = {"trials": {"training": 0, "test": 2, "gold": 0, "repeat": 0}, "questionnaire": [TRAINING, DEVICE]}
SAID = {"training": "None", "listening_device": ""}


def test_questionnaire_is_read_and_may_be_left_out():
    assert read_design(changed()).questionnaire == ()
    asked = read_design(changed(questionnaire=[TRAINING, DEVICE])).questionnaire
    assert asked[0] == Asked("training", "Years of lessons?", ("None", "1 to 5", "More than 5"))


def test_examples_of_the_docs_can_be_used_as_they_are():
    text = (Path(__file__).parent.parent / "docs/listening-test.md").read_text("utf-8")
    recruited, asked = {}, {}
    for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        design = read_design(changed(**yaml.safe_load(example)))
        recruited, asked = recruited or design.recruitment, asked or design.questionnaire
    assert recruited.parameter == "PROLIFIC_PID"
    assert [one.name for one in asked] == ["training", "hearing", "listening_device"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "list of 1 to 8"),
        ({"training": 1}, "list of 1 to 8"),
        ([TRAINING | {"name": f"q_{letter}"} for letter in "abcdefghi"], "list of 1 to 8"),
        ([TRAINING, TRAINING], "different names"),
        (["training"], "must be a mapping"),
        ([TRAINING | {"free": True}], "has no 'free'"),
        ([{"name": "training", "prompt": "?"}], "lacks 'choices'"),
        ([TRAINING | {"name": "Training"}], "1 to 32 letters"),
        ([TRAINING | {"name": "x" * 33}], "1 to 32 letters"),
        ([TRAINING | {"name": 5}], "1 to 32 letters"),
        ([TRAINING | {"prompt": "x" * 201}], "one line of at most 200"),
        ([TRAINING | {"prompt": "a\nb"}], "one line of at most 200"),
        ([TRAINING | {"choices": ["one"]}], "list of 2 to 8"),
        ([TRAINING | {"choices": list("abcdefghi")}], "list of 2 to 8"),
        ([TRAINING | {"choices": "ab"}], "list of 2 to 8"),
        ([TRAINING | {"choices": [1, 2]}], "choice must be a text"),
        ([TRAINING | {"choices": ["a", "x" * 65]}], "one line of at most 64"),
        ([TRAINING | {"choices": ["a", "a "]}], "choices must differ"),
        ([TRAINING | {"choices": ["a", RATHER_NOT]}], "choices must differ"),
    ],
)
def test_bad_questionnaire_is_one_sentence(rows, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_design(changed(questionnaire=rows))
    assert "\n" not in str(caught.value)


@pytest.fixture
def study(tmp_path, monkeypatch) -> Study:
    study = Study.load(write_study(tmp_path / "pool", **SHORT, exclusions=RULES))
    monkeypatch.setenv("AUDIOGAN_DATABASE_URL", f"sqlite:///{tmp_path}/votes.sqlite3")
    monkeypatch.setenv("AUDIOGAN_STUDY", str(study.folder))
    return study


def about(listener, answers=SAID):
    return listener.call("answer", token=listener.view["token"], answers=answers)


def test_listener_is_asked_after_consent_and_goes_on_to_the_volume(study):
    someone = Listener(study, Store())
    assert "asked 2 short questions about yourself" in someone.call("open")["view"]["notice"]
    view = someone.consent()["view"]
    assert (view["stage"], [one["name"] for one in view["questions"]]) == ("questionnaire", list(SAID))
    assert all(one["choices"][-1] == {"value": "", "word": RATHER_NOT} for one in view["questions"])
    token = view["token"]
    assert about(someone)["view"]["stage"] == "level"
    again = someone.call("answer", token=token, answers={"training": "1 to 5", "listening_device": ""})
    assert (again["repeated"], again["view"]["stage"], "receipt" in again) == (True, "level", False)
    someone.advance("done")
    assert [row["said"] for row in Store().rows() if row["kind"] == "background"] == ["None", ""]
    assert {row["trial_index"] for row in Store().rows() if row["kind"] == "vote"} == {0, 1}


@pytest.mark.parametrize(
    "answers",
    [
        None,
        [],
        {},
        {"training": "None"},
        SAID | {"more": ""},
        SAID | {"training": "none"},
        SAID | {"training": None},
        SAID | {"training": ["None"]},
        SAID | {"training": "<b>None</b>"},
        SAID | {"training": "x" * 10_000},
    ],
)
def test_what_was_not_offered_is_refused_and_nothing_is_stored(study, answers):
    someone = Listener(study, Store())
    someone.consent()
    told = about(someone, answers)
    assert "<" not in told["error"]
    assert "\n" not in told["error"]
    assert "error" in someone.call("skip", token=someone.view["token"])  # it has no sound
    assert list(Store().rows()) == []


def test_answers_are_exported_as_rows_of_their_own_that_no_vote_looks_like(study, tmp_path, capsys):
    for number, said in enumerate(("None", "None", "")):
        someone = Listener(study, Store(), key=f"{number}" * 32)
        someone.consent(listener=f"{number}" * 32)
        about(someone, SAID | {"training": said})
        receipt = [someone.step() for _ in range(3)][-1]["receipt"]  # volume, headphones, a trial
    for suffix in ("csv", "jsonl"):
        assert cli.main(["ratings", "export", "--format", suffix, "--out", str(tmp_path / suffix)]) == 0
        rows = [row for row in records.read(tmp_path / suffix) if row["kind"] == "background"]
        assert [(row["asked"], row["said"]) for row in rows[::2]] == [
            ("training", "None"),
            ("training", "None"),
            ("training", ""),
        ]
        assert {tuple(row) for row in rows} == {BACKGROUND_COLUMNS}
        assert not {"value", "question", "vote_id", "rater"} & set(BACKGROUND_COLUMNS)
    capsys.readouterr()
    assert cli.main(["ratings", "stats", "--json", "--from", str(tmp_path / "csv")]) == 0
    found = json.loads(capsys.readouterr().out)["studies"][0]
    assert found["background"]["all"]["training"] == {"None": 2, "": 1}
    assert found["all"]["counts"]["votes"] == 12
    someone.call("withdraw", receipt=receipt)
    left = records.records(Store().rows(), [study])
    assert len([row for row in left if row["kind"] == "background"]) == 4
    copy = Store(f"sqlite:///{tmp_path}/copy.sqlite3")
    assert copy.merge(Store().journal())["background"] == 6
    assert list(copy.rows()) == list(Store().rows())


def test_pandas_reads_an_export_as_the_docs_say(study, tmp_path):
    for number, said in enumerate(("None", "")):
        someone = Listener(study, Store(), key=f"{number}" * 32)
        someone.consent(listener=f"{number}" * 32)
        about(someone, SAID | {"training": said})
        someone.advance("done")
    file, docs = tmp_path / "votes.csv", Path(__file__).parent.parent / "docs/listening-test.md"
    assert cli.main(["ratings", "export", "--format", "csv", "--out", str(file)]) == 0
    (call,) = set(re.findall(r"`(pandas\.read_csv\(.*?\))`", docs.read_text("utf-8")))
    options = {one.arg: ast.literal_eval(one.value) for one in ast.parse(call, mode="eval").body.keywords}
    table = pandas.read_csv(file, **options)
    votes = table[table.kind == "vote"]
    for name in ("trial_index", "gain_db", "lufs", "plays", "listened_ms", "response_ms"):
        assert pandas.api.types.is_numeric_dtype(table[name]), name
        assert votes[name].notna().all()
    assert votes[votes.question == "quality"].value.astype(float).between(1, 5).all()
    assert sorted(table.said.dropna()) == ["None"]


def test_stats_and_codebook_tell_what_was_asked_and_said(study, capsys):
    someone = Listener(study, Store())
    someone.consent()
    about(someone)
    someone.advance("done")
    assert cli.main(["ratings", "stats"]) == 0
    said = capsys.readouterr().out
    assert (
        "listeners' training, sessions: None 1\nlisteners' listening_device, sessions: would rather not say 1" in said
    )
    text = codebook.codebook([study])
    assert f"- asked of listeners, `training`: Years of lessons? (None, 1 to 5, More than 5, {RATHER_NOT})" in text
    for name in BACKGROUND_COLUMNS:
        assert name in text.partition("## Background of listeners")[2].partition("## Study rows")[0] + "kind"
