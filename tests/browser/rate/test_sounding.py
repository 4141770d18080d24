"""What sounds in Rate, and when it stops; and two tabs of one browser, which are one sitting."""

import pytest
from playwright.sync_api import Page, expect

from ..rating import answer_by_keys, begin, get_ready, hear_and_answer, open_rate

pytestmark = pytest.mark.browser

# Counts the sounds that begin, and makes the pauses in a row as long as a test needs to press something in one.
EARS = """
window.begun = 0;
window.pausing = false;
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...given) { window.begun += 1; return start.apply(this, given); };
const later = window.setTimeout;
window.setTimeout = (call, wait, ...rest) => {
  window.pausing ||= wait === 250;
  return later(call, wait === 250 ? 2500 : wait, ...rest);
};
"""


def playing(page: Page) -> str:
    return page.locator(".rate .player .play").first.get_attribute("data-state")


def listen(page: Page, url: str) -> None:
    page.add_init_script(EARS)
    open_rate(page, url)


def test_a_tab_that_is_left_falls_silent_and_plays_nothing_by_itself(visit, rate_site):
    page = visit()
    begin(page)
    hear_and_answer(page)
    page.keyboard.press("Enter")
    page.locator(".feedback").get_by_role("button", name="Next").wait_for()
    page.evaluate("""() => {
      document.querySelector(".feedback button").click();  // the next sound may play by itself now
      [...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent.trim() === "Play").click();
    }""")
    page.wait_for_timeout(2000)  # longer than the sound
    assert playing(page) == "paused"
    assert page.locator(".trial .answers:enabled").count() == 0
    page.get_by_role("tab", name="Rate").click()
    page.evaluate("""() => {
      document.querySelector(".trial .player .play").click();
      [...document.querySelectorAll("[role=tab]")].find((tab) => tab.textContent.trim() === "Play").click();
    }""")
    page.wait_for_timeout(2000)
    assert playing(page) == "paused"
    assert page.locator(".trial .answers:enabled").count() == 0


@pytest.mark.long
def test_a_row_stops_between_its_sounds_for_good(visit, rate_site):
    page = visit()
    listen(page, rate_site.url)
    page.get_by_role("button", name="I agree: begin").click()
    page.get_by_role("button", name="The volume is right").click()
    page.get_by_role("button", name="Play: Three noises").click()
    page.wait_for_function("pausing")
    page.get_by_role("button", name="Stop: Three noises").click()
    assert playing(page) == "paused"
    page.wait_for_timeout(3000)
    assert (playing(page), page.evaluate("begun")) == ("paused", 1)
    page.evaluate("window.pausing = false")
    page.get_by_role("button", name="Play: Three noises").click()
    page.wait_for_function("pausing")
    page.get_by_role("button", name="I have no headphones").click()
    expect(page.locator(".trial .answers:enabled")).to_be_visible()  # the first sound played, whole
    page.wait_for_timeout(3000)
    assert page.evaluate("begun") == 3


def test_headphones_are_checked_without_leaving_the_keyboard(visit, rate_site):
    page = visit()
    open_rate(page, rate_site.url)
    page.get_by_role("button", name="I agree: begin").click()
    page.get_by_role("button", name="The volume is right").click()
    expect(page.locator(".rate .count")).to_contain_text("1 of")
    page.keyboard.press("Space")
    for number in (1, 2):  # the second plays unasked, and its button has the focus
        expect(page.locator(".rate .count")).to_contain_text(f"{number} of")
        expect(page.locator(".rate .answers:enabled")).to_be_visible(timeout=20_000)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
    expect(page.locator(".rate .count")).to_contain_text("3 of")


def test_two_tabs_that_agree_are_one_sitting(visit, rate_site):
    page = visit()
    other = page.context.new_page()
    open_rate(other, rate_site.url)
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.get_by_role("button", name="The volume is right")).to_be_visible()
    session = page.evaluate("localStorage.getItem('audiogan-session')")
    other.get_by_role("button", name="I agree: begin").click()
    expect(other.get_by_role("button", name="The volume is right")).to_be_visible()
    assert other.evaluate("localStorage.getItem('audiogan-session')") == session
    get_ready(page)
    answer_by_keys(page)
    place = page.locator(".rate .position span").inner_text()
    open_rate(page, rate_site.url)
    expect(page.locator(".rate .position span")).to_have_text(place)


def test_a_link_that_cannot_be_copied_stands_where_it_can_be_selected(visit, rate_site):
    page = visit()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    open_rate(page, rate_site.url)
    begin(page)
    page.get_by_role("button", name="Continue on another device").click()
    session = page.evaluate("localStorage.getItem('audiogan-session')")
    expect(page.get_by_label("The link to this session")).to_have_value(f"{rate_site.url}#session={session}")
    assert page.evaluate("getSelection().toString() || document.activeElement.value").endswith(session)
