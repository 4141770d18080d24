"""A visitor's way through the tabs that have no test of their own, in headless Chromium."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_shows_every_tab_without_sideways_scrolling(visit, scheme):
    page = visit(390, 844, scheme=scheme)
    for tab in ("Explore", "Compare", "Results", "About", "Play"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_card_of_a_stranger_is_inert(visit):
    page = visit()
    page.get_by_role("tab", name="About").click()
    expect(page.get_by_text("Untrained.").first).to_be_visible()
    expect(page.get_by_text("gradio_client").first).to_be_visible()
