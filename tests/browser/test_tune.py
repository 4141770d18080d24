"""Keys that are recorded: notes in the steps of a pad, what is heard of them, and where they are kept."""

import io
import json

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

from .midi import MIDI, NOTE_OFF, NOTE_ON
from .studio import pad, saved, saved_kit, tool
from .waiting import STANDING

pytestmark = pytest.mark.browser
RATES = """
globalThis.rates = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  if (this.context instanceof AudioContext) rates.push(this.playbackRate.value);
  return start.apply(this, when);
};
"""


def record_on(page: Page, number: int) -> Page:
    """Have the keys of a pad recorded into an empty beat of half a second a step."""
    expect(page.locator(".studio .progress")).to_be_hidden()
    tool(page, "Clear all").click()
    page.get_by_label("Tempo").fill("30")
    page.get_by_label("Tempo").press("Enter")
    pad(page, number).click()
    tool(page, "MIDI").click()
    tool(page, "Keys").click()
    expect(page.locator(".key-tools .about")).not_to_contain_text("Making")
    tool(page, "Record").click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    return page


def notes(page: Page, number: int) -> list[str]:
    """What the steps of a pad that are set say of themselves, but for their place."""
    steps = page.locator(f".step[data-number='{number}']:not([data-level='0'])").all()
    return [step.get_attribute("aria-label").split(", ", 1)[1] for step in steps]


def play(page: Page, *hits) -> None:
    """Each hit into a step of its own: two steps go by before the next."""
    for count, hit in enumerate(hits, 1):
        hit()
        expect(page.locator(".step:not([data-level='0'])")).to_have_count(count)
        for _ in range(2):
            now = page.locator(".step[data-now]").first.get_attribute("data-step")
            page.wait_for_function(f"document.querySelector('.step[data-now]').dataset.step !== '{now}'")


def test_keys_that_are_played_in_a_take_become_notes_and_are_kept(visit, tmp_path):
    page = record_on(visit(path="?model=tiny-pitched&label=Flute&seed=5", script=STANDING + MIDI), 5)
    low, third = (page.locator(".key").nth(at).get_attribute("aria-label") for at in (0, 4))
    finger = page.get_by_role("button", name=third, exact=True)
    play(page, lambda: page.keyboard.press("z"), finger.click, lambda: page.evaluate(f"send({NOTE_ON}, 67, 127)"))
    page.evaluate(f"send({NOTE_OFF}, 67, 0)")
    expect(page.locator(".step-row:visible")).to_have_count(1)
    expect(page.locator(".step .note:visible", has_text="G4")).to_be_visible()
    tool(page, "Record").click()
    tool(page, "Stop").click()
    before = notes(page, 5)
    assert sorted(before) == sorted([f"normal, {low}", f"normal, {third}", "accent, G4"])
    tool(page, "Steps").click()
    expect(page.locator(".step .note:visible", has_text="G4")).to_be_in_viewport()

    page.evaluate("document.querySelectorAll('.toast .dismiss').forEach((one) => one.click())")  # else over Save kit
    kit = saved_kit(page).read("kit.json")
    assert sum(pitch is not None for pitch in json.loads(kit)["pitches"][5]) == 3
    (tmp_path / "kit.json").write_bytes(kit)
    page.wait_for_url("**/?*notes=5*")
    address = page.url.split("?")[1]
    page.reload()
    expect(page.locator(".step[data-number='5']:not([data-level='0'])")).to_have_count(3)
    assert notes(page, 5) == before

    other = visit(script=STANDING)
    with other.expect_request(lambda request: '"pitch":67' in (request.post_data or "").replace(" ", "")):
        other.get_by_label("Kit file").set_input_files(tmp_path / "kit.json")
    expect(other.get_by_text("The kit is open.")).to_be_visible()
    assert notes(other, 5) == before
    assert notes(visit(path=f"?{address}"), 5) == before


@pytest.mark.long
def test_take_of_keys_can_be_taken_out_and_a_note_is_pressed_away(visit):
    page = record_on(visit(script=STANDING + MIDI), 0)
    play(page, lambda: page.keyboard.press("z"))
    tool(page, "Record").click()
    tool(page, "Steps").click()
    page.locator(".step:not([data-level='0'])").click()
    expect(page.locator(".step .note:not(:empty)")).to_have_count(0)
    page.locator(".toast", has_text="What you played").get_by_role("button", name="Undo").click()
    expect(page.locator(".step:not([data-level='0'])")).to_have_count(0)


def test_note_of_a_model_without_pitch_sounds_as_the_pad_tuned_to_it(visit):
    page = record_on(visit(script=STANDING + MIDI + RATES), 1)
    play(page, lambda: page.evaluate(f"send({NOTE_ON}, 72, 90), send({NOTE_OFF}, 72, 0)"))
    tool(page, "Record").click()
    tool(page, "Stop").click()
    page.get_by_label("Tempo").fill("240")
    page.get_by_label("Tempo").press("Enter")
    page.evaluate("rates.length = 0")
    tool(page, "Play").click()
    page.wait_for_function("rates.length > 1")
    tool(page, "Stop").click()
    assert set(page.evaluate("rates")) == {2}

    def loop() -> np.ndarray:
        return soundfile.read(io.BytesIO(saved(page, tool(page, "Loop WAV").click)[1]))[0]

    noted = loop()
    tool(page, "Steps").click()
    step = page.locator(".step[data-level='2']")
    place = int(step.get_attribute("data-step"))
    step.click()
    page.locator(f".step[data-number='1'][data-step='{place}']").click()
    page.get_by_role("slider", name="Pitch").fill("12")
    np.testing.assert_array_equal(loop(), noted)
