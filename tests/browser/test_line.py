"""A busy server in headless Chromium: whoever waits is told their place, and the page asks again by itself."""

import pytest
from playwright.sync_api import expect

from .waiting import WAIT_MS

pytestmark = pytest.mark.browser
BUSY = {"error": "the server is busy, and you would be number 49 in line", "busy": True, "wait_ms": WAIT_MS}
HASTE = "const later = setTimeout; globalThis.setTimeout = (act, wait, ...rest) => later(act, wait / 20, ...rest);"


@pytest.mark.parametrize(
    ("tab", "asks"), [("Explore", "points"), pytest.param("Compare", "clips", marks=pytest.mark.long)]
)
def test_a_tab_shows_the_place_of_whoever_waits_and_asks_again(visit, tab, asks):
    page = visit()
    page.clock.install()
    held, places = [], []

    def hold(route):
        sent = route.request.post_data or ""
        if '"fn_name":"line"' in sent:
            places.append(route.fetch().json())
            route.fulfill(json={"place": 3})
        elif f'"fn_name":"{asks}"' in sent and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/component_server**", hold)
    page.get_by_role("tab", name=tab).click()
    progress = page.locator(f".{tab.lower()} .progress-line").first
    expect(progress.get_by_role("status")).to_have_text("Many are listening: you are number 3 in line.")
    assert places[0] == {"place": None}  # nothing waits at the server itself
    held[0].fulfill(json=BUSY)
    expect(progress.get_by_role("status")).to_have_text("The server is busy, and you would be number 49 in line.")
    page.clock.fast_forward(2 * WAIT_MS)
    expect(progress).to_be_hidden()
    expect(page.locator(f".{tab.lower()} canvas").first).to_be_visible()


@pytest.mark.parametrize("tab", ["explore", "compare"])
def test_where_nothing_came_it_is_said_and_asked_again_and_nothing_looks_alive(visit, tab):
    page = visit(script=HASTE)
    page.route("**/component_server**", lambda route: route.fulfill(json={"error": "the server has no room"}))
    page.evaluate(f"location.hash = '/{tab}'")
    root = page.locator(f".{tab}")
    expect(root.locator(".lost").get_by_role("alert")).to_have_text("The server has no room.")
    idle = {"explore": ("Play", "WAV", "To a pad", "Zoom in"), "compare": ("Play in a loop",)}[tab]
    for name in idle:
        expect(root.get_by_role("button", name=name, exact=True)).to_be_disabled()
    page.unroute("**/component_server**")
    root.get_by_role("button", name="Try again").click()
    for name in idle:
        expect(root.get_by_role("button", name=name, exact=True)).to_be_enabled()
    expect(root.locator(".lost")).to_have_count(0)
