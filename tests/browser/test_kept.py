"""What of a kit is kept, in headless Chromium: files, the address, and what a reload brings back."""

import io
import json
import re
import zipfile

import mido
import numpy as np
import pytest
from playwright.sync_api import expect

from audiogan.ui.kit import FIRST_SEED

from .studio import generated, identity, pad, pcm, saved, saved_kit, tool
from .waiting import STANDING

pytestmark = pytest.mark.browser
TABS = """  // counts what waits for another tab
globalThis.waiting = new Set();
for (const [name, act] of [["addEventListener", "add"], ["removeEventListener", "delete"]]) {
  const own = globalThis[name];
  globalThis[name] = (type, ...rest) => (type === "tab" && waiting[act](rest[0]), own.call(globalThis, type, ...rest));
}
"""


def test_saved_kit_holds_the_models_clips_and_opens_again(visit, site, tmp_path):
    page = visit()
    before = identity(page, 1)
    tool(page, "Vary").click()
    expect(page.locator(".inspector .identity")).to_have_text("tiny-one · varied")
    page.get_by_role("slider", name="Pitch").fill("5")
    page.locator(".step[data-number='1'][data-step='2']").click()
    kit = saved_kit(page)
    description = json.loads(kit.read("kit.json"))
    assert kit.testzip() is None
    assert description["pads"][1]["z"] != description["pads"][0]["z"]
    first = description["pads"][0]
    assert (first["seed"], first["index"], first["label"]) == (str(FIRST_SEED), 0, "Snare_drum")
    np.testing.assert_array_equal(pcm(kit.read(first["file"])), generated(site, FIRST_SEED, 0, "Snare_drum"))
    assert kit.read("kit.sfz").count(b"<region>") == 16
    assert b"transpose=5" in kit.read("kit.sfz")
    beat = mido.MidiFile(file=io.BytesIO(kit.read("beat.mid")))
    assert beat.length == pytest.approx(16 * 60 / description["tempo"] / 4)
    struck = [message.note for message in beat if message.type == "note_on"]
    assert struck.count(36 + 1) == sum(map(bool, description["pattern"][1])) > 0
    assert len(struck) == np.count_nonzero(description["pattern"])

    (tmp_path / "kit.json").write_bytes(kit.read("kit.json"))
    other = visit(path="?seed=99", script=STANDING)
    expect(other.locator(".studio .progress")).to_be_hidden()  # Undo brings back a kit that was whole
    other.get_by_label("Kit file").set_input_files(tmp_path / "kit.json")
    expect(other.get_by_text("The kit is open.")).to_be_visible()
    again = saved_kit(other)
    assert json.loads(again.read("kit.json")) == description
    for name in kit.namelist():
        assert again.read(name) == kit.read(name)
    expect(other.get_by_label("Seed", exact=True)).to_have_value(str(FIRST_SEED))
    other.get_by_role("status").filter(has_text="The kit is open.").get_by_role("button", name="Undo").click()
    expect(other.get_by_label("Seed", exact=True)).to_have_value("99")
    assert "seed 99," in identity(other, 0)
    assert before.endswith("clip 1")


@pytest.mark.parametrize(("search", "said"), [("?seed=abc", "a seed from 0"), ("?beat=zzzz", "beat cannot be read")])
def test_link_that_cannot_be_read_is_said_and_the_address_rewritten(visit, search, said):
    page = visit(path=search, script=STANDING)
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page).to_have_url(re.compile(rf"\?model=tiny-one&seed={FIRST_SEED}$"))


