"""The Compare tab in headless Chromium: which system is heard, and that it is the one that is named."""

import re

import pytest
from playwright.sync_api import Page, expect

from .listen import LISTEN, heard
from .waiting import wait_until

pytestmark = pytest.mark.browser
TRACKS = """
globalThis.tracks = [];
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...rest) {
  if (this instanceof AudioBufferSourceNode && this.loop) tracks.push(to);  // the gain of a looping track
  return connect.call(this, to, ...rest);
};
"""
CROSSFADED = """() => {
  const pressed = [...document.querySelectorAll(".compare .switch button")].map((one) => one.ariaPressed === "true");
  return pressed.length === tracks.length && tracks.every(({ gain }, at) => gain.value > 0.01 === pressed[at]);
}"""

WHERE = "all => all.map((one) => { const { x, y, width } = one.getBoundingClientRect(); return [x, y, width]; })"


def test_real_and_model_are_switched_in_place(visit):
    page = visit(script=LISTEN)
    page.get_by_role("tab", name="Compare").click()
    cells = page.locator(".cell")
    expect(cells).to_have_count(8)  # two of real sounds and of each model but the one that knows no flute
    expect(page.get_by_role("region", name="Scores, scrolls sideways")).to_contain_text("Right label")
    expect(page.locator(".system", has_text="tiny-one")).to_contain_text(
        "The classifier hears Flute in 25 % of its sounds"
    )
    expect(page.locator(".system", has_text="tiny-pitched")).to_contain_text("did not score this model")
    cells.first.click()
    page.wait_for_function("heard.length === 4")
    starts = heard(page)
    assert len({round(start["when"] - start["offset"], 6) for start in starts}) == 1  # all run together
    page.keyboard.press("2")
    expect(page.locator(".cell[data-state='heard']")).to_have_attribute("aria-label", re.compile("tiny-one, sound 1"))
    assert len(heard(page)) == 4  # none was started anew
    page.locator(".compare").get_by_role("button", name="Stop").click()
    expect(page.locator(".cell .head").first).to_be_hidden()


def test_no_scores_or_sounds_stand_under_another_instrument(visit):
    page = visit()
    page.get_by_role("tab", name="Compare").click()
    table = page.get_by_role("region", name="Scores, scrolls sideways")
    expect(table).to_contain_text("Right label")
    page.context.set_offline(True)
    page.locator(".compare").get_by_label("Instrument").select_option("Snare_drum")
    expect(table).to_be_hidden()
    expect(page.locator(".compare .lost")).to_contain_text("The server did not answer")
    expect(page.locator(".cell")).to_have_count(0)
    page.context.set_offline(False)
    visit.complaints.clear()
    page.locator(".compare").get_by_role("button", name="New sounds").click()
    expect(page.locator(".cell").first).to_be_visible()


def test_scores_that_say_less_come_when_asked_for_and_stay(visit):
    page = visit(390, 844)
    page.get_by_role("tab", name="Compare").click()
    rows = page.locator(".scores tbody tr")
    expect(rows.filter(has_text="Right label")).to_be_visible()
    expect(rows.filter(has_text="Nearest spectrum")).to_be_hidden()
    page.get_by_role("button", name="1 more score").click()
    expect(rows.filter(has_text="Nearest spectrum")).to_be_visible()
    expect(page.get_by_role("button", name="Fewer scores")).to_have_attribute("aria-expanded", "true")
    page.locator(".compare").get_by_role("button", name="New sounds").click()
    expect(rows.filter(has_text="Nearest spectrum")).to_be_visible()


def test_what_is_heard_is_not_hidden_where_the_page_is_enlarged_four_times(visit):
    page = visit(320, 256)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".cell")).to_have_count(8)
    page.locator(".cell").last.focus()
    switch = page.locator(".ab").bounding_box()
    assert switch["y"] + switch["height"] <= 0


def test_a_system_that_comes_later_joins_what_is_heard(visit):
    page = visit(script=TRACKS)
    page.get_by_role("tab", name="Compare").click()
    compare, held = page.locator(".compare"), []
    expect(compare.locator(".cell")).to_have_count(8)
    expect(compare.locator(".progress-line")).to_be_hidden()

    def hold(route):
        asks = '"fn_name":"clips"' in (route.request.post_data or "")
        held.extend([route] * asks)
        if not asks or len(held) != 3:
            route.continue_()

    page.route("**/component_server**", hold)
    compare.get_by_role("button", name="New sounds").click()
    expect(compare.locator(".cell")).to_have_count(4)
    second, third = compare.locator(".switch button").nth(1), compare.locator(".switch button").nth(2)
    expect(third).to_be_disabled()
    expect(compare.get_by_role("button", name="Cancel")).to_be_visible()  # Stop is the loop's
    places = compare.locator(".switch button, .system, .ab").evaluate_all(WHERE)
    second.click()
    page.wait_for_function("tracks.length === 2")
    wait_until(page, lambda: len(held) == 3)
    held[-1].continue_()
    expect(compare.locator(".cell")).to_have_count(8)
    expect(second).to_be_focused()
    expect(third).to_be_enabled()
    assert compare.locator(".switch button, .system, .ab").evaluate_all(WHERE) == places  # nothing moved away
    assert heard_now(page) == ["tiny-one"]
    page.keyboard.press("4")
    assert heard_now(page) == [compare.locator(".switch button").nth(3).inner_text()]


