"""A researcher watches the Results tab while listeners vote."""

import json

import pytest
from playwright.sync_api import expect

from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.votes import Vote
from audiogan.ui import findings

from .axe import serious
from .conftest import EXPORT_KEY

pytestmark = pytest.mark.browser
LIVE_MILLISECONDS = 90_000
FITS = """[...document.querySelectorAll("#results .forest")].every((table) =>
  table.scrollWidth <= table.parentElement.clientWidth
  && [...table.querySelectorAll("tbody th")].every((name) => name.clientWidth > 100))"""  # none broken into letters


def listen(store: Store, study: Study, name: str, lazy: bool = False) -> None:
    """One sitting: quality of every test stimulus, real ones better, and if it is real; a lazy one always says 3.

    Beforehand it answers a gold trial as expected.
    """
    gold = study.of_role("gold")[0]
    (question, values), *_ = gold.expected.items()
    about = {"vote_id": f"{name}-gold", "session_id": name, "rater": name, "role": "gold", "study_hash": study.hash}
    about |= {"system": gold.system, "stimulus": gold.id, "label": gold.label, "response_ms": 900}
    tests = study.of_role("test")
    assert store.close_step(
        name, len(tests), {}, 0, [Vote(question=question, value=values[0], trial_index=len(tests), **about)]
    )
    for number, stimulus in enumerate(tests):
        value = 3 if lazy else 4 + number % 2 if stimulus.system == "real" else 1 + number % 2
        shared = {"vote_id": f"{name}-{number}", "session_id": name, "rater": name, "role": "test"}
        shared |= {
            "study_hash": study.hash,
            "system": stimulus.system,
            "stimulus": stimulus.id,
            "label": stimulus.label,
        }
        shared |= {"trial_index": number, "response_ms": 900}
        said = Vote(question="real", value="real" if value > 3 else "invented", order=1, **shared)
        assert store.close_step(name, number, {}, 0, [Vote(question="quality", value=value, **shared), said])


@pytest.fixture(scope="module")
def rated(site):
    """At least one sitting."""
    store = Store(f"sqlite:///{site.database}")
    listen(store, Study.load(), f"{99:032x}")
    store.close()


LATE = """
const find = Document.prototype.getElementById;
let asked = 0;
Document.prototype.getElementById = function (id) {
  return id === "results-block" && asked++ < 3 ? null : find.call(this, id);
};
"""


