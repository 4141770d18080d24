"""How a test takes part in the listening test: what it presses, and where it reads its receipt."""

import re

from playwright.sync_api import Page, expect


def open_rate(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".rate .place > *")).to_be_visible()


def begin(page: Page) -> None:
    """Consent, volume, no headphones; then the first practice trial."""
    page.get_by_role("button", name="I agree: begin").click()
    get_ready(page)


def answer_about(page: Page, said: dict[str, str]) -> None:
    """The questions about oneself: a choice for some of the prompts."""
    for prompt, choice in said.items():
        page.get_by_role("group", name=prompt).get_by_role("radio", name=choice).check(force=True)
    page.get_by_role("button", name="Next").click()


def get_ready(page: Page) -> None:
    page.get_by_role("button", name="The volume is right").click()
    page.get_by_role("button", name="I have no headphones").click()
    expect(page.locator(".trial")).to_be_visible()


def hear_and_answer(page: Page) -> None:
    """One trial with the keyboard alone, up to its submission."""
    play = page.locator(".trial .player .play").first
    expect(play).to_be_enabled()
    if play.get_attribute("data-state") != "playing" and page.locator(".answers:enabled").count() == 0:
        page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    press_answers(page)
    if page.locator(".trial .part[hidden]").count():
        page.keyboard.press("Enter")
        press_answers(page)


def press_answers(page: Page) -> None:
    for _ in range(page.locator(".trial .part:enabled .question:visible").count()):
        page.keyboard.press("2")


def answer_by_keys(page: Page) -> str:
    """One trial with the keyboard alone; its receipt."""
    hear_and_answer(page)
    before = receipt(page)
    page.keyboard.press("Enter")
    expect(page.locator(".rate .saved")).to_have_text(re.compile(rf"Stored\. Receipt (?!{before or 'x'})"))
    if page.locator(".feedback").count():
        page.keyboard.press("Enter")
    expect(page.locator(".feedback")).to_have_count(0)
    return receipt(page)


def receipt(page: Page) -> str:
    return (re.findall(r"Receipt (\S+)", page.locator(".rate .saved").inner_text()) or [""])[0]
