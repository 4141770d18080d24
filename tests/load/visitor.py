"""A person at a browser, and what its pages say of trouble."""

import re
import time

from browser.rating import answer_by_keys, begin, hear_and_answer, open_rate, receipt
from browser.test_play import identity
from playwright.sync_api import expect

NOT_STORED = "The server could not store that: it will be sent again."
NO_CONNECTION = "No connection: your answers are kept here and sent again."
NO_ANSWER = "The server did not answer: check the connection and try again."


class Visitor:
    """A person at a browser with two tabs open: a trial, and the pads."""

    def __init__(self, browser, url: str):
        self.url, self.receipts = url, []
        self.rating, self.playing = (browser.new_context().new_page() for _ in range(2))
        for page in (self.rating, self.playing):
            page.set_default_timeout(120_000)
        open_rate(self.rating, url)
        begin(self.rating)
        self.playing.goto(url)
        expect(self.playing.locator(".pad")).to_have_count(16)

    def rate(self) -> None:
        """A trial from its sound to its receipt."""
        self.receipts.append(answer_by_keys(self.rating))

    def answer(self) -> None:
        """A trial up to its submission, which nobody waits for."""
        hear_and_answer(self.rating)
        self.before = receipt(self.rating)
        self.rating.keyboard.press("Enter")

    def is_told(self, words: str) -> None:
        expect(self.rating.locator(".rate .status")).to_have_text(words)

    def answer_waits(self) -> bool:
        """Whether a trial's answer is not stored at once, and the page says so."""
        self.answer()
        either = """([words, before]) => document.querySelector(".rate .status").textContent === words ||
            !document.querySelector(".rate .saved").textContent.endsWith(before)"""
        self.rating.wait_for_function(either, arg=[NOT_STORED, self.before])
        if self.rating.locator(".rate .status").inner_text() == NOT_STORED:
            return True
        self.is_stored()
        return False

    def is_stored(self) -> None:
        """The answer that was on its way arrived."""
        stored = re.compile(rf"Stored\. Receipt (?!{self.before or 'x'})")
        expect(self.rating.locator(".rate .saved")).to_have_text(stored, timeout=120_000)
        self.receipts.append(receipt(self.rating))
        if self.rating.locator(".feedback").count():
            self.rating.keyboard.press("Enter")

    def hears_another_sound(self) -> None:
        """A pad is re-rolled until the page has none in stock and has to ask."""
        for _ in range(9):
            before = identity(self.playing, 2)
            self.playing.keyboard.press("Shift+3")
            expect(self.playing.locator(".inspector .identity")).not_to_have_text(before)

    def sees_of_the_copy(self, words: str, seconds: float) -> None:
        """The Results tab's line about the Hub, looked at again and again until it says so."""
        until = time.monotonic() + seconds
        while True:
            self.playing.get_by_role("tab", name="Results").click()
            line = self.playing.locator("#sync-state")
            expect(line).not_to_be_empty()
            if words in line.inner_text():
                break
            assert time.monotonic() < until, line.inner_text()
            self.playing.get_by_role("tab", name="Play").click()
            self.playing.wait_for_timeout(2000)
        self.playing.get_by_role("tab", name="Play").click()
