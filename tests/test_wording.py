"""What listeners read in the language of their study, and where a translation falls short."""

import ast
import re

import pytest
import yaml
from sitting import MODULES, Listener
from tiny_study import LABELS, write_study
from voting import exclusion, small_study

from audiogan.cli import main
from audiogan.listening import feasibility, pool, views, wording
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.ui import about, findings
from audiogan.ui.scripts import STATIC

PLACE = re.compile(r"\{\w+\}")
SPOKEN = re.compile(r'\bt\(\s*("(?:[^"\\]|\\.)*")')
ANYTHING = re.compile(r"\bt\(\s*([^)\s])")


def written(path) -> set[str]:
    return {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}


def test_what_the_page_says_is_listed_and_nothing_else_is():
    scripts = [path.read_text() for path in STATIC.glob("rate*.js") if path.name != "rate_wording.js"]
    spoken = {ast.literal_eval(sentence) for source in scripts for sentence in SPOKEN.findall(source)}
    assert len(spoken) > 80
    firsts = {first for source in scripts for first in ANYTHING.findall(source)}
    assert firsts == {'"'}  # no sentence is put together
    assert spoken <= set(wording.sentences())
    folder = wording.FOLDER.parent
    names = set().union(*map(written, folder.glob("*.py"))) | {views.ASKED_ONE, *views.MODULES}
    names.add("receipt must be 16 digits and letters from a to f")
    assert set(wording.sentences()) - spoken <= names
    assert len(set(wording.sentences())) == len(wording.sentences())


def test_a_session_is_called_so_wherever_a_listener_reads_of_it():
    results = findings.page(analyse([*small_study(), exclusion("max_gold_failed", session_id="s-r3")]), "screened")
    shown = (
        *wording.sentences(),
        *findings.BLOCKS,
        findings.UNDER_WAY,
        results,
        about.INTRODUCTION,
        pool.TEMPLATE.read_text(),
    )
    assert not [text for text in shown if "sitting" in text.lower()]


def test_an_unlisted_sentence_is_a_mistake():
    with pytest.raises(KeyError):
        wording.Wording()("Nobody says this")


@pytest.mark.parametrize("tag", wording.shipped()[1:])
def test_a_shipped_language_says_all_of_it(tag):
    found = wording.read_wording({"tag": tag})
    assert list(found.texts) == list(wording.sentences())
    for english, own in found.texts.items():
        assert own
        assert own == own.strip()
        assert set(PLACE.findall(own)) <= set(PLACE.findall(english))
        assert english.endswith((".", "?", ":")) == own.endswith((".", "?", ":")) or english.startswith("about")
    assert found.label("Snare_drum") != "Snare drum"
    assert found.label("Theremin_or_saw") == "Theremin or saw"
    for alike in (
        ("real", "invented"),
        ("The first", "The second", "Equally good"),
        views.BATCH,
        ("First", "Second", "Third"),
    ):
        assert len(set(map(found, alike))) == len(alike)


def test_french_marks_are_never_parted_from_their_word():
    french = wording.read_wording({"tag": "fr"})
    for own in (*french.texts.values(), *french.labels.values()):
        assert re.findall(r"(?<![\u00a0\u202f])[:;?!»]|«(?![\u00a0\u202f])", own) == []


def test_places_are_filled_in_once():
    assert wording.Wording()("It was {made}: {label}.", made="{label}", label="$&") == "It was {label}: $&."


@pytest.mark.parametrize("tag", ["pt-BR", "de"])
def test_all_that_is_to_be_translated_is_printed_and_read_again(tag, capsys):
    assert main(["study", "texts", "--language", tag]) == 0
    document = yaml.safe_load(capsys.readouterr().out)
    found = wording.read_wording(document["language"])
    assert found.language == tag
    assert set(found.texts) == set(wording.sentences())


def test_a_studys_own_words_go_before_those_that_come_with_the_app():
    own = {"tag": "de-CH", "texts": {"Submit": "Schicken"}, "labels": {"Gong": "Tamtam"}}
    found = wording.read_wording(own)
    assert (found("Submit"), found("Next"), found.label("Gong")) == ("Schicken", "Weiter", "Tamtam")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "language must be a mapping"),
        ({}, "language lacks 'tag'"),
        ({"tag": "../de"}, "must be a tag such as de or pt-BR"),
        ({"tag": 1}, "must be a tag such as de or pt-BR"),
        ({"tag": "pt"}, f"lacks 'I agree: begin' and {len(wording.sentences()) - 1} more: .*--language pt"),
        ({"tag": "de", "texts": {"Send": "Los"}}, "has 'Send', which no page shows"),
        ({"tag": "de", "texts": {"Submit": ""}}, "'Submit' must be a text"),
        ({"tag": "de", "texts": {"Submit": "x" * 501}}, "at most 500 characters"),
        ({"tag": "de", "texts": {"Submit": "Los {now}"}}, r"has \{now\} for 'Submit'"),
        ({"tag": "de", "labels": {True: "Ja"}}, "quotes make a text of it"),
    ],
)
def test_a_translation_that_falls_short_is_refused(language, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        Study.load(write_study(tmp_path / "study", language=language))


def test_labels_without_a_name_are_told_of(tmp_path):
    own = {"tag": "de", "labels": {LABELS[0]: "Querpfeife"}}
    study = Study.load(write_study(tmp_path / "a", language=own))
    assert not [sentence for sentence in feasibility.shortfalls(study) if "language" in sentence]
    own = {"tag": "pt", "texts": dict.fromkeys(wording.sentences(), "?")}
    study = Study.load(write_study(tmp_path / "b", language=own))
    assert f"has no name for {', '.join(LABELS)}," in " ".join(feasibility.shortfalls(study))


def test_a_listener_reads_one_language_from_consent_to_thanks(tmp_path):
    design = {"modules": MODULES, "language": {"tag": "de"}}
    study = Study.load(write_study(tmp_path / "study", **design))
    store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
    listener = Listener(study, store)
    listener.consent()
    listener.advance("rating")
    words = {choice["word"] for question in listener.view["questions"] for choice in question["choices"]}
    assert {"Echt", "Erfunden"} <= words
    assert listener.view["label"] in ("Querflöte", "Kleine Trommel")
    assert listener.call("answer", **listener.rating())["error"] == "hören Sie den ganzen Klang, bevor Sie antworten"
    told = listener.call("answer", **listener.rating(), wait=5)["feedback"]["text"]
    assert re.fullmatch(
        r"Das war (eine Aufnahme|von einem neuronalen Netz erfunden): (Querflöte|Kleine Trommel)\.", told
    )
    listener.advance("naming")
    (asked,) = listener.view["questions"]
    assert asked["prompt"] == "Welches Instrument ist das?"
    assert [choice["word"] for choice in asked["choices"]] == ["Querflöte", "Kleine Trommel", "Kann ich nicht sagen"]
    assert [choice["value"] for choice in asked["choices"]] == [*LABELS, "cannot tell"]
    listener.advance("done")
    shown = listener.view["trials"]
    assert {name for trial in shown for name in trial["values"]} >= {"Qualität", "echt", "Instrument", "Vergleich"}
    assert {trial["made"] for trial in shown} >= {"eine Aufnahme", "eine absichtlich gedämpfte Aufnahme"}
    assert listener.view["judged"]["uncounted"][0] == "4 zum Üben"
    assert {row["value"] for row in store.rows() if row["question"] == "real"} <= {"real", "invented"}
    store.close()
