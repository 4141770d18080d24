"""The votes as files: exact, inert in a spreadsheet, complete in themselves; and `ratings` on the command line."""

import csv
import dataclasses
import json

import pytest
from test_cli import refused
from test_screening import study_with
from voting import World, exclusion, note, vote

from audiogan import cli
from audiogan.listening import latex, records, report
from audiogan.listening.exclusions import by_study
from audiogan.listening.statistics.analysis import analyse, analyse_all
from audiogan.listening.study import Study
from audiogan.listening.votes import Recruited

HOSTILE = ("=1+1", "+1", "-1", "@x", "\tx", "'quoted", "\r=1", 'say "hi", then\nleave', "<b>&_%$#{}~^\\", "Gong")
SEPARATED = "lines\u2028of\x85all\x1ckinds"


@pytest.fixture
def study(tmp_path) -> Study:
    return study_with(tmp_path, min_standard_deviation=0.3)


def voted(study: Study, raters: int = 6) -> list[dict]:
    """Votes of a small study, one straight-lining rater, one who withdrew, skipped steps, a vote outside any study."""
    rows = []
    tests = study.of_role("test")
    for number in range(raters):
        values, _, _ = World(raters=1, clips=len(tests), heard=len(tests)).study(number)
        for place, (stimulus, value) in enumerate(zip(tests, values, strict=True)):
            common = {"study_hash": study.hash, "trial_index": place, "response_ms": 900 + place, "lufs": -23.000001}
            common |= {"label": stimulus.label, "stimulus": stimulus.id, "seed": 2**62 if stimulus.model else None}
            for question in ("quality", "resemblance"):
                rows.append(vote(f"r{number}", stimulus.system, 3 if number == 1 else int(value), question, **common))
            said = "real" if value > 3 else "invented"
            rows.append(vote(f"r{number}", stimulus.system, said, "real", **common))
    rows += [note("s-r0", study.hash), note("s-r0", study.hash), note("s-r1", study.hash)]
    rows += [note(f"s-r{raters - 1}", study.hash), exclusion("withdrawn", session_id=f"s-r{raters - 1}")]
    return [*rows, vote("free", "wavegan", 5, role="free", study_hash="", stimulus="", clip_sha256="f")]


class FakeStore:
    rows_to_yield: list[dict] = []  # noqa: RUF012
    where = "here/ratings.sqlite3"

    def rows(self):
        return iter(self.rows_to_yield)


@pytest.fixture
def stored(study, monkeypatch) -> list[dict]:
    """What the database holds, for the command line."""
    monkeypatch.setattr("audiogan.listening.store.Store", FakeStore)
    monkeypatch.setattr(FakeStore, "rows_to_yield", voted(study))
    return FakeStore.rows_to_yield


