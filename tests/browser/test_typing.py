"""Whom the keys are meant for on the Play tab, in headless Chromium: a field, a button, the pads or the beat."""

import re

import pytest
from playwright.sync_api import expect

from .listen import LISTEN, heard
from .studio import pad, tool

pytestmark = pytest.mark.browser


def test_space_belongs_to_the_beat_after_a_press_of_the_mouse(visit):
    page = visit()
    run, seed = page.locator(".transport .run"), page.get_by_label("Seed", exact=True)
    tool(page, "New kit").click()
    expect(page.locator(".pad[data-busy=true]")).to_have_count(0)
    chosen = seed.input_value()
    for word in ("Stop", "Play"):
        page.keyboard.press("1")
        page.keyboard.press("Space")
        expect(run).to_have_text(word)
    assert seed.input_value() == chosen
    page.get_by_role("tab", name="Play").click()
    page.keyboard.press("Space")
    expect(run).to_have_text("Stop")
    seed.focus()
    page.keyboard.press("Tab")
    expect(tool(page, "New kit")).to_be_focused()
    page.keyboard.press("Space")
    expect(seed).not_to_have_value(chosen)
    expect(run).to_have_text("Stop")


def test_keys_play_pads_after_a_menu_was_used_with_the_mouse(visit):
    page = visit(script=LISTEN)
    instrument = page.locator(".toolbar select").nth(1)
    box = instrument.bounding_box()
    page.mouse.click(box["x"] + 20, box["y"] + 20)
    for key in ("ArrowDown", "Enter"):  # in the menu that opened
        page.keyboard.press(key)
    expect(instrument).to_have_value("Flute")
    expect(page.locator(".pad[data-busy=true]")).to_have_count(0)
    expect(instrument).to_be_focused()
    for key in ("s", "a", "1"):
        page.keyboard.press(key)
    assert len(heard(page)) == 3
    expect(instrument).to_have_value("Flute")
    page.keyboard.press("Space")
    expect(page.locator(".transport .run")).to_have_text("Stop")
    page.keyboard.press("Space")
    page.get_by_label("Seed", exact=True).focus()
    page.keyboard.press("Shift+Tab")
    starts = len(heard(page))
    page.keyboard.press("s")
    expect(instrument).to_have_value("Snare_drum")
    assert len(heard(page)) == starts


def test_press_of_what_takes_no_focus_ends_typing(visit):
    page = visit(script=LISTEN)
    tempo, seed = page.get_by_label("Tempo"), page.get_by_label("Seed", exact=True)
    tempo.fill("91")
    page.locator(".transport .run").click()
    page.wait_for_url(re.compile("tempo=91"))
    page.keyboard.press("Space")
    expect(page.locator(".transport .run")).to_have_text("Play")
    seed.fill("99")
    pad(page, 2).click()
    expect(page.locator(".inspector .identity")).to_contain_text("seed 99,")
    starts = len(heard(page))
    page.keyboard.press("3")
    assert len(heard(page)) == starts + 1
    expect(seed).to_have_value("99")
    tool(page, "Clear all").focus()
    page.locator(".step:visible").nth(1).click()
    page.keyboard.press("Space")
    expect(page.locator(".transport .run")).to_have_text("Stop")


def test_enter_ends_typing(visit):
    page = visit(script=LISTEN)
    tempo, seed, run = (
        page.get_by_label("Tempo"),
        page.get_by_label("Seed", exact=True),
        page.locator(".transport .run"),
    )
    for field, typed in ((tempo, "90"), (seed, "99")):
        field.click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.keyboard.press("2")
        expect(field).to_have_value(typed)
        expect(field).not_to_be_focused()
    page.wait_for_url(re.compile("seed=99.*tempo=90"))
    assert len(heard(page)) == 2
    page.keyboard.press("Space")
    expect(run).to_have_text("Stop")


def test_keys_are_called_what_is_printed_on_them(visit):
    printed = 'new Map([["KeyQ", "a"], ["KeyA", "q"], ["KeyZ", "w"], ["KeyW", "z"], ["Digit2", "é"]])'
    page = visit(script=f"{LISTEN} navigator.keyboard.getLayoutMap = async () => {printed};")
    expect(pad(page, 4)).to_have_accessible_name(re.compile("key A$"))
    expect(pad(page, 12).locator("kbd")).to_have_text("W")
    page.get_by_role("button", name="Keys", exact=True).click()
    letters = page.locator(".key kbd")
    expect(letters.first).to_have_text("W")
    assert "".join(letters.all_inner_texts())[12:16] == "A2Z3"
    page.emulate_media(forced_colors="active")
    expect(page.locator(".key.black kbd").first).to_have_css("forced-color-adjust", "none")
