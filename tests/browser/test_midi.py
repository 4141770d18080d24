"""What a MIDI controller plays: the pads from C2 up where they are shown, else the keys."""

import pytest
from playwright.sync_api import Page, expect

from .listen import GAINS, LISTEN, heard
from .midi import CHANNEL_PRESSURE, CONTROL, MIDI, NOTE_OFF, NOTE_ON, PAD_PRESSURE, SUSTAIN
from .studio import pad, tool
from .waiting import STANDING

pytestmark = pytest.mark.browser


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
    tool(page, "Clear all").click()
    tool(page, "Record").click()
    expect(page.locator(".step[data-now]").first).to_be_attached()
    for note, velocity in ((37, 20), (38, 90), (39, 127), (60, 90)):
        page.evaluate(f"send({NOTE_ON}, {note}, {velocity})")
    for number, level in ((1, 1), (2, 2), (3, 3)):
        expect(page.locator(f".step[data-number='{number}'][data-level='{level}']")).to_have_count(1)
    expect(page.locator(".step:not([data-level='0'])")).to_have_count(3)


def test_pedal_and_button_are_one_sustain(visit):
    page = listening(visit(script=LISTEN + MIDI))
    tool(page, "Keys").click()
    button = tool(page, "Sustain")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.evaluate(f"send({CONTROL}, {SUSTAIN}, 127), send({CONTROL}, {SUSTAIN}, 0)")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.evaluate(f"send({CONTROL}, {SUSTAIN}, 127)")
    expect(button).to_have_attribute("aria-pressed", "true")


def test_keys_sound_as_their_pad_is_mixed(visit):
    """Else a note that is recorded would be softer, and shorter, in its beat than when it was played."""
    page = listening(visit(script=LISTEN + MIDI + GAINS))
    tool(page, "Keys").click()
    page.evaluate(f"send({NOTE_ON}, 60, 127), send({NOTE_OFF}, 60, 0)")
    whole, loud = heard(page)[-1], page.evaluate("gains.at(-1)")
    page.locator(".inspector").get_by_label("Level").fill("-12")
    page.locator(".inspector").get_by_label("Length").fill("50")
    page.evaluate(f"send({NOTE_ON}, 60, 127)")
    cut = heard(page)[-1]
    assert page.evaluate("gains.at(-1)") == pytest.approx(loud * 10 ** (-12 / 20), rel=1e-3)
    assert cut["until"] - cut["when"] < 0.75 * whole["seconds"]


def test_key_that_is_let_go_an_octave_later_is_lit_no_more(visit):
    page = listening(visit(script=LISTEN + MIDI))
    tool(page, "Keys").click()
    page.evaluate(f"send({NOTE_ON}, 60, 127)")
    expect(page.locator(".key[data-down]")).to_have_attribute("aria-label", "C4")
    tool(page, "Octave up").click()
    expect(page.locator(".key[data-down]")).to_have_attribute("aria-label", "C4")
    page.evaluate(f"send({NOTE_OFF}, 60, 0)")
    expect(page.locator(".key[data-down]")).to_have_count(0)