def test_kit_that_another_replaced_can_be_had_back(visit):
    page = visit(path="?seed=99", script=STANDING + TABS)
    expect(page.locator(".studio .progress")).to_be_hidden()
    expect(page.locator(".toast")).to_have_count(0)  # the page's own kit is no other
    waiting = page.evaluate("waiting.size")
    pad(page, 1).click()
    tool(page, "Vary").click()
    expect(page.locator(".inspector .identity")).to_have_text("tiny-one · varied")
    before = json.loads(saved_kit(page).read("kit.json"))["pads"]
    tool(page, "New kit").click()
    undo = page.get_by_role("status").filter(has_text="Another kit.").get_by_role("button", name="Undo")
    undo.click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("99")
    assert json.loads(saved_kit(page).read("kit.json"))["pads"] == before
    page.locator(".toolbar").get_by_label("Model").select_option("tiny-two")
    expect(undo).to_be_visible()
    page.wait_for_url(re.compile("model=tiny-two"))
    undo.click()
    assert json.loads(saved_kit(page).read("kit.json"))["pads"] == before
    page.wait_for_url(re.compile("model=tiny-one.*seed=99"))
    assert page.evaluate("waiting.size") == waiting > 0  # a toast that is gone keeps no kit


def test_saved_zip_opens_as_it_is_or_packed_anew(visit, tmp_path):
    page = visit(path="?seed=99")
    expect(page.locator(".studio .progress")).to_be_hidden()
    _, data = saved(page, tool(page, "Save kit").click)
    (tmp_path / "kit.zip").write_bytes(data)
    with (
        zipfile.ZipFile(io.BytesIO(data)) as kit,
        zipfile.ZipFile(tmp_path / "anew.zip", "w", zipfile.ZIP_DEFLATED) as anew,
    ):
        for name in kit.namelist():
            anew.writestr(f"my kit/{name}", kit.read(name))
    other = visit(script=STANDING)
    for number, file in enumerate(("kit.zip", "anew.zip")):
        other.get_by_label("Kit file").set_input_files(tmp_path / file)
        expect(other.get_by_text("The kit is open.")).to_be_visible()
        assert saved(other, tool(other, "Save kit").click)[1] == data
        if not number:
            tool(other, "New kit").click()
            expect(other.get_by_text("Another kit.")).to_be_visible()


def test_file_that_is_no_kit_is_a_toast(visit, tmp_path):
    page = visit()
    for content, words in (
        ("{", "This file is no kit: choose the ZIP of a saved kit"),
        ("PK\3\4 and no more of an archive", "This ZIP archive is damaged"),
        ('{"format": "song"}', "This file is no kit: choose the ZIP of a saved kit"),
        ("[" * 4_000_001, "This file is too large to be a kit."),
    ):
        (tmp_path / "kit.json").write_text(content)
        page.get_by_label("Kit file").set_input_files(tmp_path / "kit.json")
        expect(page.get_by_role("alert").last).to_contain_text(words)


def test_kit_with_a_latent_out_of_range_is_refused_by_the_server(visit, tmp_path):
    page = visit()
    description = json.loads(saved_kit(page).read("kit.json"))
    description["pads"][0]["z"][0] = 1e30
    (tmp_path / "kit.json").write_text(json.dumps(description))
    page.get_by_label("Kit file").set_input_files(tmp_path / "kit.json")
    expect(page.get_by_role("alert")).to_contain_text("Z must be 100 numbers from -16 to 16")


def test_address_opens_the_same_sounds_and_beat(visit, site):
    page = visit(path="?model=tiny-two&label=Cello&seed=5&__theme=light")
    expect(page.locator(".inspector .identity")).to_have_text("tiny-two · seed 5, clip 0")
    name, data = saved(page, tool(page, "WAV").click)
    assert name == "tiny-two-Cello-5-0.wav"
    np.testing.assert_array_equal(pcm(data), generated(site, 5, 0, "Cello", "tiny-two"))
    page.keyboard.press("Shift+w")
    expect(page.locator(".inspector .identity")).not_to_have_text(re.compile("seed 5,"))
    page.locator(".step[data-number='5'][data-step='7']").click()
    page.get_by_label("Tempo").fill("91")
    page.get_by_label("Tempo").press("Enter")
    page.wait_for_url(re.compile("pads=.*tempo=91"))
    before = identity(page, 5)
    page.reload()
    expect(page.locator(".pad")).to_have_count(16)
    expect(page.locator(".studio .progress")).to_be_hidden()
    assert identity(page, 5) == before
    assert page.locator(".step[data-number='5'][data-step='7']").get_attribute("data-level") == "2"
    assert page.get_by_label("Tempo").input_value() == "91"
    assert "__theme=light" in page.url


