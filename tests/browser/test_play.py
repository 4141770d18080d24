"""The Play tab in headless Chromium: pads, keys and whoever has no mouse."""

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from .axe import serious
from .conftest import in_schemes
from .listen import LISTEN, heard
from .studio import identity, pad, saved, tool
from .waiting import STANDING, WAIT_MS

pytestmark = pytest.mark.browser
PAD_KEYS = "1234qwerasdfzxcv"


def test_pads_play_by_mouse_and_key_without_a_request(visit):
    page = visit(script=LISTEN)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for number in range(16):
        pad(page, number).click()
    for key in PAD_KEYS:
        page.keyboard.press(key)
    pad(page, 3).focus()
    page.keyboard.press("Enter")
    assert len(heard(page)) == 33
    assert [url for url in requests if not url.startswith(("blob:", "data:"))] == []


def test_several_fingers_play_several_pads(visit):
    page = visit(390, 844, script=LISTEN, touch=True)
    boxes = [pad(page, number).bounding_box() for number in (0, 5, 10)]
    points = [{"x": box["x"] + 30, "y": box["y"] + 30, "id": at} for at, box in enumerate(boxes)]
    devtools = page.context.new_cdp_session(page)
    for count in (1, 2, 3):
        devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:count]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("heard.length === 3")


def test_shift_and_a_key_rerolls_and_undo_brings_the_sound_back(visit):
    page = visit(script=LISTEN)
    before, other = identity(page, 2), identity(page, 1)
    starts = len(heard(page))
    page.keyboard.press("Shift+3")
    page.wait_for_function(f"heard.length > {starts}")
    after = identity(page, 2)
    assert before != after
    assert re.fullmatch(r"tiny-one · seed \d+, clip \d+", after)
    assert identity(page, 1) == other
    pad(page, 2).click()
    tool(page, "Undo").click()
    assert identity(page, 2) == before


def test_other_tab_is_silent_and_play_is_as_it_was(visit):
    page = visit(script=LISTEN)
    page.get_by_role("tab", name="About").click()
    page.keyboard.press("1")
    assert heard(page) == []
    page.get_by_role("tab", name="Play").click()
    page.keyboard.press("1")
    pad(page, 1).click()
    assert len(heard(page)) == 2


def test_held_pad_offers_a_menu(visit):
    page = visit()
    pad(page, 4).hover()
    page.mouse.down()
    menu = page.get_by_role("menu", name="Pad 5")
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    page.mouse.up()
    menu.get_by_role("menuitem", name="Lock").click()
    expect(page.get_by_role("button", name=re.compile("^Pad 5, .*locked"))).to_be_visible()
    pad(page, 4).click(button="right")
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    page.get_by_role("tab", name="About").click()
    page.get_by_role("tab", name="Play").click()
    pad(page, 4).click(button="right")
    page.go_back()
    expect(page.get_by_role("tab", name="About")).to_have_attribute("aria-selected", "true")
    expect(menu).to_have_count(0)


def test_locked_pad_stays_when_the_kit_changes(visit):
    page = visit()
    kept, changed = identity(page, 0), identity(page, 1)
    pad(page, 0).click()
    tool(page, "Lock").click()
    expect(tool(page, "Re-roll")).to_be_disabled()
    tool(page, "New kit").click()
    expect(page.locator(".pad[data-busy=true]")).to_have_count(0)
    assert identity(page, 1) != changed
    assert identity(page, 0) == kept


def test_reroll_that_waits_says_what_for(visit):
    page = visit()
    page.clock.install()
    busy = {"busy": True, "error": "many are listening", "wait_ms": WAIT_MS}
    page.route("**/component_server**", lambda route: route.fulfill(json=busy), times=1)
    page.keyboard.press("Shift+1")
    expect(page.get_by_text("Many are listening.")).to_be_visible()
    page.clock.fast_forward(2 * WAIT_MS)
    expect(tool(page, "Cancel")).to_be_hidden()
    expect(page.locator(".studio .progress")).to_be_hidden()


def test_no_pad_moves_while_a_kit_is_made(visit):
    page, held = visit(), []
    page.route("**/component_server**", lambda route: held.append(route), times=1)
    before = pad(page, 0).bounding_box()
    with page.expect_request("**/component_server**"):
        tool(page, "New kit").click()
    expect(tool(page, "Cancel")).to_be_in_viewport()
    assert pad(page, 0).bounding_box() == before
    held[0].continue_()
    expect(tool(page, "Cancel")).to_be_hidden()


def test_keys_play_two_octaves_of_the_selected_pad(visit):
    page = visit(script=LISTEN)
    pad(page, 5).click()
    page.get_by_role("button", name="Keys", exact=True).click()
    expect(page.locator(".key")).to_have_count(25)
    starts = len(heard(page))
    page.keyboard.press("z")
    page.keyboard.press("i")
    page.get_by_role("button", name="C4", exact=True).click()
    assert len(heard(page)) == starts + 3
    page.get_by_role("button", name="Octave up").click()
    expect(page.get_by_role("button", name="C6", exact=True)).to_be_visible()
    name, data = saved(page, page.get_by_role("button", name="Save SFZ").click)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (sfz,) = (entry for entry in archive.namelist() if entry.endswith(".sfz"))
        files = re.findall(r"sample=(\S+)", archive.read(sfz).decode())
        assert set(files) == set(archive.namelist()) - {sfz}
    assert name == "audiogan-tiny-one-keys.zip"


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1280, 720),
        (390, 844),
        pytest.param(1366, 768, marks=pytest.mark.long),
        pytest.param(1920, 1080, marks=pytest.mark.long),
    ],
)
def test_keys_are_all_in_sight_and_their_switch_stays_under_the_pointer(visit, width, height):
    page = visit(width, height)
    switch, piano = tool(page, "Keys"), page.locator(".piano")
    switch.scroll_into_view_if_needed()
    before = switch.bounding_box()
    switch.click()
    expect(piano).to_be_in_viewport(ratio=1)
    assert switch.bounding_box() == before
    keys = piano.bounding_box()
    tool(page, "Record").click(position={"x": 10, "y": 10})
    expect(page.locator(".step-row:visible")).to_have_count(1)
    assert piano.bounding_box() == keys
    tool(page, "Steps").click()
    assert switch.bounding_box() == before


