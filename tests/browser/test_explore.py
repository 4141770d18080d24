"""The Explore tab in headless Chromium: what sounds, is shown and saved; and that everyone can use it and Compare."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

import audiogan
from audiogan.audio import to_pcm16

from .axe import serious
from .conftest import in_schemes
from .exploring import explore, tool
from .listen import LISTEN, heard
from .waiting import STANDING

pytestmark = pytest.mark.browser
SPILLING = """[...document.querySelectorAll(".panel, .tool, .segment")]
  .filter((node) => node.scrollHeight > node.clientHeight + 1 || node.scrollWidth > node.clientWidth + 1)
  .map((node) => `${node.className}: ${node.textContent.slice(0, 60)}`)"""
INDEXED = """async () => {  // a model that ships an index, and its answer
  const { Likeness } = await import(audioganModules["likeness.js"]);
  const source = "FluidR3_GM.sf2 bank 0 program 24 key 58 velocity 120 tuning 0";
  const neighbours = [7.2, 7.3, 7.3].map((distance_db) => ({ source, distance_db }));
  const sound = { origin: {} };
  const likeness = new Likeness({ nearest: async () => ({ neighbours, typical_db: 1.1 }) }, () => sound);
  likeness.setModel({ indexed: true });
  document.querySelector(".likeness").replaceWith(likeness.element);
  globalThis.clearNearest = () => likeness.clear();
}"""
PLACES = """() => [".screen", ".scope-tools", ".likeness .tool", ".directions", ".morph"]
  .map((part) => document.querySelector(part).getBoundingClientRect()).map(({ y, height }) => [y + scrollY, height])"""
READOUT = r"^0\.5\d+ s +[\d.]+ Hz +\S+ [+−]\d+ ct +(≤ )?−[\d.]+ dB +amplitude −?[\d.]+$"


def touch(page: Page, across: float, down: float) -> None:
    box = page.locator(".map").bounding_box()
    page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])


def saved(page: Page, press) -> tuple[str, np.ndarray]:
    """Name and int16 samples of the WAV file that a press saves."""
    with page.expect_download() as download:
        press()
    return download.value.suggested_filename, soundfile.read(download.value.path(), dtype="int16")[0]


def test_a_finger_on_the_map_sounds_what_is_there_without_a_request(visit):
    page = visit(script=LISTEN)
    explore(page)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator(".map").scroll_into_view_if_needed()
    expect(page.get_by_text("Drag over the map, or use the arrow keys")).to_be_visible()  # a mouse does so too
    touch(page, 0.25, 0.25)
    page.mouse.down()
    for step in range(1, 5):
        page.wait_for_timeout(100)  # a finger that moves is heard no oftener
        before = len(heard(page))
        touch(page, 0.25 + step / 8, 0.25)
        page.wait_for_function(f"heard.length > {before}")
    page.mouse.up()
    expect(page.locator(".scope .identity")).to_contain_text("75 % across, 25 % down")
    assert not [url for url in requests if "component_server" not in url and "data:" not in url]


def test_arrow_keys_move_and_sound_and_are_told(visit):
    page = visit(script=LISTEN)
    explore(page)
    page.locator(".map").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".scope .identity")).to_contain_text("63 % across, 50 % down")
    expect(page.locator(".scope").get_by_role("status")).to_have_text("63 % across, 50 % down")
    page.keyboard.press(" ")
    page.wait_for_function("heard.length >= 2")


def test_a_corner_of_the_map_is_its_seeds_sound(visit, site):
    page = visit()
    explore(page)
    page.locator(".map").focus()
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp"):
        for _ in range(4):
            page.keyboard.press(key)
    expect(page.locator(".scope .identity")).to_contain_text("0 % across, 0 % down")
    name, audio = saved(page, tool(page, "WAV").click)
    assert name == "tiny-one-Flute-1-2-3-4-0-0.wav"
    expected = audiogan.load("tiny-one", "cpu", site.checkpoints).generate(1, 1, "Flute")[0]
    np.testing.assert_allclose(audio, to_pcm16(expected), atol=1)


def test_morph_steps_play_and_are_saved_as_one_file(visit, site):
    page = visit(script=LISTEN)
    explore(page, "tiny-two")
    page.get_by_label("From seed").fill("3")
    page.get_by_label("To seed").fill("4")
    tool(page, "Morph").click()
    expect(page.locator(".strip li")).to_have_count(9)
    before = len(heard(page))
    page.get_by_role("button", name="Play step 5 of 9").click()
    expect(page.locator(".scope .identity")).to_have_text("tiny-two · step 5 of 9")
    assert len(heard(page)) == before + 1
    tool(page, "Play all").click()
    page.wait_for_function(f"heard.length === {before + 10}")
    page.locator(".morph").get_by_role("button", name="Stop").click()
    name, audio = saved(page, tool(page, "Save as one WAV").click)
    assert name == "tiny-two-Cello-3-to-4.wav"
    expected = np.concatenate(audiogan.load("tiny-two", "cpu", site.checkpoints).morph(3, 4, 9))
    np.testing.assert_allclose(audio, to_pcm16(expected), atol=1)


def test_a_bad_seed_is_a_toast_that_says_what_to_do_and_the_seed_before_stays(visit):
    page = visit(script=STANDING)
    explore(page)
    heard_before = page.locator(".scope .identity").inner_text()
    for name in ("From seed", "Top left seed"):
        page.get_by_label(name, exact=True).fill("<b>x</b>")
        page.get_by_label(name, exact=True).press("Enter")
        expect(page.get_by_role("alert")).to_have_text("A seed is a whole number from 0 to 9223372036854775807.")
        assert page.locator(".toast b").count() == 0
        expect(page.get_by_label(name, exact=True)).to_have_value("1")
        page.get_by_role("alert").get_by_role("button", name="Dismiss").click()
    page.locator(".map").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".scope .identity")).not_to_have_text(heard_before)  # the map is still there
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_address_leads_back_to_the_place(visit):
    page = visit(path="#/explore")
    explore(page, "tiny-pitched")
    page.locator(".explore").get_by_label("Instrument").select_option("Snare_drum")
    page.get_by_label("Bottom right seed", exact=True).fill("077")
    page.get_by_label("Bottom right seed", exact=True).press("Enter")
    place = "model=tiny-pitched&label=Snare_drum&seeds=1,2,3,77"
    expect(page).to_have_url(re.compile(rf"#/explore\?{place}$"))
    page.reload()
    expect(page.locator(".scope .identity")).to_contain_text("tiny-pitched · seeds 1, 2, 3, 77")
    expect(page.locator(".explore").get_by_label("Instrument")).to_have_value("Snare_drum")
    page.get_by_role("tab", name="Results").click()
    page.go_back()
    expect(page.get_by_role("tab", name="Explore")).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(rf"#/explore\?{place}$"))
    page.get_by_role("tab", name="Results").click()
    page.get_by_role("tab", name="Explore").click()
    expect(page).to_have_url(re.compile(rf"#/explore\?{place}$"))  # not only by Back
    page.evaluate("location.hash = '#/explore?model=tiny-two&label=Cello&seeds=5,6,7,8'")
    expect(page.locator(".scope .identity")).to_contain_text("tiny-two · seeds 5, 6, 7, 8")
    page.go_back()
    expect(page.locator(".scope .identity")).to_contain_text("tiny-pitched · seeds 1, 2, 3, 77")


def test_a_reload_returns_to_the_spot_and_share_copies_its_link(visit):
    page = visit(script=STANDING)
    page.evaluate("navigator.clipboard.writeText = async (text) => { globalThis.copied = text; }")
    explore(page, "tiny-pitched")
    page.get_by_role("slider", name="Direction 2").fill("1.5")
    page.locator(".map").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    spot = "model=tiny-pitched&label=Flute&seeds=1,2,3,4&at=0.5313,0.5625&moves="
    expect(page).to_have_url(re.compile(rf"#/explore\?{spot}[-0-9.,]+$"))
    where = "53 % across, 56 % down · moved by sliders"
    expect(page.locator(".scope .identity")).to_contain_text(where)
    tool(page, "Share").click()
    expect(page.locator(".toast")).to_contain_text("The link is copied: it opens this place on the map.")
    assert page.evaluate("copied") == page.url.split("?")[0].split("#")[0] + "#" + page.url.split("#")[1]
    page.reload()
    expect(page.locator(".scope .identity")).to_contain_text(where)
    expect(page.get_by_role("slider", name="Direction 2")).to_have_value("1.5")


def test_a_wrong_link_is_said_and_the_address_rewritten(visit):
    page = visit(path="#/explore?model=nope&seeds=1,2,3", script=STANDING)
    expect(page.get_by_role("alert")).to_contain_text("asks for a model called nope, which is not here")
    expect(page).to_have_url(re.compile(r"#/explore\?model=tiny-pitched&label=Flute&seeds=1,2,3,4$"))


def test_the_cursor_reads_seconds_hz_and_db_and_keys_zoom(visit):
    page = visit()
    explore(page)
    screen = page.locator(".screen")
    screen.focus()
    page.keyboard.press("ArrowRight")
    readout = page.locator(".readout")
    expect(readout).to_have_text(re.compile(READOUT))
    expect(page.locator(".scope").get_by_role("status")).to_contain_text("Hz")
    box = screen.bounding_box()
    for inside in (True, False):  # Safari sends the first one when a button is let go
        where = {"clientX": box["x"] + 9 if inside else 0, "clientY": box["y"] + 9, "pointerType": "mouse"}
        screen.dispatch_event("pointerleave", where)
        expect(readout).to_have_text(re.compile(READOUT if inside else r"^\s*$"))
    expect(tool(page, "All")).to_be_disabled()
    page.keyboard.press("+")
    expect(tool(page, "All")).to_be_enabled()
    page.keyboard.press("0")
    expect(tool(page, "All")).to_be_disabled()
    for kind in ("Linear", "Constant-Q"):
        page.locator(".scope").get_by_role("button", name=kind).click()
        expect(page.locator(".scope").get_by_role("button", name=kind)).to_have_attribute("aria-pressed", "true")
    screen.press("ArrowUp")
    expect(readout).to_contain_text("Hz")


@pytest.mark.parametrize(("width", "height"), [(390, 844), pytest.param(1280, 800, marks=pytest.mark.long)])
def test_nothing_moves_when_the_nearest_training_sounds_come_and_go(visit, width, height):
    page = visit(width, height)
    explore(page)
    page.evaluate(INDEXED)
    before = page.evaluate(PLACES)
    tool(page, "Nearest training sounds").click()
    expect(page.locator(".neighbours li")).to_have_count(3)
    expect(page.locator(".likeness").get_by_role("status")).to_contain_text("no sign of copying")
    assert page.evaluate(PLACES) == before
    page.evaluate("clearNearest()")
    assert page.evaluate(PLACES) == before


@in_schemes(wide="light", narrow="dark")
def test_everyone_can_use_it(visit, width, height, scheme):
    page = visit(width, height, scheme)
    explore(page)
    for tab in ("Explore", "Compare"):
        page.get_by_role("tab", name=tab).click()
        if tab == "Compare":
            expect(page.locator(".cell").first).to_be_visible()
            expect(page.locator(".compare .progress-line")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(SPILLING) == []
        assert serious(page) == []
        assert too_small(page, f".{tab.lower()}") == []


def too_small(page: Page, root: str) -> list[str]:
    """Controls that a finger could miss: less than 44 px wide or high."""
    script = """root => [...document.querySelectorAll(`${root} button, ${root} select, ${root} input`)]
        .filter(node => node.offsetParent && !node.closest('label.check'))
        .map(node => [node, (node.closest('label') ?? node).getBoundingClientRect()])
        .filter(([node, box]) => box.width < 43.5 || box.height < 43.5)
        .map(([node]) => node)
        .map(node => node.outerHTML.slice(0, 160))"""
    return page.evaluate(script, root)


def test_a_sound_of_the_map_goes_to_a_pad_and_back_off_it(visit):
    page = visit()
    explore(page, "tiny-pitched")
    tool(page, "To a pad").click()
    menu = page.get_by_role("menu", name="Pads")
    expect(menu.get_by_role("menuitem")).to_have_count(16)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(menu.get_by_role("menuitem", name="E Snare drum")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Pad E of Play has this sound now.")
    page.get_by_role("tab", name="Play").click()
    expect(page.locator(".inspector h2")).to_have_text("E · Flute")
    expect(page.locator(".inspector .identity")).to_contain_text("tiny-pitched · varied · F♯4")
    page.wait_for_function(
        """sessionStorage.getItem("audiogan-draft")?.includes('"number":6')"""
    )  # no address holds it
    page.reload()
    expect(page.locator(".pad").nth(6).locator(".name")).to_have_text("Flute")
    page.get_by_role("tab", name="Explore").click()
    tool(page, "To a pad").click()
    page.get_by_role("menuitem", name="A Snare drum").click()
    expect(page.locator(".toast")).to_contain_text("Pad A")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("tab", name="Play").click()
    expect(page.locator(".pad").nth(8).locator(".name")).to_have_text("Snare drum")


def test_a_locked_pad_keeps_its_sound(visit):
    page = visit()
    page.get_by_role("button", name="Lock", exact=True).click()
    explore(page)
    before = page.locator(".pad").first.locator(".name").text_content()
    tool(page, "To a pad").click()
    page.get_by_role("menuitem").first.click()
    expect(page.locator(".toast")).to_contain_text("Pad 1 is locked")
    expect(page.locator(".pad").first.locator(".name")).to_have_text(before)
