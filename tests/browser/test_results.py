"""A researcher watches the Results tab while listeners vote."""

import pytest
from playwright.sync_api import expect

from audiogan.listening.store import Store
from audiogan.listening.study import Study
from audiogan.listening.votes import Vote

from .axe import serious

pytestmark = pytest.mark.browser
LIVE_MILLISECONDS = 90_000


def listen(store: Store, study: Study, name: str, lazy: bool = False) -> None:
    """One sitting: every test stimulus rated on quality, real ones better; a lazy listener always says 3."""
    for number, stimulus in enumerate(study.of_role("test")):
        value = 3 if lazy else 4 + number % 2 if stimulus.system == "real" else 1 + number % 2
        shared = {"vote_id": f"{name}-{number}", "session_id": name, "rater": name, "role": "test"}
        shared |= {
            "study_hash": study.hash,
            "system": stimulus.system,
            "stimulus": stimulus.id,
            "label": stimulus.label,
        }
        vote = Vote(question="quality", value=value, trial_index=number, response_ms=900, **shared)
        assert store.close_step(name, number, {}, 0, [vote])


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
    left = quality.locator(".axis").first.bounding_box()["x"]
    assert abs(quality.locator(".ticks span").first.evaluate(centre) - left) < 2  # the 1 stands where the axis begins
    assert serious(page) == []

    listen(store, study, f"{3:032x}", lazy=True)
    excluded = page.locator("#results dl > div", has_text="sittings excluded by rule")
    expect(excluded).to_contain_text("1", timeout=LIVE_MILLISECONDS)
    expect(page.get_by_role("region", name="means by instrument")).to_be_visible()
    before = quality.get_by_role("row", name="real").inner_text()
    page.get_by_role("radio", name="Everyone").check(force=True)
    expect(quality.get_by_role("row", name="real")).not_to_have_text(before)
    store.close()
