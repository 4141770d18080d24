"""A line that is slow or breaks, a press too many: no answer is lost and none counts twice."""

import pytest
from playwright.sync_api import expect

from ..rating import answer_by_keys, begin, hear_and_answer
from ..waiting import wait_until
from .conftest import votes

pytestmark = pytest.mark.browser


def test_space_before_the_sound_is_there_plays_it_once_it_is(visit):
    page = visit()
    late, sent = [], []
    page.on("request", lambda request: sent.append(request.post_data or ""))

    def hold(route):
        if sounds_in(route):
            late.append(route)
        else:
            route.continue_()

    page.route("**/component_server**", hold)
    begin(page)
    expect(page.locator(".trial .play").first).to_be_focused()
    page.keyboard.press("Space")
    for route in late:
        route.continue_()
    page.unroute("**/component_server**")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    assert not [data for data in sent if '"skip"' in data]  # for the sounds of screens that were left meanwhile


def test_a_second_press_before_the_answer_is_no_second_answer(visit):
    page = visit()
    sent, held = [], []
    page.on("request", lambda request: sent.append(request.post_data or ""))

    def hold(route):
        if '"action":"answer"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.get_by_role("button", name="I agree: begin").dblclick()
    page.get_by_role("button", name="The volume is right").click()
    page.route("**/component_server**", hold)
    none = page.get_by_role("button", name="I have no headphones")
    none.click()
    none.click()
    wait_until(page, lambda: held)
    held[0].continue_()
    page.unroute("**/component_server**")
    expect(page.locator(".trial")).to_be_visible()
    assert len([data for data in sent if '"choices":null' in data]) == 1
    assert len([data for data in sent if '"action":"consent"' in data]) == 1


def sounds_in(route) -> bool:
    return '"fn_name":"sounds"' in (route.request.post_data or "")


def test_answer_survives_a_dropped_connection(visit, rate_site):
    page = visit()
    begin(page)
    lost = []

    def drop_twice(route):
        if "response_ms" in (route.request.post_data or "") and len(lost) < 2:
            lost.append(route.request.post_data)
            if len(lost) == 1:
                route.abort()  # the request never arrives
                return
            route.fetch()  # it arrives, and its reply is lost
            route.abort()
            return
        route.continue_()

    page.route("**/component_server**", drop_twice)
    before = len(votes(rate_site))
    answer_by_keys(page)
    assert len(lost) == 2
    assert len(votes(rate_site)) - before == 4


@pytest.mark.parametrize(("width", "height"), [(390, 844), pytest.param(1280, 720, marks=pytest.mark.long)])
def test_status_stays_in_sight(visit, width, height):
    page = visit(width, height)
    status = page.locator(".rate .status")
    begin(page)
    expect(status).to_have_text("Listen to the whole sound, then answer.")
    expect(status).to_be_in_viewport(ratio=1)
    hear_and_answer(page)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(status).to_have_text("No connection: your answers are kept here and sent again.")
    expect(status).to_be_in_viewport(ratio=1)
    page.context.set_offline(False)
    expect(page.locator(".feedback")).to_be_visible()


def notes(site) -> list[dict]:
    return [row for row in site.store.rows() if row["kind"] == "note"]


def test_sound_that_does_not_load_is_retried_then_skipped_and_noted(visit, rate_site):
    page = visit()
    tried = []

    def refuse(route):
        if sounds_in(route):
            tried.append(1)
            route.abort()
        else:
            route.continue_()

    before = len(notes(rate_site))
    page.route("**/component_server**", refuse)
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.locator(".rate .status")).to_contain_text("did not load")
    assert len(tried) >= 4
    assert "did not play" in notes(rate_site)[before]["reason"]


def test_there_is_nothing_to_continue_elsewhere_before_there_is_a_session(visit, rate_site):
    page = visit()
    page.route("**/component_server**", lambda route: route.abort())
    page.goto(rate_site.url)
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".rate .status")).to_contain_text("No connection")
    expect(page.get_by_text("Continue on another device")).to_be_hidden()
    page.unroute("**/component_server**")
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()
    expect(page.get_by_text("Continue on another device")).to_be_hidden()
    begin(page)
    expect(page.get_by_role("button", name="Continue on another device")).to_be_visible()
