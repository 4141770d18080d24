"""The Results tab: right numbers, inert text, one calculation for all who look."""

import html
import re
import threading
import time
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
import tiny_study
import yaml
from sitting import Listener
from test_study import write_study
from voting import exclusion, small_study, vote

from audiogan.listening import report
from audiogan.listening.statistics.analysis import analyse
from audiogan.listening.store import Store
from audiogan.listening.study import DEFAULT_FOLDER, Study
from audiogan.ui import findings
from audiogan.ui.forest import RATING, SHARE, Axis, Line, forest
from audiogan.ui.tally import FRESH_SECONDS, REST, Tally

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


class Cells(HTMLParser):
    """The text of each row's cells, and every tag that was opened."""

    def __init__(self, page: str):
        super().__init__()
        self.rows, self.tags = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


class CountingStore:
    """Yields rows, and counts how often it was asked."""

    def __init__(self, rows, going_on=()):
        self.stored, self.asked, self.going_on = rows, 0, going_on

    def under_way(self, study_hash, since_ms):
        return {row["session_id"] for row in self.stored if row["session_id"] in self.going_on}

    def rows(self):
        self.asked += 1
        return iter(self.stored)


def page_of(tally: Tally, block: str = "all") -> str:
    return tally.made(tally.now(), "page", block)


def everything() -> list[dict]:
    """Votes on every kind of question, with a name and a label that are markup."""
    rows = small_study()
    for number in range(3):
        name = f"r{number}"
        rows.append(vote(name, "real", ("first", "tie", "first")[number], "preference", other_system=HOSTILE))
        rows.append(vote(name, HOSTILE, "Flute", "naming", label=HOSTILE))
        rows.append(vote(name, HOSTILE, number + 1, label=HOSTILE, stimulus="h"))
        rows.append(vote(name, HOSTILE, "real", "real", label=HOSTILE, stimulus="h"))
    return [*rows, exclusion(HOSTILE, session_id="s-r3")]


def rated(net: Sequence[int], other: Sequence[int]) -> list[dict]:
    """Twelve raters who give each clip of two systems its points, and one more to every second."""
    return [
        vote(f"r{rater}", system, points + (rater + clip) % 2, stimulus=f"{system}{clip}")
        for rater in range(12)
        for system, of_clips in (("net", net), ("other", other))
        for clip, points in enumerate(of_clips)
        if (rater + clip) % 3
    ]


SAME, BETTER = ((4, 4, 2, 1, 3, 4), (1, 2, 3, 1, 4, 2)), ((4, 4, 3, 3, 3, 4), (1, 2, 2, 1, 1, 2))


class TestForest:
    def test_places_are_per_cent_of_the_axis_and_kept_within(self):
        assert [RATING.place(value) for value in (1, 3, 5, 9, -4)] == [0, 50, 100, 100, 0]
        assert Axis(-2, 2, ("-2", "2")).place(1) == 75

    def test_numbers_have_units_and_true_minus_signs(self):
        assert RATING.number(-1.254) == "−1.25"
        assert SHARE.span([9.6, 50]) == "10 % to 50 %"
        assert RATING.number(-0.001) == "0.00"
        assert (RATING.number(None), RATING.span(None)) == ("–", "no interval")

    def test_row_is_readable_as_text_and_drawn_at_its_place(self):
        line = Line("net", 3.0, (2.0, 4.5), ("12",))
        cells = Cells(forest([line], RATING, ("System", "Mean", "Listeners"), "means"))
        assert cells.rows[1] == ["net", "3.00", "2.00 to 4.50", "", "12"]
        drawn = [attributes["style"] for tag, attributes in cells.tags if tag in ("i", "b")]
        assert drawn == ["left:25.0%;width:62.5%", "left:50.0%"]