def test_radios_that_come_after_the_page_are_named_all_the_same(visit, rated):
    page = visit(path="#/results", script=LATE)
    expect(page.get_by_role("group", name="Sessions that count")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_sittings_that_count_are_one_switch_in_line_with_the_page(visit, rated, width):
    page = visit(width, 844, path="#/results")
    expect(page.locator("#results-block")).to_be_visible()
    first, second = (page.locator("#results-block label").nth(at).bounding_box() for at in (0, 1))
    assert first["x"] + first["width"] == pytest.approx(second["x"], abs=1)
    assert min(first["height"], second["height"]) >= 44
    assert first["x"] == pytest.approx(page.get_by_role("tablist").first.bounding_box()["x"], abs=2)
    page.get_by_text("Everyone", exact=True).click()
    expect(page.get_by_role("radio", name="Everyone")).to_be_checked()


def test_a_switch_stays_one_line_on_the_narrowest_phone(visit, rated):
    page = visit(320, 640, path="#/results")
    expect(page.locator("#results-block")).to_be_visible()
    first, second = (page.locator("#results-block label").nth(at).bounding_box() for at in (0, 1))
    assert (first["y"], first["height"]) == (second["y"], second["height"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_nothing_can_be_switched_while_nothing_was_rated(visit, rated):
    page = visit(390, 844, path="#/results")
    switch = page.get_by_role("group", name="Sessions that count")
    expect(switch).to_be_visible()
    page.locator("#results .findings").evaluate("(node, empty) => (node.outerHTML = empty)", findings.EMPTY)
    expect(switch).to_be_hidden()


def test_commands_are_for_whoever_runs_the_page(visit):
    page = visit(path="#/results")
    expect(page.get_by_text("Each listener counts once, however many sounds they rated.")).to_be_visible()
    expect(page.get_by_text("ratings stats")).to_be_hidden()
    page.locator("summary", has_text="For whoever runs this page").press("Enter")
    expect(page.get_by_text("ratings stats")).to_be_visible()


def test_a_server_that_is_gone_is_told_of_until_it_is_back(visit):
    page = visit(390, 844)
    page.context.set_offline(True)
    page.get_by_role("tab", name="Results").click()
    lost = page.get_by_role("status").filter(has_text="The server cannot be reached.")
    expect(lost).to_be_visible()
    expect(page.get_by_text("Counting the votes…")).to_be_hidden()
    page.context.set_offline(False)
    expect(lost).to_have_count(0)
    results = page.locator("#results :is(.summary, .empty:not([role]))")
    expect(results).to_be_visible()
    page.context.set_offline(True)
    expect(lost).to_be_visible()
    note, below = lost.bounding_box(), results.bounding_box()
    assert note["y"] + note["height"] <= below["y"]  # it covers none of them
    assert serious(page) == []
    page.context.set_offline(False)
    expect(lost).to_have_count(0)
    assert all("ERR_INTERNET_DISCONNECTED" in one or "Failed to fetch" in one for one in visit.complaints)
    visit.complaints.clear()


def test_results_are_live_readable_and_stay_open(visit, site):
    study, store = Study.load(), Store(f"sqlite:///{site.database}")
    for number in range(3):
        listen(store, study, f"{number:032x}")
    page = visit(390, 844, scheme="dark")
    page.get_by_role("tab", name="Results").click()
    quality = page.get_by_role("table", name="quality: mean by system")
    expect(quality.get_by_role("row", name="real")).to_contain_text("4.")
    expect(page.locator("#results .flag")).to_contain_text("fewer than 15 listeners")
    page.get_by_text("By instrument").click()
    expect(page.get_by_role("region", name="means by instrument")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    centre = "node => { const { left, width } = node.getBoundingClientRect(); return left + width / 2; }"
    for width in (1023, 1024, 1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(FITS)  # the page takes its new width step by step
    left = quality.locator(".axis").first.bounding_box()["x"]
    assert abs(quality.locator(".ticks span").first.evaluate(centre) - left) < 2  # the 1 stands where the axis begins
    assert serious(page) == []
    page.locator("summary", has_text="By instrument").focus()

    listen(store, study, f"{3:032x}", lazy=True)
    excluded = page.locator("#results dl > div", has_text="excluded by rule")
    expect(excluded).to_contain_text("1", timeout=LIVE_MILLISECONDS)
    expect(page.get_by_role("region", name="means by instrument")).to_be_visible()
    expect(page.locator("summary", has_text="By instrument")).to_be_focused()
    before = quality.get_by_role("row", name="real").inner_text()
    sessions = page.get_by_role("group", name="Sessions that count")
    sessions.get_by_role("radio", name="Everyone").check(force=True)
    expect(quality.get_by_role("row", name="real")).not_to_have_text(before)
    store.close()


def test_results_are_downloaded_by_keyboard_on_a_phone(visit, site, tmp_path):
    study, store = Study.load(), Store(f"sqlite:///{site.database}")
    for number in range(10, 13):
        listen(store, study, f"{number:032x}")
    page = visit(390, 844)
    page.get_by_role("tab", name="Results").click()
    downloads = page.get_by_role("navigation", name="Download these results")
    downloads.get_by_role("link", name="CSV").focus()
    saved = {}
    for name in ("CSV", "JSON lines", "Codebook", "LaTeX table", "Figure, PNG", "Figure, SVG"):
        expect(downloads.get_by_role("link", name=name)).to_be_focused()
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        saved[name] = download.value
        page.keyboard.press("Tab")
    hash = study.hash[:8]
    assert saved["CSV"].suggested_filename == f"results-{hash}.csv"
    assert saved["Figure, SVG"].suggested_filename == f"figure-{hash}.svg"
    assert saved["Figure, PNG"].path().read_bytes().startswith(b"\x89PNG")
    assert "quality" in saved["CSV"].path().read_text()
    assert study.hash in saved["Codebook"].path().read_text()
    for box in (link.bounding_box() for link in downloads.get_by_role("link").all()):
        assert box["height"] >= 44
        assert box["x"] + box["width"] <= 390
    page.get_by_role("radio", name="Everyone").check(force=True)
    expect(downloads.get_by_role("link", name="LaTeX table")).to_have_attribute("href", "results/table.tex?block=all")
    store.close()


def test_every_vote_is_for_whoever_has_the_key(visit, site):
    study, store = Study.load(), Store(f"sqlite:///{site.database}")
    listen(store, study, f"{20:032x}")
    page = visit()
    page.get_by_role("tab", name="Results").click()
    page.locator("summary", has_text="Every vote").press("Enter")
    page.get_by_label("Key", exact=True).fill("<b>not the key</b>")
    with page.expect_response("**/votes/votes.csv") as refused:
        page.keyboard.press("Enter")
    assert refused.value.status == 403
    expect(page.locator("#results-votes .status")).to_have_text("This is not the key.")
    assert ["403" in complaint for complaint in visit.complaints] == [True]  # the browser's own, of what it was refused
    visit.complaints.clear()
    page.get_by_label("Key", exact=True).fill(EXPORT_KEY)
    with page.expect_download() as download:
        page.get_by_role("button", name="Votes, JSON lines").press("Enter")
    assert download.value.suggested_filename == "votes.jsonl"
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert f"{20:032x}" in {row["session_id"] for row in rows if row["kind"] == "vote"}
    assert EXPORT_KEY not in page.content()
    store.close()
