"""A study of long German words on a phone: all of it is seen before it is heard, in its place, within its frame."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from .conftest import running
from .test_language import DESIGN as GERMAN
from .test_language import SAY

pytestmark = pytest.mark.browser
LONG = ["Überhaupt nicht", "Kaum", "Einigermaßen", "Ziemlich", "Ununterscheidbarkeitsgrad"]
REAL, RESEMBLANCE = GERMAN["questions"]
DESIGN = GERMAN | {
    "questions": [REAL | {"name": "quality", "kind": "scale", "words": LONG}, RESEMBLANCE, REAL],
    "modules": {"naming": 0, "preference": 1, "diversity": 1},
}
OUTSIDE = """() => [...document.querySelectorAll(".trial .choices label")].filter((label) => {
  const frame = label.getBoundingClientRect();
  return [...label.querySelectorAll("b, span")].some((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].some((word) => word.left < frame.left + 3 || word.right > frame.right - 3
      || word.top < frame.top || word.bottom > frame.bottom);
  });
}).map((label) => label.textContent)"""
BROKEN = """() => [...document.querySelectorAll(".trial .choices span")].filter((node) => {
  const range = document.createRange(), text = node.firstChild;
  return [...text.data.matchAll(/\\S+/g)].some(({ index, 0: word }) => {
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return range.getClientRects().length > 1;
  });
}).map((node) => node.textContent)"""


@pytest.fixture(scope="module")
def rate_site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("long"), num_samples=8000, **DESIGN) as site:
        yield site


def press(page: Page, sentence: str) -> None:
    page.get_by_role("button", name=SAY(sentence)).click()


def place(page: Page) -> float:
    """Where the button under the answers is on the page."""
    return page.locator(".trial .foot .primary").evaluate("(node) => node.getBoundingClientRect().y + scrollY")


def trials(page: Page) -> Iterator[int]:
    """From the consent to the thanks: each trial as it is shown. It is answered then; its words must fit."""
    for sentence in ("I agree: begin", "The volume is right", "I have no headphones"):
        press(page, sentence)
    for number, parts in enumerate((2, 2, 1, 1)):
        position = page.locator(".rate .position")
        expect(position).to_have_text(f"Aufgabe {number} von 3" if number else "Übung 1 von 1")
        yield number
        if number == 0 and page.locator(".trial .answers:disabled").count():  # the others play by themselves
            page.locator(".trial .play").first.click()
        expect(page.locator(".trial .answers:enabled")).to_be_visible()
        for part in range(parts):
            assert page.evaluate(OUTSIDE) == page.evaluate(BROKEN) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            for question in page.locator(".trial .part:enabled .question:visible").all():
                question.locator("label").nth(1).click()
            press(page, "Next" if part < parts - 1 else "Submit")
        if number == 0:
            press(page, "Next")
    expect(page.get_by_role("heading", name=SAY("Thank you"))).to_be_visible()


def check_answers_stay(page: Page, number: int) -> None:
    """They are seen, and in their place, before, while and after a trial's sounds are heard."""
    before = place(page)
    if number in (0, 3):  # these wait to be played, or play for seconds
        label = page.locator(".trial .answers:disabled .choices label").first
        expect(label).to_be_visible()
        expect(label).to_have_css("opacity", "1")
        assert page.locator(".trial .answers").evaluate("(node) => Number(getComputedStyle(node).opacity)") > 0.6
    if number == 0:
        page.locator(".trial .play").first.click()
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    assert place(page) == before


@pytest.mark.long
def test_on_a_phone_answers_stay_lamps_are_a_row_codes_a_line_and_buttons_reach_its_edges(visit):
    page = visit(320, 640, reduced_motion="reduce")
    expect(page.locator(".facts")).to_contain_text("Aufgaben: 3, dazu 1 zum Üben")
    for number in trials(page):
        check_answers_stay(page, number)
        tops = page.evaluate("[...document.querySelectorAll('.trial .lamps i')].map((lamp) => lamp.offsetTop)")
        assert len(set(tops)) <= 1
    expect(page.locator(".done")).to_contain_text("richtig unterschieden: ")
    page.locator(".done summary").last.click()
    widths = {round(node.bounding_box()["width"]) for node in page.locator(".done button").all()}
    assert len(widths) == 1
    for code in (".receipt code", ".saved span"):
        expect(page.locator(code)).to_have_text(re.compile(r"^[\da-f]{4}(-[\da-f]{4}){3}$"))
        assert page.locator(code).evaluate("(node) => node.getClientRects().length") == 1


@pytest.mark.long
def test_on_a_desk_answers_stay(visit):
    page = visit(1280, 844, reduced_motion="reduce")
    for number in trials(page):
        check_answers_stay(page, number)


def test_the_count_of_the_headphone_check_is_seen_once(visit):
    page = visit(390, 844)
    press(page, "I agree: begin")
    press(page, "The volume is right")
    status = page.locator(".rate .status")
    expect(status).to_have_text("Kopfhörertest 1 von 6")  # for those who hear the page
    expect(status).to_have_css("clip-path", "inset(50%)")
    expect(page.locator(".rate .count")).to_have_text("1 von 6")
    press(page, "I have no headphones")
    expect(status).to_have_css("clip-path", "none")
