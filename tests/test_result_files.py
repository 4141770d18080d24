"""Results as files: the same numbers in each, all explained, no formula, nothing about a single listener."""

import csv
import io
import itertools
import json
import re

import pytest
from test_ratings import HOSTILE, voted
from test_screening import study_with
from voting import exclusion, vote

from audiogan.listening import records
from audiogan.listening.exclusions import by_study
from audiogan.listening.numbers import COLUMNS, numbers
from audiogan.listening.result_files import KINDS, is_drawn, result_file
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.study import Study


@pytest.fixture
def study(tmp_path) -> Study:
    return study_with(tmp_path, min_standard_deviation=0.3)


def found_by(study) -> dict:
    return analyse(by_study(records.records(voted(study), [study]))[study.hash])


def everything_asked() -> list[dict]:
    """Votes on every kind of question, some of them repeated."""
    rows = []
    for rater, system, clip in itertools.product(range(6), ("real", "net", "other"), range(4)):
        place = {"stimulus": f"{system}{clip}", "trial_index": clip, "label": f"L{clip % 2}"}
        value = 1 + (rater + clip + len(system)) % 5
        rows.append(vote(f"r{rater}", system, value, **place))
        rows.append(vote(f"r{rater}", system, value, **place | {"role": "repeat", "trial_index": 50 + clip}))
        rows.append(vote(f"r{rater}", system, ("real", "invented")[value % 2], "real", **place))
        rows.append(vote(f"r{rater}", system, f"L{rater % 2}", "naming", **place))
    rows += [vote(f"r{n}", "real", ("first", "tie")[n % 2], "preference", other_system="net") for n in range(6)]
    return [*rows, exclusion("max_gold_failed", session_id="s-r3")]


def test_csv_and_jsonl_have_the_same_numbers_and_those_of_the_analysis(study):
    results = found_by(study)
    lines = result_file("results.jsonl", results).decode().splitlines()
    rows = [json.loads(line) for line in lines]
    cells = list(csv.DictReader(io.StringIO(result_file("results.csv", results).decode())))
    assert [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows] == cells
    for block in ("screened", "all"):
        mean = results[block]["scales"]["quality"][0]
        (row,) = (
            row
            for row in rows
            if (row["block"], row["question"], row["statistic"], row["system"], row["label"])
            == (block, "quality", "mean", mean["system"], "")
        )
        assert (row["value"], [row["low"], row["high"]]) == (mean["mean"], mean["interval"])
        assert (row["raters"], row["votes"], row["preliminary"]) == (mean["raters"], mean["votes"], "yes")
    assert {row["study_hash"] for row in rows} == {study.hash}
    withdrawn = [row["value"] for row in rows if row["statistic"] == "withdrawn"]
    assert withdrawn == [1, 1]
    assert [row["value"] for row in rows if row["statistic"] == "skipped_steps"] == [3, 3]
    assert [row["value"] for row in rows if row["statistic"] == "skipped_sessions"] == [2, 2]


def test_every_statistic_and_column_is_in_the_codebook(study):
    rows = numbers(analyse(everything_asked()))
    text = result_file("codebook.md", analyse([]), studies=[study]).decode()
    statistics = {row["statistic"] for row in rows}
    assert statistics >= {"mean", "d_prime", "strength", "taken_for", "named_right", "difference", "alpha"}
    assert not [name for name in (*statistics, *COLUMNS) if not re.search(rf"[ `]{name}[`,]", text)]


def test_differences_are_of_the_headline_and_effect_sizes_of_these_clips():
    results = analyse(everything_asked())
    pair = results["screened"]["comparisons"]["quality"]["pairs"][0]
    rows = [row for row in numbers(results) if row["block"] == "screened" and row["question"] == "quality"]
    named = {"system": pair["first"], "other": pair["second"]}
    found = {row["statistic"]: row for row in rows if named.items() <= row.items()}
    difference, effect = found["difference"], found["rank_biserial"]
    assert [difference["low"], difference["high"]] == pair["interval"]
    assert (difference["over"], difference["p"]) == (pair["over"], pair["p_headline_holm"])
    assert (effect["over"], effect["p"], effect["low"]) == ("raters", pair["p_holm"], None)


def test_counts_tell_roles_headphones_and_devices_apart():
    rows = [
        row | {"headphones": "pass", "device_class": "phone"} for row in everything_asked() if row["kind"] == "vote"
    ]
    found = {(row["statistic"], row["other"]): row["value"] for row in numbers(analyse(rows)) if row["block"] == "all"}
    assert (found["role_votes", "repeat"], found["role_votes", "gold"]) == (72, 0)
    assert found["role_votes", "test"] + 72 == found["votes", ""] == len(rows)
    assert found["headphones_sessions", "pass"] == found["device_sessions", "phone"] == 6


