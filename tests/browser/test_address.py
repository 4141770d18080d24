"""The address names the open tab: a link leads listeners to the test, and a reload or Back to where they were."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def selected(page: Page, name: str) -> None:
    """See a tab open, and the address say so."""
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name=name)).to_be_in_viewport()
    expect(page).to_have_url(re.compile(rf"#/{name.lower()}$"))


def test_link_opens_the_test_and_a_reload_stays_there(visit):
    page = visit(path="#/rate")
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()
    selected(page, "Rate")
    page.reload()
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()


def test_link_without_the_slash_is_understood(visit):
    expect(visit(path="#rate").get_by_role("button", name="I agree: begin")).to_be_visible()


def test_back_and_forward_go_from_tab_to_tab(visit):
    page = visit(390, 844)
    for name in ("Rate", "Results"):
        page.get_by_role("tab", name=name).click()
        selected(page, name)
    page.go_back()
    selected(page, "Rate")
    page.go_back()
    expect(page.get_by_role("tab", name="Play")).to_have_attribute("aria-selected", "true")
    page.go_forward()
    selected(page, "Rate")


def test_back_after_a_change_elsewhere_opens_the_tab_and_names_what_is_heard(visit):
    page = visit()
    page.get_by_role("tab", name="Explore").click()
    expect(page.locator(".scope .identity")).to_contain_text("seeds 1, 2, 3, 4")  # there is a sound now
    page.locator(".explore").get_by_role("button", name="To a pad").click()
    page.get_by_role("menuitem").first.click()
    expect(page.get_by_text("Pad 1 of Play has this sound now.")).to_be_visible()
    page.wait_for_url("**/?model=*#/explore*")
    heard = page.url.split("#")[0]
    page.go_back()
    expect(page.get_by_role("tab", name="Play")).to_have_attribute("aria-selected", "true")
    page.wait_for_url(heard)


def test_back_in_the_middle_of_a_sitting_loses_nothing(visit):
    page = visit(path="#/rate")
    page.get_by_role("button", name="I agree: begin").click()
    page.get_by_role("button", name="The volume is right").click()
    expect(page.get_by_role("heading", name="Headphone check")).to_be_visible()
    page.get_by_role("tab", name="Play").click()
    page.go_back()
    expect(page.get_by_role("heading", name="Headphone check")).to_be_visible()
    page.goto("about:blank")
    page.go_back()
    expect(page.get_by_role("heading", name="Headphone check")).to_be_visible()


def test_link_of_a_session_opens_it_in_a_page_that_is_already_there(visit):
    page = visit(path="#/rate")
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.get_by_role("heading", name="Set the volume")).to_be_visible()
    session = page.evaluate("localStorage.getItem('audiogan-session')")
    other = visit(390, 844)
    other.evaluate(f"location.hash = 'session={session}'")
    expect(other.get_by_role("heading", name="Set the volume")).to_be_visible()
    assert session not in other.url


def test_link_of_a_session_that_is_not_known_leaves_ones_own(visit):
    page = visit(path="#/rate")
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.get_by_role("heading", name="Set the volume")).to_be_visible()
    page.evaluate(f"location.hash = 'session={32 * 'a'}'")
    expect(page.locator(".rate .status")).to_contain_text("no session known here")
    expect(page.get_by_role("heading", name="Set the volume")).to_be_visible()
    assert page.url.endswith("#/rate")


@pytest.mark.parametrize(
    "fragment",
    [
        "#<img src=x onerror=alert(1)>",
        *(pytest.param(other, marks=pytest.mark.long) for other in ("#nothing", "#session=x", "#" + "x" * 2000)),
    ],
)
def test_address_that_names_no_tab_does_no_harm(visit, fragment):
    page = visit(path=fragment)
    for _ in range(2):
        expect(page.get_by_role("tab", name="Play")).to_be_visible()
        assert page.locator("img[src=x]").count() == 0
        page.evaluate("location.hash = '/explore?seeds=<b>'")
