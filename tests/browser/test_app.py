"""A visitor's way through the tabs that have no test of their own, in headless Chromium."""

import pytest
from playwright.sync_api import expect

from audiogan.ui import theme

from .axe import serious
from .conftest import in_schemes

pytestmark = pytest.mark.browser
REACH = """(tab) => {  // how many pixels of its middle column, and of its middle row, are its own: the fewer
  const { left, top, width, height } = tab.getBoundingClientRect();
  const own = (x, y) => tab.contains(document.elementFromPoint(x, y));
  const range = [...Array(80).keys()].map((at) => at - 40 + 0.5);
  const [across, down] = [left + width / 2, top + height / 2];
  const mine = [(at) => own(across + at, down), (at) => own(across, down + at)].map((hit) => range.filter(hit).length);
  return Math.min(...mine);
}"""

LOST = """(css) => {  // declarations of a rule that are gone once the browser has written it down
  const rules = (text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    const flat = [...sheet.cssRules].flatMap((rule) => (rule.media ? [...rule.cssRules] : rule));
    return flat.filter((rule) => rule.selectorText);
  };
  const lost = (rule) => [...rule.style].filter((name) => ![...rules(rule.cssText)[0].style].includes(name));
  return rules(css).filter((rule) => lost(rule).length).map((rule) => [rule.selectorText, ...lost(rule)]);
}"""


MARKED = """(one) => {
  const { backgroundColor, outlineStyle } = getComputedStyle(one);
  return [...backgroundColor.match(/\\d+/g).slice(0, 3), outlineStyle];
}"""

WIDE = """(card) => {
  const row = document.createElement("table").insertRow();
  for (let at = 0; at < 12; at += 1) row.insertCell().textContent = "0.123456";
  card.append(row.closest("table"));
}"""

SETTLED = {"Compare": ".compare .cell", "Explore": ".explore .identity", "Rate": ".rate .place > *"}


@in_schemes(wide="light", narrow="dark")
def test_everyone_can_use_every_tab(visit, width, height, scheme):
    page = visit(width, height, scheme=scheme)
    for name in ("Explore", "Compare", "Rate", "Results", "About", "Play"):
        tab = page.get_by_role("tab", name=name)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(page.locator(SETTLED.get(name, "[role=tabpanel]:visible >> nth=0")).first).to_be_visible()
        assert tab.evaluate(REACH) >= 44
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(page) == []


def test_forced_colours_tell_what_is_on_from_what_is_off(visit):
    page = visit()
    page.emulate_media(forced_colors="active")
    for on, off in (
        ("[role=tab][aria-selected=true]", "[role=tab][aria-selected=false]"),
        (".pad[data-selected=true]", ".pad[data-selected=false]"),
        (".segment[aria-pressed=true]", ".segment[aria-pressed=false]"),
        (".step[data-level='2'] i", ".step[data-level='2']"),
        (".key.black", ".key.white"),
    ):
        assert page.locator(on).first.evaluate(MARKED) != page.locator(off).first.evaluate(MARKED), on


def test_no_style_is_lost_where_gradio_rewrites_it(visit):
    """Gradio prefixes rules as the browser writes them, and loses a shorthand with a variable that is amended."""
    page = visit()
    assert [page.evaluate(LOST, sheet.read_text("utf-8")) for sheet in theme.styles()] == [[] for _ in theme.styles()]


def test_larger_letters_are_larger_everywhere(visit):
    page = visit()
    parts = [page.locator(name).first for name in ("[role=tab]", "#header p", "footer .show-api", ".tool")]
    before = [part.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") for part in parts]
    page.add_style_tag(content="html { font-size: 24px !important }")
    after = [part.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") for part in parts]
    assert after == [1.5 * size for size in before]


def test_card_of_a_stranger_is_inert(visit):
    page = visit()
    page.get_by_role("tab", name="About").click()
    page.get_by_role("button", name="tiny-one", exact=True).click()
    expect(page.get_by_text("Untrained.").first).to_be_visible()
    expect(page.get_by_text("gradio_client").first).to_be_visible()


def test_cards_say_whether_they_are_open_and_only_a_wide_table_slides(visit):
    page = visit(390, 844, path="#/about")
    card = page.get_by_role("button", name="tiny-one", exact=True)  # without the arrow
    expect(card).to_have_attribute("aria-expanded", "false")
    headings = page.get_by_role("tabpanel").get_by_role("heading", level=2)
    assert headings.all_inner_texts() == ["From a program", "To cite", "Models"]
    expect(page.get_by_text("A GAN is two networks: one invents sounds")).to_be_visible()
    card.press("Enter")
    expect(card).to_have_attribute("aria-expanded", "true")
    text = page.locator(".gr-accordion .prose", has_text="Untrained.").first
    expect(text).to_be_visible()
    text.evaluate(WIDE)
    table = text.locator("table").last
    expect(table).to_have_attribute("tabindex", "0")
    assert text.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert serious(page) == []


def test_snippets_call_the_page_that_shows_them(visit):
    page = visit()
    page.get_by_role("tab", name="About").click()
    address = page.evaluate("location.origin")
    snippets = page.locator("[role=tabpanel]:visible pre code")
    expect(snippets.first).to_contain_text(f'Client("{address}")')
    expect(snippets.nth(1)).to_contain_text(f"curl -s {address}/gradio_api/call/generate")
    assert ":7860" not in " ".join(snippets.all_text_contents())