def test_pitched_model_draws_every_key(visit):
    page = visit()
    page.route("**/component_server**", lambda route: None, times=1)
    page.get_by_label("Pad's model").select_option("tiny-pitched")  # which never comes
    page.get_by_label("Pad's instrument").select_option("Flute")
    expect(page.locator(".inspector .identity")).to_have_text(re.compile(r"clip 0 · [A-G]♯?\d( [+−]\d+ ct)?$"))
    page.get_by_role("button", name="Keys", exact=True).click()
    expect(page.get_by_text("every key is drawn by the model")).to_be_visible()
    _, data = saved(page, page.get_by_role("button", name="Save SFZ").click)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (sfz,) = (entry for entry in archive.namelist() if entry.endswith(".sfz"))
        assert archive.read(sfz).count(b"<region>") == 25
        assert len({archive.read(name) for name in archive.namelist()}) == 26


def test_bad_seed_is_a_toast(visit):
    page = visit()
    field, alert = page.get_by_label("Seed", exact=True), page.get_by_role("alert")
    for seed in ("twelve", "-1", "9223372036854775808", "<img src=x onerror=alert(1)>"):
        for _ in range(2):
            field.fill(seed)
            field.press("Enter")
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text("A seed is a whole number from 0 to 9223372036854775807.")
        alert.get_by_role("button", name="Dismiss").click()


def test_keyboard_alone_reaches_pads_and_steps(visit):
    page = visit()
    pad(page, 0).focus()
    for key in ("ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(pad(page, 5)).to_be_focused()
    page.locator(".step[data-number='0'][data-step='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("+")
    step = page.locator(".step[data-number='0'][data-step='1']")
    expect(step).to_have_attribute("aria-label", "Step 2, accent")
    expect(step).to_have_attribute("aria-pressed", "true")


def test_slider_has_one_name_whatever_its_value(visit):
    page = visit()
    level = page.get_by_role("slider", name="Level", exact=True)
    level.press("ArrowRight")
    expect(level).to_have_attribute("aria-valuetext", "+0.5 dB")


def test_keyboard_keeps_its_place_where_what_it_pressed_can_do_no_more(visit):
    page = visit(script=STANDING)
    pad(page, 0).focus()
    page.keyboard.press("Shift+Enter")
    undo = tool(page, "Undo")
    expect(undo).to_be_enabled()
    undo.press("Enter")
    expect(undo).to_be_disabled()
    expect(undo).to_be_focused()
    tool(page, "Clear all").press("Enter")
    page.get_by_role("button", name="Use via API").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the toast's Undo, which goes with it
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.get_by_role("button", name="Use via API")).to_be_focused()
    tool(page, "Take the listening test").press("Enter")
    expect(page.get_by_role("tab", name="Rate")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("tab", name="Play")).to_have_attribute("aria-selected", "true")


def test_keyboard_reaches_the_steps_of_whichever_pad_is_shown(visit):
    page = visit()
    page.get_by_role("combobox", name="Steps").select_option("8")
    pad(page, 5).click()
    step = page.locator(".step[data-number='5']")
    page.get_by_role("button", name="Solo pad 6").focus()
    page.keyboard.press("Tab")
    expect(step.nth(0)).to_be_focused()
    for key in ("ArrowRight", "End", "ArrowRight"):
        page.keyboard.press(key)
    expect(step.nth(7)).to_be_focused()
    page.keyboard.press("3")  # another pad: the same step of its row
    expect(page.locator(".step[data-number='2'][data-step='7']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".step[data-number='2'][data-step='7']")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="All pads").click()
    page.get_by_role("button", name="Mute pad 3").focus()
    for key in ("Tab", "Tab", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator(".step[data-number='3'][data-step='7']")).to_be_focused()


def test_header_says_how_to_play_where_there_is_something_to_be_played(visit):
    page = visit(path="#/rate")
    hint = page.get_by_text("None here is a recording. Press a pad; hold it for more.")  # Rate and Compare play some
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()
    expect(hint).to_be_hidden()
    page.get_by_role("tab", name="Play").click()
    expect(hint).to_be_visible()


@in_schemes(wide="dark", narrow="light")
def test_nothing_overflows_is_too_small_or_out_of_reach(visit, width, height, scheme):
    page = visit(width, height, scheme=scheme)
    for dock in ("Keys", "Steps"):
        page.get_by_role("button", name=dock, exact=True).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.evaluate(
            """[...document.querySelectorAll("#play :is(button, select, input):not([hidden], [type=range])")]
            .filter(one => one.checkVisibility())
            .map(one => [one.ariaLabel ?? one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
            .map(([name, box]) => [name, box.width, box.height])"""
        )
        assert small == []
        assert serious(page, "#play") == []
