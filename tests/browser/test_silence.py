"""A tab that is left falls silent: nothing of the instrument sounds under the listening test."""

import pytest
from playwright.sync_api import Page, expect

from .listen import LISTEN, METER, expect_sound, heard, peak, wait_for_fade
from .midi import MIDI, NOTE_OFF, NOTE_ON
from .waiting import wait_until

pytestmark = pytest.mark.browser


def leave(page: Page, name: str = "Rate") -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_beat_stops_where_the_listening_test_opens(visit):
    page = visit(script=METER)
    page.get_by_label("Tempo").fill("300")
    page.get_by_label("Tempo").press("Enter")
    run = page.locator(".transport .run")
    run.click()
    expect_sound(page)
    leave(page)
    wait_for_fade(page)
    assert peak(page) < 1e-6
    page.get_by_role("tab", name="Play").click()
    expect(run).to_have_text("Play")
    run.click()
    expect_sound(page)
    page.evaluate("location.hash = '#/about'")  # no click at all
    expect(page.get_by_role("tab", name="About")).to_have_attribute("aria-selected", "true")
    wait_for_fade(page)
    assert peak(page) < 1e-6


def test_loop_that_compares_stops(visit):
    page = visit(script=METER)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".compare .cell").first).to_be_visible()
    expect(page.locator(".compare .progress-line")).to_be_hidden()
    page.get_by_role("button", name="Play in a loop").click()
    expect_sound(page)
    leave(page)
    wait_for_fade(page)
    assert peak(page) < 1e-6
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_role("button", name="Play in a loop")).to_be_visible()


def sounding(page: Page) -> int:
    """How many sounds go on or are to come: a sound that gives way to another ends within 0.04 s."""
    return page.evaluate("heard.filter(({ until }) => until > heard.at(-1).now + 0.1).length")


def test_what_is_touched_in_explore_replaces_what_sounds_and_all_of_it_stops(visit):
    page = visit(script=METER + LISTEN)
    page.get_by_role("tab", name="Explore").click()
    expect(page.locator(".explore .progress-line").first).to_be_hidden()
    morph, scope, held = page.locator(".morph"), page.locator(".scope"), []
    morph.get_by_role("button", name="Morph").click()
    everything = morph.get_by_role("button", name="Play all")
    everything.click()
    expect_sound(page)
    page.route("**/component_server**", lambda route: route.continue_() if held else held.append(route))
    page.locator(".map").press("ArrowRight")
    assert sounding(page) == 1
    expect(everything).to_be_visible()
    expect(scope.locator(".identity")).to_contain_text("50 % across")  # the nearest that is known
    page.get_by_role("button", name="Play step 5 of 9").click()
    wait_until(page, lambda: held)
    with page.expect_request("**/component_server**"):  # for more of the map, once it has what the key asked for
        held[0].continue_()
    assert sounding(page) == 1
    expect(scope.locator(".identity")).to_contain_text("step 5 of 9")
    everything.click()
    expect_sound(page)
    scope.get_by_role("button", name="Stop").click()
    expect(everything).to_be_visible()
    everything.click()
    expect_sound(page)
    leave(page)
    wait_for_fade(page)
    assert peak(page) < 1e-6


def test_sound_that_comes_after_its_tab_was_left_is_not_played(visit):
    page = visit(script=LISTEN)
    identity, held = page.locator(".inspector .identity"), []
    page.route("**/component_server**", lambda route: held.append(route))
    before = identity.inner_text()
    with page.expect_request("**/component_server**"):
        page.keyboard.press("Shift+1")
    leave(page)
    wait_until(page, lambda: held)
    for request in held:
        request.continue_()
    expect(identity).not_to_have_text(before)
    assert heard(page) == []


def test_midi_keys_sound_only_where_the_keyboard_is(visit):
    page = visit(script=LISTEN + MIDI)
    page.get_by_role("button", name="Keys", exact=True).click()
    page.get_by_role("button", name="MIDI", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Listening to 1 MIDI input.")
    page.evaluate(f"send({NOTE_ON}, 60, 100)")
    assert len(heard(page)) == 1
    leave(page)
    page.evaluate(f"send({NOTE_OFF}, 60, 0), send({NOTE_ON}, 64, 100), send({NOTE_OFF}, 64, 0)")
    assert len(heard(page)) == 1
    leave(page, "Play")
    page.evaluate(f"send({NOTE_ON}, 62, 100), send({NOTE_ON}, 65, 100)")
    assert len(heard(page)) == 3
    expect(page.locator(".key[data-down]")).to_have_count(2)
    leave(page)
    page.evaluate(f"send({NOTE_OFF}, 65, 0)")
    assert page.locator(".key[data-down]").count() == 0
