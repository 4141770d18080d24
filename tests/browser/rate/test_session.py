"""A whole session by keyboard and by touch, what it tells and when, and what is said to those who do not see it."""

import re

import pytest
from playwright.sync_api import Page, expect
from sitting import secrets_of

from ..axe import serious
from ..rating import answer_by_keys, begin
from .conftest import TRIALS, votes

pytestmark = pytest.mark.browser
NAMES = """(button) => {
  globalThis.names = [];
  new MutationObserver(() => names.push(button.ariaLabel)).observe(button, { attributeFilter: ["aria-label"] });
}"""
FILL = "(one) => getComputedStyle(one).backgroundColor"


def test_keyboard_alone_finishes_and_nothing_sent_on_the_way_names_a_system(visit, rate_site):
    before, heard = len(votes(rate_site)), []
    page = visit()

    def record(response):
        request = response.request
        sent = f"{request.method} {request.url} {request.headers} {request.post_data}"
        try:
            body = response.text()
        except Exception:  # a stream that is still open, or an image
            body = ""
        heard.append(f"{sent} {response.headers} {body}")

    page.on("response", record)
    page.reload()
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="Rate").focus()
    page.keyboard.press("Enter")
    begin_button = page.get_by_role("button", name="I agree: begin")
    begin_button.focus()
    page.keyboard.press("Enter")
    for name in ("The volume is right", "I have no headphones"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
    receipts = [answer_by_keys(page) for _ in range(TRIALS - 1)]
    page.wait_for_timeout(300)
    events = [text for text in heard if "/component_server" in text]
    for secret in secrets_of(rate_site.study):
        assert not [text[:200] for text in events if secret in text]
        assert secret not in page.locator(".rate").inner_html()
    for secret in secrets_of(rate_site.study) - {"anchor"}:  # a word that stylesheets and scripts have too
        assert not [text[:200] for text in heard if secret in text]
        assert secret not in page.content()
    assert any('"fn_name":"sounds"' in text for text in heard)
    receipts.append(answer_by_keys(page))
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert serious(page) == []
    assert len(set(receipts)) == TRIALS
    assert len(votes(rate_site)) - before == 8 * 4 + 3
    expect(page.locator(".done")).to_contain_text("secretgan-alpha")  # only now
    left_out = "2 for practice, 1 to check the listening, 3 with other questions"
    expect(page.locator(".done")).to_contain_text(f"of 5. Not counted: {left_out}.")
    page.get_by_role("button", name="How others answered").press("Enter")
    expect(page.locator("#results")).to_contain_text("Real or invented?")


def test_instrument_is_told_only_once_what_is_asked_before_is_answered(visit, rate_site):
    page = visit(390, 844)
    begin(page)
    before = len(votes(rate_site))
    expect(page.locator(".trial")).not_to_contain_text(re.compile("flute|snare", re.IGNORECASE), use_inner_text=True)
    expect(page.get_by_role("button", name="Play: A real")).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("Enter")  # one is still open
    page.keyboard.press("3")
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    quality = page.get_by_role("group", name="How good is the sound quality?")
    quality.get_by_role("radio", name="2 Poor").check(force=True)  # until here it can be changed
    page.keyboard.press("Enter")
    expect(page.locator(".trial .player").first).to_have_text(re.compile("^(Flute|Snare drum)$"))
    expect(page.locator(".rate .status")).to_have_text(re.compile("^Meant to be: (Flute|Snare drum)"))
    expect(page.get_by_role("group", name="Meant to be:")).to_be_focused()
    expect(page.get_by_role("button", name="Play: A real")).to_be_visible()
    expect(quality.get_by_role("radio", name="2 Poor")).to_be_disabled()
    expect(quality.get_by_role("radio")).to_have_count(1)  # on a phone what was answered is a line
    assert serious(page) == []
    for key in ("5", "1"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".feedback")).to_be_visible()
    given = {vote["question"]: vote["value"] for vote in votes(rate_site)[before:]}
    assert given == {"quality": 2, "intelligibility": 3, "resemblance": 5, "real": "real"}


def test_phone_finishes_by_touch_with_room_for_every_thumb(visit, rate_site):
    page = visit(390, 844, has_touch=True, is_mobile=True, color_scheme="dark", reduced_motion="reduce")
    begin(page)
    for number in range(TRIALS):
        place = page.locator(".rate .position span").inner_text()
        if page.locator(".answers:enabled").count() == 0:
            play = page.locator(".trial .player .play").first
            expect(play).to_be_enabled()
            if play.get_attribute("data-state") != "playing":
                play.tap()
        expect(page.locator(".trial .answers:enabled")).to_be_visible()
        for name in ("Next", "Submit"):
            press = page.get_by_role("button", name=name)
            if press.count() == 0:
                continue  # not every trial has two parts
            expect(press).to_be_in_viewport(ratio=1)  # nothing to scroll for
            if number == 0:
                assert serious(page) == []
                assert_room_for_thumbs(page)
            for question in page.locator(".trial .part:enabled .question:visible").all():
                question.locator("label").first.tap()
            press.tap()
        if number < 2:
            page.locator(".feedback button").tap()
        expect(page.locator(".rate .position span", has_text=place)).to_have_count(0)
        expect(page.locator(".trial, .done")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert serious(page) == []
    assert {vote["device_class"] for vote in votes(rate_site)} >= {"phone"}


def assert_room_for_thumbs(page: Page) -> None:
    for target in page.locator(".trial button:visible, .trial .choices label:not(:has(:disabled)):visible").all():
        box = target.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_questions_are_named_groups_of_named_radios_and_changes_are_announced(visit):
    page = visit()
    begin(page)
    page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    assert serious(page) == []
    group = page.get_by_role("group", name="How good is the sound quality?")
    expect(group.get_by_role("radio", name="5 Excellent")).to_be_visible()
    group.get_by_role("radio", name="1 Bad").focus()
    page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="2 Poor")).to_be_checked()
    page.emulate_media(forced_colors="active")
    assert group.locator("label:has(:checked)").evaluate(FILL) != group.locator("label").first.evaluate(FILL)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    exemplar = page.locator(".question", has_text="resemble").get_by_role("button", name="Play: A real")
    exemplar.evaluate(NAMES)
    exemplar.press("Enter")
    page.wait_for_function("names.some((name) => name.startsWith('Stop: A real'))")  # for a tenth of a second
    page.get_by_role("group", name="Was it recorded").get_by_role("radio", name="Real").focus()
    page.keyboard.press("2")
    expect(page.locator(".rate [role=status][aria-live=polite]")).not_to_be_empty()
    assert page.evaluate("getComputedStyle(document.activeElement.closest('label')).outlineStyle") == "solid"