class TestPage:
    def test_numbers_of_the_analysis_are_shown(self):
        page = findings.page(analyse(small_study()), "all")
        rows = [row[:3] for row in Cells(page).rows]
        assert ["recording (real)", "4.00", "1.00 to 5.00"] in rows  # clipped to the scale
        assert ["recording (real)", "75 %", "0 % to 100 %"] in rows
        assert "25 %" in page  # the error of telling net from real
        (net,) = (row for row in Cells(page).rows if row[0] == "net" and len(row) == 9)
        assert net[6] == "0.00"  # as many misses as false alarms: no leaning to either answer
        assert "Preliminary" in page

    def test_scales_have_the_words_that_listeners_read(self, tmp_path):
        document = yaml.safe_load((DEFAULT_FOLDER / "study.yaml").read_text())
        document["questions"][0] |= {"prompt": "Wie klingt {label}?", "words": ["eins", "zwei", "drei", "vier", "<b>"]}
        study = Study.load(tiny_study.write_study(tmp_path / "study", questions=document["questions"]))
        page = findings.page(analyse(small_study()), "all", study)
        assert "<p>Wie klingt …? 1 eins, 2 zwei, 3 drei, 4 vier, 5 &lt;b&gt;." in page
        varied = [vote(question="diversity", value=value, rater=str(value)) for value in (1, 3, 5)]
        page = findings.page(analyse(varied), "all", study)
        assert "How varied are these ten sounds? 1 All alike, " in page

    def test_enough_listeners_are_not_preliminary(self):
        assert "Preliminary" not in findings.page(analyse(small_study(), 4), "all")

    def test_missing_intervals_and_wilsons_are_explained(self):
        rows = [vote(f"r{n}", "net", 5, stimulus=f"c{n}") for n in range(6)]
        rows += [row | {"question": "real", "value": "real"} for row in rows]
        page = findings.page(analyse(rows), "all")
        assert ["net", "5.00", "no interval"] in [row[:3] for row in Cells(page).rows]
        assert ["net", "100 %", "61 % to 100 %"] in [row[:3] for row in Cells(page).rows]
        assert "A mean of identical answers has no interval." in page
        assert "An interval at 0 or 100 % is Wilson&#x27;s, over listeners." in page
        assert "there are too few clips" not in page
        assert "Wilson&#x27;s, over" not in findings.page(analyse(small_study()), "all")
        assert "all alike give" not in findings.page(analyse(rated(*SAME)), "all")

    def test_exclusions_change_the_numbers_and_are_counted(self):
        results = analyse([*small_study(), exclusion("max_gold_failed", session_id="s-r3")])
        screened, everyone = (findings.page(results, block) for block in ("screened", "all"))
        assert ["recording (real)", "5.00"] in [row[:2] for row in Cells(screened).rows]
        assert ["recording (real)", "4.00"] in [row[:2] for row in Cells(everyone).rows]
        assert "failed checks of listening: 1" in screened
        assert all("<dd>1</dd><dt>session excluded by rule</dt>" in page for page in (screened, everyone))

    def test_references_are_called_what_listeners_were_told(self):
        rows = [vote(f"r{number}", system, 2) for number in range(3) for system in ("real", "anchor", "griffin-lim")]
        page = findings.page(analyse([*rows, *small_study()]), "all")
        assert "a recording, muffled on purpose (anchor); a recording, taken apart and put together again" in page
        assert {"muffled recording (anchor)", "rebuilt recording (griffin-lim)", "net"} <= {
            row[0] for row in Cells(page).rows
        }

    def test_systems_come_best_first(self):
        (names,) = re.findall(
            r'aria-label="quality: mean by system".*?</table>', findings.page(analyse(small_study()), "all")
        )
        assert names.index(">recording (real)<") < names.index(">net<")

    @pytest.mark.parametrize("block", findings.BLOCKS.values())
    def test_every_text_is_inert(self, block):
        results = analyse(everything()) | {"title": HOSTILE}
        page = findings.page(results, block)
        assert "<img" not in page
        assert "onerror" in html.unescape(page)
        assert not [tag for tag, attributes in Cells(page).tags if tag == "img" or "onerror" in attributes]

    def test_all_modules_have_their_part(self):
        page = findings.page(analyse(everything()), "all")
        for title in (
            "Quality",
            "Real or invented?",
            "Preferred",
            "Which instrument",
            "By instrument",
            "Which systems",
        ):
            assert title in page

    def test_differences_over_clips_come_first_and_others_say_that_they_are_about_these(self):
        results = analyse(rated(*SAME))
        (pair,) = results["all"]["comparisons"]["quality"]["pairs"]
        assert pair["p_holm"] < 0.001 < 0.2 < pair["p_headline_holm"]
        heads, row = (row for row in Cells(findings.page(results, "all")).rows if len(row) == 8)
        shown = dict(zip(heads, row, strict=True))
        points = f"{RATING.number(pair['difference'])} ({RATING.span(pair['interval'])})"
        assert shown["Its size (95 % interval)"] == points
        assert shown["p (Holm)"] == f"{pair['p_headline_holm']:.3f}"
        assert shown["Both hold for"] == "other listeners, other clips"
        assert shown["These clips: p (Wilcoxon, Holm)"] == "< 0.001"
        assert heads.index("p (Holm)") < heads.index("These clips: p (Wilcoxon, Holm)")

    def test_terminal_lists_what_differs_over_clips_too(self):
        alike = report.text(analyse(rated(*SAME)))
        assert "net - other" not in alike
        assert "0 of 1 pairs differ at 5 % (Holm); --json has all of them" in alike
        (line,) = (line for line in report.text(analyse(rated(*BETTER))).splitlines() if "net - other" in line)
        assert "over raters and clips, p 0.0005 (Holm); other listeners, these clips: Wilcoxon p 0.00049" in line