def test_what_is_changed_while_an_address_opens_stays(visit):
    page, held = visit(), []
    page.route("**/component_server**", lambda route: held.append(route), times=1)
    with page.expect_request("**/component_server**"):
        page.goto(page.url + "?seed=99")
    page.locator(".step[data-number='0'][data-step='1']").click()
    held[0].continue_()
    expect(page.locator(".studio .progress")).to_be_hidden()
    page.wait_for_url(re.compile("seed=99.*beat="))
    page.reload()
    expect(page.locator(".inspector .identity")).to_contain_text("seed 99,")
    expect(page.locator(".step[data-number='0'][data-step='1']")).to_have_attribute("data-level", "2")


def test_reload_brings_back_how_pads_are_played_and_what_was_varied(visit):
    page = visit()
    pad(page, 1).click()
    tool(page, "Vary").click()
    expect(page.locator(".inspector .identity")).to_have_text("tiny-one · varied")
    page.get_by_role("slider", name="Pitch").fill("5")
    tool(page, "Lock").click()
    page.get_by_role("button", name="Solo pad 2").click()
    before = json.loads(saved_kit(page).read("kit.json"))["pads"]
    page.evaluate("globalThis.before = true; location.reload()")  # as Gradio does after a lost connection
    page.wait_for_function("!globalThis.before && document.querySelectorAll('.pad').length === 16")
    page.wait_for_url(re.compile("mix=1t5sk"))
    expect(page.locator(".studio .progress")).to_be_hidden()
    assert json.loads(saved_kit(page).read("kit.json"))["pads"] == before
    address = page.url
    page.reload()
    expect(page.locator(".pad[aria-label*='locked']")).to_have_count(1)
    expect(page.locator(".studio .progress")).to_be_hidden()
    assert json.loads(saved_kit(page).read("kit.json"))["pads"] == before
    other = visit(path="?" + address.split("?")[1])
    expect(other.locator(".pad[aria-label*='locked']")).to_have_count(1)
    identity(other, 1)
    assert other.get_by_role("slider", name="Pitch").input_value() == "5"
    expect(other.get_by_role("button", name="Solo pad 2")).to_have_attribute("aria-pressed", "true")
    page.goto(address.split("?")[0] + "?seed=9")
    expect(page.locator(".inspector .identity")).to_contain_text("seed 9,")
    assert json.loads(saved_kit(page).read("kit.json"))["pads"][1]["seed"] == "9"


def test_what_is_changed_while_a_slow_reload_is_on_its_way_stays(visit):
    page = visit()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    speed = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", speed | {"latency": 3000})
    page.locator(".step[data-number='0'][data-step='1']").click()
    leaving = "(globalThis.before = true, location.reload(), setTimeout(() => end(location.search), 1000))"
    assert "beat=" in page.evaluate(f"new Promise((end) => {leaving})")
    network.send("Network.emulateNetworkConditions", speed | {"latency": 0})
    page.wait_for_function("!globalThis.before && document.querySelectorAll('.pad').length === 16")
    page.wait_for_url(re.compile("beat="))
    expect(page.locator(".step[data-number='0'][data-step='1']")).to_have_attribute("data-level", "2")
    page.goto(page.url.split("?")[0])
    expect(page.locator(".step[data-number='0'][data-step='1']")).to_have_attribute("data-level", "0")
    page.reload()
    expect(page.locator(".step[data-number='0'][data-step='1']")).to_have_attribute("data-level", "0")


def test_share_copies_the_address(visit):
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tool(page, "Share").click()
    expect(page.get_by_role("status").filter(has_text="The link is copied")).to_be_visible()
    assert (
        page.evaluate("navigator.clipboard.readText()") == f"{page.url.split('?')[0]}?model=tiny-one&seed={FIRST_SEED}"
    )
