"""The codebook: each column explained, and what a methods section needs to know of a study."""

import tiny_study
from test_screening import study_with

from audiogan.listening import codebook, records, row, votes
from audiogan.listening.study import Study


def test_codebook_explains_every_column(tmp_path):
    study = study_with(tmp_path, min_standard_deviation=0.3)
    text = codebook.codebook([study])
    for column in (*records.VOTE_COLUMNS, *records.EXCLUSION_COLUMNS, *votes.NOTE_COLUMNS):
        assert column in text
    assert "- `reason`: a sentence: the step's number in its sitting, from 0, and what was asked there." in text
    for kind in row.KINDS:
        assert f"`{kind}`" in text.split("## Votes")[0]
    assert "1 Bad, 2 Poor, 3 Fair, 4 Good, 5 Excellent" in text
    assert study.hash in text
    for name in (*codebook.NAMES, "Study.hash", "clip_hash", "weights_hash"):
        assert name not in text
    assert "`headphones`: one of `pass`, `fail`, `unknown`." in text
    for word in ("`title`", "`minimum_raters`", "`fast`", "`impossible`", "`straight`", f"wavegan ({'c' * 64})"):
        assert word in text
    public = codebook.codebook([study], public=True)
    assert "- systems: real, wavegan" in public.splitlines()
    assert "c" * 64 not in public
    assert "seed of the pool" not in public
    assert "real clips:" not in public
    assert "trials of a sitting: training 0, test 4, gold 1, repeat 2, naming 0" in text


def test_codebook_has_what_listeners_were_told_and_how_results_are_reckoned():
    study = Study.load()
    design, text = study.design, codebook.codebook([study])
    assert f"- consent, version {design.consent_version}: {' '.join(design.consent_text.split())}\n" in text
    for question in design.questions:
        offered = "A real recording of the instrument is offered beside it. (" if question.exemplar else "("
        words = question.prompt + f" {question.hint}" * bool(question.hint)
        assert f"- `{question.name}`: {words} {offered}" in text
    data = study.manifest["data"]
    assert f"- real clips: held-out ones of {data['source']} ({data['sha256']})\n" in text
    assert f"- seed of the pool: {study.manifest['seed']}, frozen by audiogan {study.manifest['audiogan']}" in text
    assert "Intervals are of 95 %" in text
    assert "where a system has 6 clips or more" in text
    assert "`strength` and for differences of strengths, with the clips of both sides" in text


def test_codebook_has_the_questions_that_a_study_asks_and_no_others(tmp_path):
    asked = {"modules": {"naming": 1, "preference": 1, "diversity": 1}, "trials": {"training": 0, "test": 0, "gold": 1}}
    lines = codebook.codebook([Study.load(tiny_study.write_study(tmp_path / "study", **asked))]).splitlines()
    assert "- `naming`: Which instrument is this? (Flute, Snare_drum, cannot tell)" in lines
    assert "- `preference`: Which one sounds better? (first, second, tie)" in lines
    assert any(line.startswith("- `diversity`: How varied are these ten sounds? (1 All alike, ") for line in lines)
    assert "- gold: a recording under noise, which passes with quality 1 or 2" in lines
    assert not [line for line in lines if line.startswith(("- `quality`: ", "- `resemblance`: "))]
    plain = codebook.codebook([Study.load()])
    assert "Which instrument is this?" not in plain
    assert "- `quality`: " in plain