class TestCache:
    def test_many_viewers_cost_one_calculation(self):
        now = [0.0]
        results = Tally(store := CountingStore(small_study()), clock=lambda: now[0])
        pages = {page_of(results) for _ in range(50)} | {page_of(results)}
        assert len(pages) == store.asked == 1
        page_of(results, "screened")
        assert store.asked == 1

    def test_new_votes_show_up_soon(self):
        now = [0.0]
        results = Tally(store := CountingStore([]), clock=lambda: now[0])
        assert page_of(results) == findings.EMPTY
        store.stored = small_study()
        now[0] += FRESH_SECONDS
        assert page_of(results) != findings.EMPTY

    def test_long_calculations_are_rarer(self):
        now = [0.0]

        def clock():
            now[0] += 1.0  # each look at the clock takes a second: a calculation takes at least one
            return now[0]

        results = Tally(store := CountingStore(small_study()), clock=clock)
        page_of(results)
        now[0] += REST - 5
        page_of(results)
        assert store.asked == 1
        now[0] += 2 * REST
        page_of(results)
        assert store.asked == 2

    def test_who_comes_during_a_calculation_sees_the_page_before(self):
        now, gate, entered = [0.0], threading.Event(), threading.Event()
        results = Tally(store := CountingStore([]), clock=lambda: now[0])
        page_of(results)

        def slow():
            entered.set()
            gate.wait(30)
            return iter(small_study())

        store.rows = slow
        now[0] += FRESH_SECONDS
        thread = threading.Thread(target=page_of, args=(results,))
        thread.start()
        assert entered.wait(30)
        assert page_of(results) == findings.EMPTY
        gate.set()
        thread.join()
        assert page_of(results) != findings.EMPTY

    def test_only_the_studys_votes_count(self, tmp_path):
        study = Study.load(write_study(tmp_path / "pool"))
        theirs = [row | {"study_hash": study.hash} for row in small_study()[:4]]
        store = CountingStore([*small_study(), *theirs])
        assert "Real or invented?" in page_of(Tally(store, study))
        assert "<dd>1</dd><dt>listener</dt>" in page_of(Tally(store, study))
        assert "<dd>4</dd><dt>listeners</dt>" in page_of(Tally(store))

    def test_sitting_counts_once_it_is_over(self, tmp_path):
        study = Study.load(write_study(tmp_path / "pool"))
        store = CountingStore([row | {"study_hash": study.hash} for row in small_study()], {"s-r0", "s-r1"})
        page = page_of(Tally(store, study))
        assert "<dd>2</dd><dt>listeners</dt>" in page
        assert "Sessions under way: 2." in page
        store.going_on = {f"s-r{number}" for number in range(4)}
        assert page_of(Tally(store, study)).startswith(findings.EMPTY)
        store.going_on = ()
        assert "under way" not in page_of(Tally(store, study))

    def test_listener_cannot_tell_from_the_results_what_was_just_heard(self, tmp_path):
        study = Study.load(tiny_study.write_study(tmp_path / "pool"))
        store = Store(f"sqlite:///{tmp_path / 'votes.sqlite3'}")
        someone = Listener(study, store)
        someone.now = time.time()
        someone.consent()
        pages = set()
        while someone.view["stage"] != "done":
            someone.step()
            pages.add(page_of(Tally(store, study)))
        assert len(pages) == 2  # a sitting is under way, and then all of it
        assert sum("secretgan" in page for page in pages) == 1
        store.close()

    def test_unknown_block_is_refused(self):
        with pytest.raises(ValueError, match="block must be one of screened, all, not 'x'"):
            page_of(Tally(CountingStore([])), "x")
