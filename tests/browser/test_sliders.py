"""The sliders along directions: what they move, what they are called, and what becomes of the map and the focus."""

import json
import re

import pytest
from playwright.sync_api import expect

from .exploring import explore, tool
from .listen import LISTEN
from .waiting import wait_until

pytestmark = pytest.mark.browser


def test_a_direction_moves_the_sound_and_is_named_when_seen(visit):
    page = visit(script=LISTEN)
    explore(page)
    slider = page.get_by_label(re.compile("^Direction 1"))
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".scope .identity")).to_contain_text("moved by sliders")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("0.5 towards"))
    expect(page.locator(".panel[aria-labelledby='directions-title'] .progress-line")).to_be_hidden()
    tool(page, "Reset").click()
    expect(slider).to_have_value("0")
    expect(page.locator(".scope .identity")).not_to_contain_text("moved by sliders")


def test_a_slider_is_put_back_where_it_began(visit):
    page = visit(script=LISTEN)
    explore(page, "tiny-pitched")
    pitch = page.locator(".explore .toolbar").get_by_role("slider", name="Pitch")
    expect(pitch).to_have_attribute("aria-valuetext", "F♯4")
    pitch.press("ArrowRight")
    expect(pitch).to_have_attribute("aria-valuetext", "G4")
    pitch.press("Delete")
    expect(pitch).to_have_attribute("aria-valuetext", "F♯4")
    slider = page.get_by_label(re.compile("^Direction 1"))
    for put_back in (lambda: page.keyboard.press("Delete"), lambda: slider.dblclick(position={"x": 20, "y": 20})):
        slider.focus()
        page.keyboard.press("End")
        expect(page.locator(".scope .identity")).to_contain_text("moved by sliders")
        put_back()
        expect(slider).to_have_value("0")
        expect(page.locator(".scope .identity")).not_to_contain_text("moved by sliders")


def test_a_slider_that_comes_back_to_where_it_began_lets_the_map_go_on(visit):
    """No `change` comes then: Chromium compares with the value that a press began with."""
    page = visit()
    explore(page)
    page.get_by_label(re.compile("^Direction 1")).evaluate("""async (slider) => {
      const line = document.querySelector(".explore .progress-line");
      const filling = new Promise((done, give_up) => {
        new MutationObserver(() => line.hidden || done()).observe(line, { attributes: true });
        setTimeout(() => give_up(new Error("the map stays as it was")), 30_000);
      });
      for (const value of [1, 0]) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
      slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
      await filling;
    }""")
    expect(page.locator(".explore .progress-line").first).to_be_hidden()


def test_focus_stays_where_what_was_pressed_is_gone(visit):
    page, held = visit(), []
    asks = lambda route: '"direction"' in (route.request.post_data or "")  # noqa: E731
    page.route("**/component_server*", lambda route: held.append(route) if asks(route) else route.continue_())
    explore(page)
    directions = page.locator(".panel[aria-labelledby='directions-title']")
    directions.scroll_into_view_if_needed()
    cancel = directions.get_by_role("button", name="Cancel")
    cancel.focus()
    page.keyboard.press("Enter")
    find = directions.get_by_role("button", name="Find what they change")
    expect(find).to_be_visible()
    find.focus()
    page.keyboard.press("Enter")
    expect(cancel).to_be_focused()
    for route in held:
        route.continue_()


def test_what_a_slider_changes_rises_to_its_right(visit):
    page = visit()
    falls = {"name": "brightness", "low": "brighter", "high": "darker", "change": -400.0, "unit": "Hz"}
    moved = []

    def measure(route):
        sent = route.request.post_data or ""
        if '"fn_name":"points"' in sent:
            moved.append([row[5] for row in json.loads(sent)["data"]["moves"]])  # after five steered directions
        if '"fn_name":"direction"' in sent:
            route.fulfill(json=falls)
        else:
            route.continue_()

    page.route("**/component_server**", measure)
    explore(page)
    slider = page.get_by_label(re.compile("^Direction 1"))
    slider.focus()
    expect(page.locator(".direction", has_text="Direction 1")).to_have_text(re.compile("brightnessdarker.*brighter$"))
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "0.5 towards brighter")
    expect(page.locator(".scope .identity")).to_contain_text("moved by sliders")
    wait_until(page, lambda: [row for row in moved if len(row) > 1 and set(row) == {-0.5}])  # the map follows


def test_nothing_moves_from_under_a_finger_while_sliders_are_measured(visit):
    """A button that moves between press and release is not pressed: Morph stands below the sliders."""
    page, held = visit(), []

    def hold(route):
        asks = '"fn_name":"direction"' in (route.request.post_data or "")
        held.extend([route] * asks)
        if not asks or len(held) > 1:
            route.continue_()

    page.route("**/component_server**", hold)
    explore(page)
    directions = page.locator(".panel[aria-labelledby='directions-title']")
    directions.scroll_into_view_if_needed()
    wait_until(page, lambda: held)
    expect(directions.locator(".progress-line")).to_be_visible()
    expect(directions.get_by_label("Brightness")).to_be_disabled()
    parts = [*directions.locator(".direction").all(), tool(page, "Morph")]
    before = [part.bounding_box() for part in parts]
    held[0].fulfill(json={"name": "brightness", "low": "darker", "high": "brighter", "change": 400.0, "unit": "Hz"})
    expect(directions.get_by_label("Brightness")).to_be_enabled()
    expect(directions.locator(".progress-line")).to_be_hidden()
    expect(directions.locator(".direction", has_text="Pitch")).to_contain_text("no direction found")
    expect(directions.get_by_label("Pitch")).to_be_disabled()
    assert [part.bounding_box() for part in parts] == before