class TestRecords:
    def test_records_hold_votes_rules_and_what_they_mean_and_nothing_withdrawn(self, study):
        rows = records.records(voted(study), [study])
        assert rows[0] == {
            "kind": "study",
            "study_hash": study.hash,
            "title": "Real or invented?",
            "minimum_raters": 15,
        }
        assert not [row for row in rows if row["kind"] == "vote" and row["rater"] == "r5"]
        excluded = {(row["rule"], row["session_id"]) for row in rows if row["kind"] == "exclusion"}
        assert {("withdrawn", "s-r5"), ("min_standard_deviation", "s-r1")} <= excluded
        assert [row["session_id"] for row in rows if row["kind"] == "note"] == ["s-r0", "s-r0", "s-r1"]

    def test_withdrawal_counts_once_and_in_its_own_study(self, study):
        rows = [*voted(study), vote("other", study_hash="f" * 64)]  # whose withdrawal names no study, as older ones do
        exported = records.records(rows, [study])
        assert records.records(rows, [study, study]) == exported
        for some in (exported, records.records(exported, [])):
            counts = {one["study_hash"]: one["exclusions"]["withdrawn"] for one in analyse_all(some)}
            assert counts == {study.hash: 1, "f" * 64: 0, "": 0}

    def test_study_whose_listeners_all_withdrew_tells_how_many(self, study, tmp_path):
        rows = [vote(f"r{n}", study_hash=study.hash) for n in range(2)]
        rows += [exclusion("withdrawn", session_id=f"s-r{n}", study_hash=study.hash) for n in range(2)]
        rows += [dataclasses.asdict(Recruited(session_id="s-gone", study_hash="f" * 64))]
        (tmp_path / "file").write_text(records.to_jsonl(records.records(rows, [study])))
        found = {one["study_hash"]: one for one in analyse_all(records.read(tmp_path / "file"))}
        assert {name: one["exclusions"]["withdrawn"] for name, one in found.items()} == {study.hash: 2, "f" * 64: 0}
        assert found["f" * 64]["recruited"] == {"begun": 1, "answered": 0}
        text = report.text(found[study.hash])
        assert text.startswith("Real or invented?")
        assert "0 raters, 0 sessions" in text
        assert "withdrawn: 2" in text
        assert latex.table(found[study.hash]).count("\n") > 5

    def test_older_export_of_one_study_still_counts_who_withdrew(self):
        old = exclusion("withdrawn", session_id="gone")
        counts = [one["exclusions"]["withdrawn"] for one in analyse_all([vote(), old])]
        assert counts == [1]
        rows = [vote(), vote("b", study_hash="f" * 64), old]
        assert sum(one["exclusions"]["withdrawn"] for one in analyse_all(rows)) <= 1

    @pytest.mark.parametrize(("format", "to_text"), [("csv", records.to_csv), ("jsonl", records.to_jsonl)])
    def test_round_trip_is_exact(self, study, tmp_path, format, to_text):
        rows = records.records(voted(study), [study])
        rows += [
            vote(label=text, value=text, question="naming", study_hash=study.hash, trial_index=place)
            for place, text in enumerate((*HOSTILE, SEPARATED))
        ]
        (tmp_path / f"votes.{format}").write_text(to_text(rows), newline="")
        assert records.read(tmp_path / f"votes.{format}") == rows

    @pytest.mark.parametrize(("format", "to_text"), [("csv", records.to_csv), ("jsonl", records.to_jsonl)])
    def test_label_of_digits_stays_the_text_that_was_named(self, tmp_path, format, to_text):
        rows = [vote(f"r{n}", "net", "01", "naming", label="01") for n in range(3)]
        rows += [vote("r0", "net", 4), vote("r0", "net", 2, "diversity")]
        (tmp_path / f"votes.{format}").write_text(to_text(rows), newline="")
        read = records.read(tmp_path / f"votes.{format}")
        assert read == rows
        assert analyse(read)["all"]["naming"][0]["accuracy"] == 1

    @pytest.mark.parametrize("format", ["csv", "jsonl"])
    def test_export_that_a_spreadsheet_saved_again_is_read(self, tmp_path, format):
        rows, to_text = [vote(label="Zupfgeige")], {"csv": records.to_csv, "jsonl": records.to_jsonl}[format]
        text = to_text(rows).replace("\r\n", "\n")
        (tmp_path / "file").write_text(text, "utf-8-sig", newline="\r\n")
        assert records.read(tmp_path / "file") == rows

    @pytest.mark.parametrize("to_text", [records.to_csv, records.to_jsonl])
    def test_vote_that_stands_twice_counts_once(self, tmp_path, to_text):
        rows = [vote(), vote(question="resemblance"), note("s-r0"), vote("r1")]
        (tmp_path / "file").write_text(to_text([*rows, rows[0], rows[3]]), newline="")
        assert records.read(tmp_path / "file") == rows

    def test_vote_that_stands_twice_and_differs_is_refused_by_row(self, tmp_path):
        (tmp_path / "file").write_text(records.to_jsonl([vote(), vote(), vote(value=5)]))
        with pytest.raises(
            ValueError, match="row 3: vote s-r0/c0/test/0 on quality came before with different content"
        ):
            records.read(tmp_path / "file")

    def test_file_in_another_encoding_is_named(self, tmp_path):
        (tmp_path / "file").write_bytes("kind,label\nvote,Flöte\n".encode("latin-1"))
        with pytest.raises(ValueError, match="file is not UTF-8 text: invalid start byte at byte 18"):
            records.read(tmp_path / "file")

    def test_no_cell_is_a_formula(self):
        text = records.to_csv([vote(label=label, value=label, question="naming") for label in HOSTILE])
        cells = [cell for row in csv.reader(text.splitlines(keepends=True)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]

    def test_negative_numbers_stay_numbers(self):
        assert ",-23.5," in records.to_csv([vote(lufs=-23.5)])

    def test_empty_file_has_no_rows(self, tmp_path):
        (tmp_path / "file").write_text("")
        assert records.read(tmp_path / "file") == []


class TestTable:
    def test_latex_is_escaped_and_complete(self):
        rows = [vote(f"r{n}", system, n + 1, stimulus=f"c{n}") for n in range(4) for system in ("real", "my_net%")]
        text = latex.table(analyse(rows))
        assert r"my\_net\%" in text
        assert "$2.50\\,[" in text
        assert text.count(r"\\") == 4
        assert r"\multicolumn{4}{l}{Preliminary: a system has fewer than 15 raters.} \\" in text.splitlines()
        assert "reliminary" not in latex.table(analyse(rows, 4))
        assert latex.escape("a\\b~^{&#$}") == r"a\textbackslash{}b\textasciitilde{}\textasciicircum{}\{\&\#\$\}"

    def test_latex_of_real_or_invented_alone_has_counts_and_intervals(self):
        rows = [
            vote(f"r{n}", system, "real" if n % modulus else "invented", "real", stimulus=f"c{n % 4}")
            for n in range(8)
            for system, modulus in (("real", 4), ("net", 2))
        ]
        found = analyse(rows)["all"]["real"][1]
        low, high = found["detection"]["d_prime_interval"]
        text = latex.table(analyse(rows))
        assert r"System & $R$ & $n$ & Called real (\%) & $d'$ & $c$ \\" in text
        share = [f"{100 * end:.0f}" for end in found["interval"]]
        d_prime = rf"{found['detection']['d_prime']:.2f}\,[{low:z.2f}, {high:z.2f}]"
        assert rf"net & 8 & 8 & $50\,[{share[0]}, {share[1]}]$ & ${d_prime}$ & $" in text
        assert text.count(r"real & 8 & 8 & $75\,[") == 1

    def test_answers_all_alike_have_no_interval_in_any_file(self):
        rows = [vote(f"r{n}", "net", 5, stimulus=f"c{n}") for n in range(4)]
        assert "5.00 [no interval]" in report.text(analyse(rows))
        assert r"net & 4 & 4 & $5.00$ \\" in latex.table(analyse(rows))

    def test_text_says_what_counts(self, study):
        results = analyse(by_study(records.records(voted(study), [study]))[study.hash])
        text = report.text(results)
        assert "Real or invented?" in text
        assert "PRELIMINARY" in text
        assert "4 raters, 4 sessions, 48 test answers (of 48 votes" in text
        assert "left out: 1 sessions, 12 votes; withdrawn: 1 (min_standard_deviation 1)" in text
        assert "skipped, because a sound could not be played: 3 steps of 2 sessions" in text
        assert "d'" in text


class TestCommand:
    @pytest.mark.parametrize("format", ["csv", "jsonl"])
    def test_stats_of_an_export_are_those_of_the_database(self, stored, study, tmp_path, capsys, format):
        folder = ["--study", str(study.folder)]
        assert cli.main(["ratings", "stats", "--json", *folder]) == 0
        live = json.loads(capsys.readouterr().out)
        out = tmp_path / f"votes.{format}"
        assert cli.main(["ratings", "export", "--format", format, "--out", str(out), *folder]) == 0
        assert f"{sum(row['kind'] == 'vote' for row in stored) - 12} votes" in capsys.readouterr().err
        FakeStore.rows_to_yield.clear()
        assert cli.main(["ratings", "stats", "--json", "--from", str(out)]) == 0
        assert json.loads(capsys.readouterr().out) == live
        assert [one["study_hash"] for one in live["studies"]] == [study.hash, ""]
        assert live["studies"][0]["exclusions"]["rules"]["min_standard_deviation"] == 1
        assert live["studies"][0]["skipped"] == {"steps": 3, "sessions": 2}

    def test_rules_are_those_of_the_study_that_the_app_runs(self, stored, study, monkeypatch, capsys):
        monkeypatch.setenv("AUDIOGAN_STUDY", str(study.folder))
        assert cli.main(["ratings", "stats"]) == 0
        told = capsys.readouterr()
        assert "min_standard_deviation 1" in told.out
        assert told.err == ""

    def test_study_without_its_design_is_named(self, stored, study, tmp_path, capsys):
        assert cli.main(["ratings", "stats"]) == 0
        told = capsys.readouterr()
        assert told.err == f"study {study.hash}: {report.WITHOUT_RULES}\n"
        assert f"NOT SCREENED: {report.WITHOUT_RULES}" in told.out
        export = ["ratings", "export", "--out", tmp_path / "votes.csv", "--table", tmp_path / "table.tex"]
        assert cli.main(list(map(str, export))) == 0
        assert f"study {study.hash}: {report.WITHOUT_RULES}\n" in capsys.readouterr().err
        assert "% NOT SCREENED" in (tmp_path / "table.tex").read_text()

    def test_stats_of_a_bare_export_apply_the_rules_once(self, stored, study, tmp_path, capsys):
        bare, told = tmp_path / "bare.jsonl", tmp_path / "told.jsonl"
        bare.write_text(records.to_jsonl(records.records(stored, [])))
        told.write_text(records.to_jsonl(records.records(stored, [study])))
        found = []
        for file in (bare, told):
            assert cli.main(["ratings", "stats", "--json", "--from", str(file), "--study", str(study.folder)]) == 0
            found.append(json.loads(capsys.readouterr().out)["studies"])
        assert found[0] == found[1]
        assert (found[0][0]["without_rules"], found[0][0]["title"]) == (False, "Real or invented?")
        rows = records.completed(records.read(told), [study])
        assert sum(row["kind"] == "exclusion" for row in rows) == 2

    def test_codebook_table_and_figures(self, stored, study, tmp_path, capsys):
        files = {name: tmp_path / name for name in ("votes.csv", "codebook.md", "table.tex", "figure.svg")}
        options = ["--codebook", files["codebook.md"], "--table", files["table.tex"], "--figure", files["figure.svg"]]
        command = ["ratings", "export", "--out", files["votes.csv"], "--study", study.folder, *options]
        assert cli.main([str(word) for word in command]) == 0
        assert "# Codebook" in files["codebook.md"].read_text()
        assert r"\toprule" in files["table.tex"].read_text()
        assert files["figure.svg"].read_text().startswith("<?xml")
        command[-2:] = ["--figure", tmp_path / "figure.png", "--results", tmp_path / "results.csv"]
        assert cli.main([str(word) for word in command]) == 0
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
        cells = csv.DictReader((tmp_path / "results.csv").read_text().splitlines())
        assert {row["study_hash"] for row in cells} == {study.hash, ""}  # each study's, and of votes outside any

    def test_text(self, stored, study, capsys):
        assert cli.main(["ratings", "stats", "--study", str(study.folder)]) == 0
        assert "Ratings outside a study" in capsys.readouterr().out

    def test_no_votes(self, monkeypatch, tmp_path, capsys):
        monkeypatch.setattr("audiogan.listening.store.Store", FakeStore)
        assert cli.main(["ratings", "stats"]) == 0
        assert capsys.readouterr().out == "No votes yet in here/ratings.sqlite3.\n"
        (tmp_path / "none.jsonl").write_text("")
        assert cli.main(["ratings", "stats", "--from", str(tmp_path / "none.jsonl")]) == 0
        assert capsys.readouterr().out == f"No votes in {tmp_path / 'none.jsonl'}.\n"
        assert cli.main(["ratings", "stats", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"studies": []}
        export = ["ratings", "export", "--out", tmp_path / "votes.csv"]
        assert "no votes to draw" in refused(capsys, cli.main, *export, "--figure", tmp_path / "f.svg")

    def test_figure_of_excluded_sittings_says_why_there_is_none(self, stored, study, tmp_path, capsys):
        stored += [exclusion(session_id=f"s-r{number}") for number in range(5)]
        export = ["ratings", "export", "--out", tmp_path / "votes.csv", "--study", study.folder]
        refusal = refused(capsys, cli.main, *export, "--figure", tmp_path / "f.svg")
        assert "cannot be drawn: every sitting is excluded; nothing was written" in refusal
        assert [path.name for path in tmp_path.iterdir()] == ["pool"]

    def test_bad_arguments_write_nothing(self, stored, study, tmp_path, capsys):
        export = ["ratings", "export", "--out"]
        assert "is missing" in refused(capsys, cli.main, *export, tmp_path / "none/votes.csv")
        assert "invalid choice" in refused(capsys, cli.main, *export, tmp_path / "votes.xls", "--format", "xls")
        assert "must end in" in refused(capsys, cli.main, *export, tmp_path / "v.csv", "--figure", tmp_path / "f.pdf")
        assert "cannot be read" in refused(capsys, cli.main, *export, tmp_path / "v.csv", "--study", tmp_path / "no")
        assert "cannot use" in refused(capsys, cli.main, "ratings", "stats", "--from", tmp_path / "none.csv")
        whole = ["--study", study.folder, "--table", tmp_path / "t.tex"]
        assert "Is a directory" in refused(capsys, cli.main, *export, tmp_path, *whole)
        twice = tmp_path / "pool/../v.csv"
        assert "is named twice" in refused(capsys, cli.main, *export, tmp_path / "v.csv", "--results", twice)
        assert [path.name for path in tmp_path.iterdir()] == ["pool"]
