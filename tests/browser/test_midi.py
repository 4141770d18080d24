"""What a MIDI controller plays: the pads from C2 up where they are shown, else the keys."""

import pytest
from playwright.sync_api import Page, expect

from .listen import LISTEN, heard
from .midi import CHANNEL_PRESSURE, CONTROL, MIDI, NOTE_OFF, NOTE_ON, PAD_PRESSURE, SUSTAIN
from .studio import pad, tool
from .waiting import STANDING

pytestmark = pytest.mark.browser
GAINS = """
globalThis.gains = [];
globalThis.GainNode = class extends GainNode {
  constructor(where, options) {
    super(where, options);
    gains.push(options.gain);
  }
};
"""


def listening(page: Page) -> Page:
    tool(page, "MIDI").click()
    expect(page.locator(".toast")).to_contain_text("Listening to 1 MIDI input.")
    return page


def test_pad_controller_plays_the_pads_as_hard_as_it_is_hit(visit):
    page = listening(visit(script=LISTEN + MIDI + GAINS))
    page.evaluate(f"send({NOTE_ON}, 41, 127), send({NOTE_OFF}, 41, 0)")
    expect(pad(page, 5)).to_have_attribute("data-selected", "true")
    page.evaluate(f"send({NOTE_ON + 9}, 51, 127), send({NOTE_ON + 9}, 51, 32)")
    expect(pad(page, 15)).to_have_attribute("data-selected", "true")
    assert len(heard(page)) == 3
    hard, soft = page.evaluate("gains.slice(-2)")
    assert soft == pytest.approx(hard * 32 / 127)
    page.evaluate(
        f"send({NOTE_ON}, 35, 90), send({NOTE_ON}, 52, 90), send({NOTE_ON}, 36, 0), send({PAD_PRESSURE}, 36, 90),"
        f"send({CHANNEL_PRESSURE}, 90), send({CONTROL}, 36, 90), send({CONTROL}, {SUSTAIN}, 127)"
    )
    assert len(heard(page)) == 3
    tool(page, "Keys").click()
    page.evaluate(f"send({NOTE_ON}, 60, 100)")
    assert len(heard(page)) == 4
    expect(page.locator(".key[data-down]")).to_have_count(1)
    expect(pad(page, 15)).to_have_attribute("data-selected", "true")
    page.get_by_role("tab", name="Rate").click()
    expect(page.get_by_role("tab", name="Rate")).to_have_attribute("aria-selected", "true")
    page.evaluate(f"send({NOTE_ON}, 36, 100)")
    assert len(heard(page)) == 4


def test_pads_that_are_hit_come_into_the_beat_as_hard_as_they_were(visit):
    page = listening(visit(script=STANDING + MIDI))
    tool(page, "Clear").click()
    tool(page, "Record").click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    for note, velocity in ((37, 20), (38, 90), (39, 127), (60, 90)):
        page.evaluate(f"send({NOTE_ON}, {note}, {velocity})")
    for number, level in ((1, 1), (2, 2), (3, 3)):
        expect(page.locator(f".step[data-number='{number}'][data-level='{level}']")).to_have_count(1)
    expect(page.locator(".step:not([data-level='0'])")).to_have_count(3)
