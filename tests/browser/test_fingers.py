"""Fingers on a phone: they slide over keys, paint steps, and scroll the page without changing what they touch."""

import time

import pytest
from playwright.sync_api import Page, expect

from .listen import LISTEN, heard
from .studio import pad, tool
from .waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(visit) -> Page:
    return visit(390, 844, script=LISTEN, touch=True)


def slide(page: Page, start: tuple[float, float], step: tuple[float, float], count: int = 20) -> None:
    """One finger, put down, moved and lifted; pixels."""
    devtools = page.context.new_cdp_session(page)
    for at in range(count):
        point = {"x": start[0] + at * step[0], "y": start[1] + at * step[1], "id": 1}
        devtools.send("Input.dispatchTouchEvent", {"type": "touchMove" if at else "touchStart", "touchPoints": [point]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_finger_slides_over_every_key_of_an_octave_that_fits(phone):
    phone.get_by_role("button", name="Keys", exact=True).tap()
    expect(phone.locator(".key:visible")).to_have_count(13)
    piano = phone.locator(".piano")
    piano.scroll_into_view_if_needed()
    box = piano.bounding_box()
    assert piano.evaluate("node => node.scrollWidth <= node.clientWidth")
    phone.evaluate("heard.length = 0")
    slide(phone, (box["x"] + 10, box["y"] + box["height"] - 20), (box["width"] / 20, 0))
    phone.wait_for_function("heard.length === 8")
    phone.set_viewport_size({"width": 844, "height": 390})
    expect(phone.locator(".key:visible")).to_have_count(25)


def test_finger_paints_steps_sideways_and_scrolls_upwards(phone):
    steps = phone.locator(".step:visible")
    steps.first.scroll_into_view_if_needed()
    tool(phone, "Clear all").tap()
    levels = "[...document.querySelectorAll('.step')].slice(0, 16).map((step) => step.dataset.level).join('')"
    box, top = steps.nth(1).bounding_box(), phone.evaluate("scrollY")
    slide(phone, (box["x"] + 20, box["y"] + 20), (3 * box["width"], 0), 2)  # it is seen on two
    phone.wait_for_function(f"{levels} === '0222200000000000'")
    slide(phone, (box["x"] + box["width"] + 20, box["y"] + 30), (0, -10))
    phone.wait_for_function(f"scrollY > {top} && {levels} === '0222200000000000'")
    assert heard(phone) == []


def test_second_finger_does_not_end_what_the_first_paints(phone):
    tool(phone, "Clear all").tap()
    steps = phone.locator(".step:visible")
    steps.first.scroll_into_view_if_needed()
    boxes = [steps.nth(number).bounding_box() for number in (0, 1, 2, 5)]
    first, second, third, other = ({"x": box["x"] + 15, "y": box["y"] + 15} for box in boxes)
    devtools = phone.context.new_cdp_session(phone)
    touches = (
        ("touchStart", [first | {"id": 1}]),
        ("touchMove", [second | {"id": 1}]),
        ("touchStart", [second | {"id": 1}, other | {"id": 2}]),
        ("touchEnd", [second | {"id": 1}]),
        ("touchMove", [third | {"id": 1}]),
        ("touchEnd", []),
    )
    for kind, points in touches:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    levels = "[...document.querySelectorAll('.step')].slice(0, 6).map((step) => step.dataset.level).join('')"
    phone.wait_for_function(f"{levels} === '222002'")


def test_no_key_moves_while_its_notes_are_made(phone):
    phone.locator(".toolbar").get_by_label("Model").select_option("tiny-pitched")
    phone.locator(".toolbar").get_by_label("Instrument").select_option("Flute")
    expect(phone.locator(".progress")).to_be_hidden()
    expect(pad(phone, 15)).to_contain_text("Flute")
    held = []
    asks = lambda route: '"z":' in (route.request.post_data or "")  # noqa: E731
    phone.route("**/component_server**", lambda route: held.append(route) if asks(route) else route.continue_())
    phone.get_by_role("button", name="Keys", exact=True).tap()
    about = phone.locator(".keys .about")
    expect(about).to_contain_text("Making")
    wait_until(phone, lambda: held)
    before = phone.locator(".piano").bounding_box()
    held[0].continue_()
    expect(about).to_contain_text("every key is drawn")
    assert phone.locator(".piano").bounding_box() == before


def test_menu_stays_away_from_whoever_plays_with_two_fingers(phone):
    pad(phone, 0).tap(trial=True)  # Gradio's own screen is gone from over it
    boxes = [pad(phone, number).bounding_box() for number in (0, 5)]
    points = [{"x": box["x"] + 30, "y": box["y"] + 30, "id": at} for at, box in enumerate(boxes)]
    devtools = phone.context.new_cdp_session(phone)
    phone.clock.install()
    phone.clock.pause_at(time.time() + 60)  # else a busy machine lets the first be held before the second comes
    for fingers in (points[:1], points):
        devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": fingers})
    phone.clock.run_for(700)
    expect(phone.get_by_role("menu")).to_have_count(0)
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    phone.clock.run_for(700)
    expect(phone.get_by_role("menu", name="Pad 1")).to_be_visible()


EDGES = "all => all.map((one) => one.getBoundingClientRect()).map(({ x, y, right, bottom }) => [x, y, right, bottom])"
FREE = 320  # what a browser's own bars leave


def test_pads_and_a_map_with_its_seeds_fit_on_a_phone_on_its_side(visit):
    page = visit(844, 390, touch=True)
    assert page.locator(".pads").bounding_box()["height"] <= FREE
    page.set_viewport_size({"width": 667, "height": 375})
    page.evaluate("location.hash = '/explore'")
    expect(page.locator(".corner")).to_have_count(4)
    _, tops, _, bottoms = zip(*page.locator(".map, .corner").evaluate_all(EDGES), strict=True)
    assert max(bottoms) - min(tops) <= FREE
    [[left, _, right, _]] = page.locator(".map").evaluate_all(EDGES)
    assert min(left, 667 - right) >= 88  # a finger scrolls the page there
    cut = "all => all.filter((one) => one.scrollWidth > one.clientWidth || one.firstChild.offsetHeight > 30).length"
    assert page.locator(".scope-tools .segment").evaluate_all(cut) == 0  # Constant-Q


BROKEN = """() => [...document.querySelectorAll(".pad .name")].filter((name, at) => {
  name.textContent = ["Glockenspiel", "Tambourine", "Saxophone", "Woodblock", "Harmonica"][at % 5];
  return name.scrollWidth > name.clientWidth || name.clientHeight > 1.5 * parseFloat(getComputedStyle(name).lineHeight);
}).length"""


def test_no_name_of_an_instrument_breaks_inside_a_word(visit):
    page = visit(320, 740, touch=True)
    for width in (320, 360, 390):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate(BROKEN) == 0