def test_every_interval_says_what_it_speaks_for():
    rows = numbers(analyse(everything_asked()))
    assert not [row for row in rows if row["low"] is not None and not row["over"]]
    found = {row["statistic"]: row for row in rows if row["block"] == "all"}
    assert (found["d_prime"]["over"], found["d_prime"]["clips"]) == ("raters", 4)
    assert (found["strength"]["over"], found["strength"]["raters"], found["strength"]["votes"]) == ("raters", 6, 6)
    (pair,) = analyse(everything_asked())["all"]["preference"]["pairs"]
    preferred = [row for row in rows if (row["statistic"], row["question"]) == ("difference", "preference")]
    assert {(row["p"], row["over"]) for row in preferred if row["block"] == "all"} == {
        (pair["p_headline_holm"], pair["over"])
    }


def test_table_has_what_was_named_and_preferred_and_counts_of_each_column():
    rows = [row for row in everything_asked() if row["kind"] == "vote"]
    rows = [row for row in rows if row["question"] != "real" or row["rater"] < "r4"]
    table = result_file("table.tex", analyse(rows)).decode()
    cells = [line.rstrip(" \\\n").split(" & ") for line in table.splitlines() if " & " in line]
    assert cells[0][-2:] == [r"Named right (\%)", "Strength"]
    assert {len(row) for row in cells} == {len(cells[0])}
    assert {tuple(row[1:3]) for row in cells[1:]} == {("4--6", "16--24")}
    only = [row for row in rows if row["question"] in ("naming", "preference")]
    assert " & 0 & 0 " not in result_file("table.tex", analyse(only)).decode()
    assert result_file("figure.png", analyse(only)).startswith(b"\x89PNG")
    assert is_drawn(analyse(only)["screened"])


def caption(rows: list[dict]) -> str:
    """The line of a table's caption that says what is in it."""
    return result_file("table.tex", analyse(rows)).decode().splitlines()[2]


def test_caption_says_what_the_intervals_speak_for():
    def given(question: str, values: tuple, clips: int, raters: int = 8) -> list[dict]:
        return [
            vote(f"r{n}", "net", values[(n + c) % len(values)], question, f"n{c}")
            | {"other_system": "other", "other_stimulus": f"o{c}"}
            for n in range(raters)
            for c in range(clips)
        ]

    preferred, quality = ("first", "second", "first"), (1, 4, 3)
    assert caption(given("preference", preferred, 5)) == "% Bradley-Terry strengths, log; 95 % intervals over raters."
    assert caption(given("preference", preferred, 6)).endswith("log; 95 % intervals over raters and clips.")
    both = "% Means of raters' means or shares; Bradley-Terry strengths, log; 95 % intervals over raters and clips"
    assert caption(given("preference", preferred, 6) + given("quality", quality, 6)) == f"{both}."
    some = given("preference", preferred, 5) + given("quality", quality, 6)
    assert caption(some) == f"{both}, some over raters alone."
    assert caption(given("quality", quality, 6, raters=1)).endswith("shares; no 95 % interval can be told.")


def test_nothing_about_single_votes_or_sittings_is_in_the_files(study):
    rows = [row for row in voted(study) if row["kind"] == "vote" and row["study_hash"]]
    written = "".join(result_file(name, found_by(study)).decode("latin-1") for name in KINDS)
    for name in ("vote_id", "session_id", "rater", "stimulus", "clip_sha256"):
        assert not [row[name] for row in rows if row[name] and row[name] in written]


def test_no_cell_of_the_results_is_a_formula():
    rows = [vote(f"r{n}", system, 3, stimulus=system) for n in range(3) for system in HOSTILE]
    text = result_file("results.csv", analyse(rows)).decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert [cell for cell in cells if "=" in cell]
    formulas = [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r", "-"))]
    assert not [cell for cell in formulas if not re.fullmatch(r"-[\d.e-]+", cell)]


def test_figure_says_that_it_is_preliminary_and_needs_votes(study):
    results = found_by(study)
    early = result_file("figure.svg", results)
    assert len(early) > len(result_file("figure.svg", results | {"screened": results["all"] | {"preliminary": False}}))
    assert result_file("figure.png", results, "all").startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no votes to draw"):
        result_file("figure.png", analyse([]))


def test_same_results_give_the_same_bytes(study):
    results = found_by(study)
    for name in KINDS:
        assert result_file(name, results) == result_file(name, results)
