"""What has room on the Play tab: toasts beside what is waited for, pads and Play in sight, on screens of many sizes."""

import pytest
from playwright.sync_api import expect

from .studio import tool
from .waiting import STANDING

pytestmark = pytest.mark.browser
COVERED = """() => [...document.querySelectorAll(
  "[role=tab], .progress button, .toolbar button, .toolbar select, .toolbar input:not([hidden])")]
  .filter((node) => node.checkVisibility()).filter((node) => {
    const { x, y, width, height } = node.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return !node.contains(top) && !top?.closest("label")?.contains(node);
  }).map((node) => node.textContent || node.value)"""


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1280, 800),
        (390, 844),
        pytest.param(667, 375, marks=pytest.mark.long),
        pytest.param(1000, 700, marks=pytest.mark.long),
        pytest.param(844, 390, marks=pytest.mark.long),
    ],
)
def test_toast_lies_over_no_control_while_a_kit_is_made(visit, width, height):
    page = visit(width, height, script=STANDING)
    tool(page, "Clear all").click()
    held = []
    page.route("**/component_server**", lambda route: held.append(route))
    tool(page, "New kit").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".progress").get_by_role("button", name="Cancel")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    assert page.evaluate(COVERED) == []
    page.unroute("**/component_server**")  # lets those that are held go on, too
    expect(page.locator(".progress")).to_be_hidden()


def test_a_beat_needs_no_scrolling(visit):
    page = visit()
    for width, height, last in ((1280, 800, ".step-row"), (390, 844, ".transport .run")):
        page.set_viewport_size({"width": width, "height": height})
        box = page.locator(last).first.bounding_box()
        assert box["y"] + box["height"] <= height


def test_smallest_phone_and_largest_text_cut_nothing_off(visit):
    page = visit()
    for width, height, text in ((320, 568, 100), (390, 844, 150), (1280, 800, 200)):
        page.set_viewport_size({"width": width, "height": height})
        page.add_style_tag(content=f"html {{ font-size: {text}% !important }}")
        spilling = page.evaluate(
            """[...document.querySelectorAll(".studio :is(.tool, .segment, .slider, .pad .name)")]
            .filter((one) => one.checkVisibility())
            .filter((one) => one.scrollWidth > one.clientWidth || one.getBoundingClientRect().right > innerWidth
              || one.scrollHeight > one.clientHeight + 1)
            .map((one) => one.textContent)"""
        )
        assert spilling == []


def test_the_transport_is_one_row_on_a_wide_screen(visit):
    assert visit().locator(".transport").bounding_box()["height"] < 80


def test_three_rows_of_pads_are_in_sight_on_a_phone_on_its_side(visit):
    page = visit(844, 390, touch=True)
    box = page.locator(".pad").nth(8).bounding_box()
    assert box["y"] + box["height"] <= 390
    shown = [page.get_by_role("button", name=name, exact=True) for name in ("New kit", "Share", "Save kit", "Open kit")]
    boxes = [one.bounding_box() for one in shown]
    assert len({box["y"] for box in boxes}) == 1
    assert min(min(box["width"], box["height"]) for box in boxes) >= 40


def test_play_is_in_sight_between_a_phones_browser_bars(visit):
    page = visit(390, 664, touch=True)
    run = page.locator(".transport .run").bounding_box()
    assert run["y"] + run["height"] <= 664


def test_pads_show_no_letters_while_these_play_the_keyboard(visit):
    page = visit()
    letters, before = page.locator(".pad kbd"), page.locator(".pad").nth(9).bounding_box()
    expect(letters.nth(9)).to_be_visible()
    page.get_by_role("button", name="Keys", exact=True).click()
    assert [letter.is_visible() for letter in letters.all()] == [False] * 16
    assert "key" not in page.locator(".pad").nth(9).get_attribute("aria-label")
    page.get_by_role("button", name="Steps", exact=True).click()
    expect(letters.nth(9)).to_be_visible()
    assert page.locator(".pad").nth(9).get_attribute("aria-label").endswith(", key S")
    assert page.locator(".pad").nth(9).bounding_box()["height"] == before["height"]
