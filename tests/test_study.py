"""Studies: a design that is read strictly, and a pool in which no byte may change."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
import yaml

from audiogan.audio import write_wav
from audiogan.listening import design, study, views, votes
from audiogan.listening.design import read_design
from audiogan.listening.store import schema
from audiogan.listening.study import Study, canonical_hash
from audiogan.listening.votes import clip_hash

TEMPLATE = (study.DEFAULT_FOLDER.parent / "default.yaml").read_text()
SAMPLE_RATE, NUM_SAMPLES = 16000, 64
SCALE = {"name": "quality", "kind": "scale", "prompt": "?", "words": list("abcde")}
REAL = {"name": "real", "kind": "choice", "prompt": "?", "words": ["invented", "real"]}


def changed(**values) -> str:
    """The default design with some top-level values replaced; None removes one."""
    document = yaml.safe_load(TEMPLATE) | values
    return yaml.safe_dump({name: value for name, value in document.items() if value is not None})


def write_study(folder, systems=("real", "wavegan"), **values):
    """A study of two labels by hand: one test stimulus a system and label, an exemplar a label."""
    (folder / "clips").mkdir(parents=True)
    (folder / "study.yaml").write_text(TEMPLATE)
    kinds = [(system, label, "test") for system in systems for label in ("Flute", "Gong")]
    kinds += [("real", label, "exemplar") for label in ("Flute", "Gong")] + [("noise", "Gong", "gold")]
    rows = [stimulus_row(folder, number, *kind) for number, kind in enumerate(kinds)]
    manifest = {
        "format": study.FORMAT,
        "sample_rate": SAMPLE_RATE,
        "num_samples": NUM_SAMPLES,
        "design_sha256": canonical_hash(yaml.safe_load(TEMPLATE)),
        "stimuli": rows,
        "batches": [],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest | values))
    return folder


def stimulus_row(folder, number: int, system: str, label: str, role: str) -> dict:
    audio = np.sin(np.arange(NUM_SAMPLES) * (number + 1) / 10)
    write_wav(folder / f"clips/{number:032x}.wav", audio, SAMPLE_RATE)
    model = system not in (*study.REFERENCES, study.NOISE)
    return {
        "id": f"{number:032x}",
        "sha256": clip_hash(audio),
        "label": label,
        "system": system,
        "role": role,
        "checkpoint_sha256": "c" * 64 if model else "",
        "seed": 0 if model else None,
        "index": number if model else None,
        "source": None if model else number,
        "pitch": None,
        "gain_db": 0.0,
        "lufs": -23.0,
        "expected": {"quality": [1, 2]} if role == "gold" else {},
    }


@pytest.fixture
def folder(tmp_path):
    return write_study(tmp_path / "pool")


class TestDesign:
    def test_default_asks_the_four_questions_of_the_report_and_of_blind_tests(self):
        default = read_design(TEMPLATE)
        assert [question.name for question in default.questions] == [
            "quality",
            "intelligibility",
            "resemblance",
            "real",
        ]
        assert default.question("quality").words == ("Bad", "Poor", "Fair", "Good", "Excellent")
        assert default.question("real").words == ("real", "invented")
        assert [question.name for question in default.questions if question.exemplar] == ["resemblance"]
        assert (default.trials.training, default.trials.test) == (4, 16)
        assert default.minimum_raters == 15

    def test_default_consent_does_not_deny_that_practice_says_what_is_right(self):
        consent = " ".join(read_design(TEMPLATE).consent_text.split())
        assert "nobody expects you to be right" in consent
        assert "no right answers" not in consent

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a: [", "is not YAML"),
            ("[1]", "must be a mapping"),
            ("!!python/object/apply:os.system ['true']", "is not YAML"),
            ("x" * (design.MAX_BYTES + 1), "larger than"),
            (changed(format=2), "format must be 1"),
            (changed(consent=None), "lacks 'consent'"),
            (changed(surprise=1), "has no 'surprise'"),
            (changed(title=" "), "title must be a text"),
            (changed(minimum_raters=0), "minimum_raters must be a whole number"),
            (changed(minimum_raters=True), "minimum_raters must be a whole number"),
            (changed(consent={"version": "1" * 65, "text": "?"}), "consent version must be a text of at most 64"),
            (changed(consent={"version": "1\0", "text": "?"}), "consent version must be a text of at most 64"),
            (changed(trials={"test": -1}), "trials.test must be a whole number"),
            (changed(modules={"dance": 1}), "modules has no 'dance'"),
            (changed(checks={"headphones": "yes"}), "checks.headphones must be true or false"),
            (changed(exclusions={"headphones": "failed"}), "exclusions.headphones must be true, false or 'not passed'"),
            (changed(exclusions={"headphones": 1}), "exclusions.headphones must be true, false or 'not passed'"),
            (changed(exclusions={"max_gold_failed": "many"}), "exclusions.max_gold_failed must be a number"),
            (changed(exclusions={"min_response_ms": float("nan")}), "exclusions.min_response_ms must be a number"),
            (changed(questions=[]), "list of at least one"),
            (changed(questions=[SCALE | {"words": ["a", "b"]}]), "must be 5"),
            (changed(questions=[SCALE | {"words": list("aaabcd")}]), "must be 5 different texts"),
            (changed(questions=[SCALE | {"words": "abcde"}]), "must be a list of texts"),
            (changed(questions=[SCALE, SCALE]), "different names"),
            (changed(questions=[SCALE | {"name": "realism"}]), "one of quality, .*, real, not 'realism'"),
            (changed(questions=[SCALE | {"name": "diversity"}]), "name must be one of quality"),
            (changed(questions=[SCALE | {"kind": "choice"}]), "quality's kind must be scale, not 'choice'"),
            (changed(questions=[SCALE | {"name": "real"}]), "real's kind must be choice, not 'scale'"),
            (changed(questions=[REAL | {"words": ["recorded", "synthetic"]}]), "must be real and invented, not record"),
            (changed(questions=[REAL | {"words": ["real", "invented", "no idea"]}]), "must be real and invented"),
            (changed(questions=[SCALE | {"kind": "essay"}]), "kind must be"),
        ],
    )
    def test_bad_design_is_one_sentence(self, text, message):
        with pytest.raises(ValueError, match=message) as caught:
            read_design(text)
        assert "\n" not in str(caught.value)

    def test_questions_may_be_fewer_and_in_another_order_and_other_words(self):
        asked = read_design(changed(questions=[REAL, SCALE])).questions
        assert [(question.name, question.words) for question in asked] == [
            ("real", ("invented", "real")),
            ("quality", tuple("abcde")),
        ]

    def test_votes_have_room_for_every_question_and_answer(self):
        columns = schema.votes.c
        assert all(schema.fits(columns.question, name) for name in (*design.KINDS, *views.MODULES))
        assert all(schema.fits(columns.word, word) for word in (*votes.VERDICTS, *votes.PREFERENCES, votes.CANNOT_TELL))
        assert columns.word.type.length >= columns.label.type.length  # a sound is named by a label


class TestLoad:
    def test_stimuli_are_found_by_id_role_label_and_system(self, folder):
        loaded = Study.load(folder)
        first = loaded.stimuli[0]
        assert loaded[first.id] is first
        assert loaded.path(first.id).is_file()
        assert (loaded.labels, loaded.systems) == (("Flute", "Gong"), ("real", "wavegan"))
        assert loaded.exemplar("Gong").role == "exemplar"
        assert len(loaded.of_role("test")) == 4
        assert [stimulus.model for stimulus in loaded.of_role("test")] == [False, False, True, True]

    def test_gold_passes_within_what_was_expected(self, folder):
        loaded = Study.load(folder)
        (gold,) = loaded.of_role("gold")
        answers = [(("quality", value), loaded.gold_passes(gold.id, "quality", value)) for value in (1, 2, 3)]
        assert answers == [(("quality", 1), True), (("quality", 2), True), (("quality", 3), False)]
        assert loaded.gold_passes(gold.id, "resemblance", 3) is None

    def test_hash_is_of_content_and_not_of_spelling(self, folder):
        before = Study.load(folder).hash
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=4, sort_keys=True))
        (folder / "study.yaml").write_text("# a remark\n" + TEMPLATE)
        assert Study.load(folder).hash == before
        manifest["stimuli"][0]["gain_db"] = 1.0
        (folder / "manifest.json").write_text(json.dumps(manifest))
        assert Study.load(folder).hash != before

    def test_changed_clip_is_refused(self, folder):
        file = next((folder / "clips").iterdir())
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        with pytest.raises(ValueError, match="SHA-256 differs"):
            Study.load(folder)

    def test_metadata_in_a_clip_is_refused(self, folder):
        file = next((folder / "clips").iterdir())
        file.write_bytes(file.read_bytes() + b"LIST\x04\x00\x00\x00real")
        with pytest.raises(ValueError, match="plain PCM16 WAV"):
            Study.load(folder)

    def test_missing_unknown_and_damaged_files_are_refused(self, folder):
        (folder / "clips/answers.txt").write_text("1")
        with pytest.raises(ValueError, match=r"clips/answers\.txt is unknown"):
            Study.load(folder)
        (folder / "clips/answers.txt").unlink()
        next((folder / "clips").iterdir()).unlink()
        with pytest.raises(ValueError, match="is missing"):
            Study.load(folder)
        (folder / "manifest.json").unlink()
        with pytest.raises(ValueError, match=r"cannot be read: manifest\.json"):
            Study.load(folder)

    def test_design_that_was_edited_after_freezing_is_refused(self, folder):
        (folder / "study.yaml").write_text(changed(minimum_raters=1))
        with pytest.raises(ValueError, match="not the one that the pool was frozen with"):
            Study.load(folder)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("id", "../../etc/passwd", "id or SHA-256"),
            ("id", f"{1:032x}", "same id"),
            ("sha256", "x", "id or SHA-256"),
            ("role", "star", "role must be one of"),
            ("role", "exemplar", None),
            ("label", "", "lacks a label"),
            ("label", "x" * 65, "label must be a text of at most 64 characters"),
            ("system", "x" * 65, "system must be a text of at most 64 characters"),
            ("checkpoint_sha256", "c" * 65, "checkpoint_sha256 must be a text of at most 64"),
            ("seed", 2**63, "seed must be a number that the database has room for"),
            ("gain_db", None, "damaged"),
            ("colour", "red", "damaged"),
        ],
    )
    def test_bad_stimulus_is_one_sentence(self, folder, name, value, message):
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["stimuli"][2][name] = value
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ValueError, match=message) as caught:
            Study.load(folder)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("changes", "message"), [({"id": "x"}, "an invalid id"), ({"system": "x" * 65}, "most 64")]
    )
    def test_bad_batch_is_one_sentence(self, folder, changes, message):
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["batches"] = [{"id": "b" * 32, "system": "real", "stimuli": []} | changes]
        (folder / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(ValueError, match=message):
            Study.load(folder)

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', '{"format": 1, "sample_rate": "fast"}'])
    def test_bad_manifest_is_one_sentence(self, folder, text):
        (folder / "manifest.json").write_text(text)
        with pytest.raises(ValueError, match="study pool"):
            Study.load(folder)


def test_default_study_is_whole_small_and_asks_what_its_design_needs():
    loaded = Study.load()
    files = [path for path in loaded.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 4 * 2**20
    assert loaded.systems[:3] == study.REFERENCES
    assert len(loaded.systems) > 3
    assert len(loaded.labels) == 6
    for system in loaded.systems:
        tests = [stimulus for stimulus in loaded.of_role("test") if stimulus.system == system]
        assert {stimulus.label for stimulus in tests} == set(loaded.labels)
    trials = loaded.design.trials
    assert len(loaded.of_role("test")) >= trials.test
    practice = Counter(stimulus.system for stimulus in loaded.of_role("training"))
    assert practice == {"real": 3} | {name: 1 for name in loaded.systems if name not in study.REFERENCES}
    assert {batch.system for batch in loaded.batches} == set(loaded.systems)


def test_votes_name_each_column_once_and_defaults_suffice():
    vote = votes.Vote(vote_id="v", session_id="s", rater="r", role="test", system="real", question="quality", value=3)
    assert list(dataclasses.asdict(vote)) == list(votes.VOTE_COLUMNS)
    assert (vote.kind, vote.schema_version, vote.headphones) == ("vote", votes.SCHEMA_VERSION, "unknown")
    assert "vote_id" in votes.EXCLUSION_COLUMNS
