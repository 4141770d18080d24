"""A visitor's way through the tabs that have no test of their own, in headless Chromium."""

import io

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

import audiogan
from audiogan.audio import to_pcm16

pytestmark = pytest.mark.browser


def choose(page: Page, field: str, option: str) -> None:
    box = page.get_by_role("combobox", name=field).locator("visible=true")
    if box.input_value() != option:
        box.click()
        page.get_by_role("option", name=option, exact=True).click()
        expect(box).to_have_value(option)


def fetched(page: Page, url: str) -> np.ndarray:
    """The int16 samples of a WAV file, fetched by the page."""
    data = page.evaluate("async url => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()))", url)
    return soundfile.read(io.BytesIO(bytes(data)), dtype="int16")[0]


def test_morph_plays_as_one_sound(visit, site):
    page = visit()
    page.get_by_role("tab", name="Explore").click()
    choose(page, "Model", "tiny-two")
    page.get_by_label("From seed").fill("3")
    page.get_by_label("To seed").fill("4")
    page.get_by_role("button", name="Morph").click()
    card = page.locator("#walk article")
    expect(card).to_contain_text("Cello: 3 to 4")
    expected = audiogan.load("tiny-two", "cpu", site.checkpoints).morph(3, 4, 9)
    link = card.get_by_role("link", name="Download")
    np.testing.assert_array_equal(fetched(page, link.get_attribute("href")), to_pcm16(np.concatenate(expected)))
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "tiny-two-Cello-3-to-4.wav"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_shows_every_tab_without_sideways_scrolling(visit, scheme):
    page = visit(390, 844, scheme=scheme)
    for tab in ("Explore", "Results", "About", "Play"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_card_of_a_stranger_is_inert(visit):
    page = visit()
    page.get_by_role("tab", name="About").click()
    expect(page.get_by_text("Untrained.").first).to_be_visible()
    expect(page.get_by_text("gradio_client").first).to_be_visible()
