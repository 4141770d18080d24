"""A visitor's way through the app in headless Chromium: sample, hear, morph, read."""

import io
import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Page, expect

import audiogan
from audiogan.audio import to_pcm16

pytestmark = pytest.mark.browser


def sample(page: Page, seed: str, model: str = "tiny-one", label: str | None = None, num: int = 2) -> None:
    """Fill the form, press Sample and wait for the cards."""
    choose(page, "Model", model)
    if label:
        choose(page, "Label", label)
    page.get_by_label("Seed", exact=True).fill(seed)
    page.get_by_role("radio", name=str(num), exact=True).first.check(force=True)
    page.get_by_role("button", name="Sample", exact=True).click()
    expect(cards(page)).to_have_count(num)
    expect(cards(page).first).to_contain_text(f"{model} · seed {seed} · clip 0")


def choose(page: Page, field: str, option: str) -> None:
    box = page.get_by_role("combobox", name=field).locator("visible=true")
    if box.input_value() != option:
        box.click()
        page.get_by_role("option", name=option, exact=True).click()
        expect(box).to_have_value(option)


def cards(page: Page):
    return page.locator("#clips article")


def fetched(page: Page, url: str) -> np.ndarray:
    """The int16 samples of a WAV file, fetched by the page."""
    data = page.evaluate("async url => Array.from(new Uint8Array(await (await fetch(url)).arrayBuffer()))", url)
    return soundfile.read(io.BytesIO(bytes(data)), dtype="int16")[0]


def test_page_opens_with_sounds_to_play(visit):
    page = visit()
    card = cards(page).first
    expect(card.get_by_role("img")).to_have_attribute("alt", re.compile("Waveform and log-mel spectrogram: .+"))
    card.get_by_role("button", name="Play").click()
    page.wait_for_function("document.querySelector('#clips audio').currentTime > 0.05")


def test_sample_and_hear(visit, site):
    page = visit()
    sample(page, seed="1234567890123456789", label="Flute")
    card = cards(page).nth(1)
    model = audiogan.load("tiny-one", "cpu", site.checkpoints)
    expected = model.generate(2, 1234567890123456789, "Flute")[1]
    np.testing.assert_array_equal(fetched(page, card.locator("audio").get_attribute("src")), to_pcm16(expected))
    card.get_by_role("button", name="Play").click()
    expect(card.get_by_role("button", name="Pause")).to_be_visible()


@pytest.mark.parametrize("seed", ["twelve", "-1", "9223372036854775808", "1.5", "", "<img src=x onerror=alert(1)>"])
def test_bad_seed_is_a_toast(visit, seed):
    page = visit()
    page.get_by_label("Seed", exact=True).fill(seed)
    page.get_by_role("button", name="Sample", exact=True).click()
    toast = page.get_by_test_id("toast-text").first
    expect(toast).to_contain_text("seed must be a whole number from 0 to 9223372036854775807")
    expect(toast).to_contain_text(seed)
    assert toast.locator("img").count() == 0
    expect(cards(page)).to_have_count(4)


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


def test_labels_follow_the_model(visit):
    page = visit()
    choose(page, "Model", "tiny-unlabelled")
    expect(page.get_by_role("combobox", name="Label").locator("visible=true")).to_have_count(0)
    sample(page, seed="9", model="tiny-unlabelled", num=1)
    with page.expect_download() as download:
        cards(page).first.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "tiny-unlabelled-any-9-0.wav"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone_shows_everything_without_sideways_scrolling(visit, scheme):
    page = visit(390, 844, scheme=scheme)
    for tab in ("Explore", "Results", "About", "Play"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sample(page, seed="12", num=1)
    card = cards(page).first
    for target in (card.get_by_role("button", name="Play"), card.get_by_role("link")):
        box = target.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_card_of_a_stranger_is_inert(visit):
    page = visit()
    page.get_by_role("tab", name="About").click()
    expect(page.get_by_text("Untrained.").first).to_be_visible()
    expect(page.get_by_text("gradio_client").first).to_be_visible()