def heard_now(page: Page) -> list[str]:
    """What the pressed button of Compare says; first see that its track alone is heard."""
    page.wait_for_function(CROSSFADED)
    return page.locator(".compare .switch button[aria-pressed='true']").all_inner_texts()


def test_space_starts_and_stops_the_loop_and_scrolls_nothing(visit):
    page = visit(1280, 500)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".compare .cell")).to_have_count(8)
    for said in ("Stop", "Play in a loop"):
        page.keyboard.press("Space")
        expect(page.locator(".compare .run")).to_have_text(said)
    assert page.evaluate("scrollY") == 0
    page.get_by_label("Match loudness").press("Space")  # a field keeps it
    expect(page.get_by_label("Match loudness")).not_to_be_checked()
    expect(page.locator(".compare .run")).to_have_text("Play in a loop")


def test_number_keys_switch_systems_wherever_the_focus_is(visit):
    page = visit(script=TRACKS)
    page.get_by_role("tab", name="Compare").press("Enter")
    expect(page.locator(".compare .cell")).to_have_count(8)
    page.keyboard.press("2")
    page.wait_for_function("tracks.length === 4")
    assert heard_now(page) == ["tiny-one"]
    page.get_by_role("tab", name="Explore").press("Enter")
    page.keyboard.press("1")
    expect(page.locator(".compare .switch button[aria-pressed='true']")).to_have_text("tiny-one")
    page.get_by_role("tab", name="Compare").press("Enter")
    instrument, run = page.locator(".compare").get_by_label("Instrument"), page.locator(".compare .run")
    before, box = instrument.input_value(), instrument.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    for key in ("ArrowDown", "Enter"):  # in the menu that opened
        page.keyboard.press(key)
    expect(instrument).not_to_have_value(before)
    expect(instrument).to_be_focused()
    expect(page.locator(".compare .progress-line")).to_be_hidden()
    page.keyboard.press("2")
    expect(page.locator(".compare .switch button").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(run).to_have_text("Stop")
    page.keyboard.press("Space")
    expect(run).to_have_text("Play in a loop")


WIDE = """() => {  // as many columns, headed by such names
  for (const row of document.querySelectorAll(".scores tr")) {
    while (row.children.length < 7) row.append(row.lastElementChild.cloneNode(true));
  }
  for (const name of document.querySelectorAll(".scores thead th + th")) name.textContent = "wavegan-instruments";
}"""
SIX = """() => {  // as many systems as the shipped checkpoints have, two of them with long names
  for (const part of [".systems", ".ab .segments"].map((name) => document.querySelector(name))) {
    while (part.children.length < 6) part.append(part.lastElementChild.cloneNode(true));
  }
  for (const heading of document.querySelectorAll(".system:nth-child(3n) h2"))
    heading.textContent = "report-specgan-instruments of another study";
}"""


def test_six_systems_stand_in_two_rows_of_three_with_pictures_in_line(visit):
    page = visit()
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("region", name="Scores, scrolls sideways")).to_contain_text("Right label")
    page.evaluate(SIX)
    pictures = page.locator(".system").evaluate_all(
        "all => all.map((one) => Math.round(one.querySelector('.picture').getBoundingClientRect().y))"
    )
    assert (len(set(pictures[:3])), len(set(pictures[3:])), len(set(pictures))) == (1, 1, 2)
    switches = page.locator(".ab .segment").evaluate_all(WHERE)
    assert len({y for _, y, _ in switches}) == 1
    page.set_viewport_size({"width": 768, "height": 1024})
    switches = page.locator(".ab .segment").evaluate_all(WHERE)
    assert [y for _, y, _ in switches] == 3 * [switches[0][1]] + 3 * [switches[3][1]]


def test_no_score_is_cut_off(visit):
    page = visit(660, 1024)
    page.get_by_role("tab", name="Compare").click()
    table = page.get_by_role("region", name="Scores, scrolls sideways")
    expect(table).to_contain_text("Right label")
    page.evaluate(WIDE)
    for width, height in ((660, 1024), (768, 390), (1000, 1024), (1024, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        assert table.evaluate("node => node.scrollWidth <= node.clientWidth"), width
