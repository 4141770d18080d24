"""Who comes back, here or on another device, goes on; whoever has a receipt may take the answers back."""

import pytest
from playwright.sync_api import expect

from audiogan.listening import tokens

from ..rating import answer_by_keys, begin, open_rate, press_answers
from .conftest import votes

pytestmark = pytest.mark.browser


def test_reload_and_second_device_resume_at_the_same_trial(visit, rate_site):
    page = visit()
    begin(page)
    answer_by_keys(page)
    place = page.locator(".rate .position span").inner_text()
    open_rate(page, rate_site.url)
    expect(page.locator(".rate .position span")).to_have_text(place)
    session = page.evaluate("localStorage.getItem('audiogan-session')")
    other = visit(390, 844, address=f"#session={session}")
    expect(other.locator(".rate .position span")).to_have_text(place)
    assert session not in other.url


def test_answers_given_before_the_instrument_is_told_stay_after_a_reload(visit, rate_site):
    page = visit()
    begin(page)
    page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    press_answers(page)
    page.keyboard.press("Enter")
    told = page.locator(".trial .player").first.inner_text()
    open_rate(page, rate_site.url)
    expect(page.locator(".trial .player").first).to_have_text(told)
    earlier = page.locator(".trial .part").first
    expect(earlier).to_have_js_property("disabled", True)
    expect(earlier.locator("input:checked")).to_have_count(earlier.locator(".question").count())
    page.locator(".trial .player .play").first.click()
    taken = answer_by_keys(page)
    vote_id = tokens.vote_id(tokens.parse_receipt(taken))
    given = {row["question"]: row for row in votes(rate_site) if row["vote_id"] == vote_id}
    assert (given["quality"]["value"], given["intelligibility"]["value"], given["quality"]["plays"]) == (2, 2, 2)
    assert page.locator(".trial .part:enabled").first.locator("input:checked").count() == 0


def test_receipt_takes_the_answers_back(visit, rate_site):
    page = visit()
    begin(page)
    taken = answer_by_keys(page)
    other = visit()
    other.locator("summary", has_text="Withdraw answers").click()
    other.get_by_label("Receipt").fill(f" {taken.upper()} ")
    other.get_by_role("button", name="Withdraw").click()
    expect(other.locator(".rate .status")).to_contain_text("Withdrawn")
    assert [row["rule"] for row in rate_site.store.rows() if row["kind"] == "exclusion"][-1] == "withdrawn"
    open_rate(page, rate_site.url)
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()


def test_what_is_no_receipt_is_said_in_words_and_markup_stays_text(visit):
    page = visit()
    page.locator("summary", has_text="Withdraw answers").click()
    page.get_by_label("Receipt").fill("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".rate .status")).to_contain_text("Receipt must be 16 digits")
    assert page.locator(".rate img").count() == 0
