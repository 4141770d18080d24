"""What is there before the page is: on a slow network, without its code, and where its link is shared."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from audiogan.ui.opening import DESCRIPTION, TAGLINE, opened

from .conftest import WAIT_MILLISECONDS
from .waiting import wait_until

pytestmark = pytest.mark.browser
CODE = "**/assets/index-*.js"
FRAMES = """
const seen = (globalThis.seen = { shift: 0, gradios: false, over: false, empty: false, opening: null, tiles: null });
const add = (list) => list.getEntries().forEach(({ value }) => (seen.shift += value));
new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
const look = () => {  // at every frame
  const [gradios, studio] = [".app > .wrap.full", ".studio"].map((name) => document.querySelector(name));
  seen.gradios ||= Boolean(gradios);
  seen.over ||= Boolean(gradios?.checkVisibility());
  seen.empty ||= Boolean(studio && !studio.childElementCount);
  seen.opening = document.querySelector("#opening .tiles")?.getBoundingClientRect().y ?? seen.opening;
  seen.tiles = studio?.querySelector(".tiles")?.getBoundingClientRect().y ?? seen.tiles;
  requestAnimationFrame(look);
};
look();
"""


@pytest.fixture
def context(chromium):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(WAIT_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture(scope="module")
def document(site):
    return httpx.get(site.url, timeout=60, trust_env=False).text


def test_body_comes_before_the_sounds(document):
    assert document.index("<body") < document.index('id="opening"') < document.index("window.gradio_config = {")
    assert document.count("window.gradio_config = {") == 1


def test_shared_link_shows_what_it_leads_to(document, site):
    tags = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)"', document))
    assert tags == {
        "type": "website",
        "title": "audiogan",
        "description": DESCRIPTION,
        "url": site.url,
        "image": f"{site.url}preview.jpg",
    }
    assert 'name="twitter:title"' not in document
    assert document.count("<title>") == 1
    picture = httpx.get(tags["image"], timeout=60, trust_env=False)
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")


def test_link_below_a_path_names_its_picture_there_and_never_becomes_markup(document, site):
    address = site.url.removesuffix("/")
    moved = document.replace(f'const root = "{address}"', r'const root = "https://host/below\u0022\u003e\u003cb\u003e"')
    tags = opened(_as_gradio_made_it(moved)).partition("<body")[0]
    assert 'content="https://host/below&quot;&gt;&lt;b&gt;/preview.jpg"' in tags


@pytest.mark.parametrize("missing", ["window.gradio_config", "const root", "<body", "</head>"])
def test_document_of_another_making_stays_as_it_is(document, missing):
    other = _as_gradio_made_it(document).replace(missing, "")
    assert opened(other) == other


@pytest.mark.parametrize(
    ("path", "tiles"),
    [
        ("", True),
        ("#session=x", False),
        pytest.param("#/play?seed=3", True, marks=pytest.mark.long),
        pytest.param("#/Rate", False, marks=pytest.mark.long),
    ],
)
def test_heading_is_there_before_the_code_and_gives_way_to_the_page(context, site, path, tiles):
    page, held = context.new_page(), []
    page.route(CODE, lambda route: held.append(route))
    page.goto(site.url + path, wait_until="commit")
    opening = page.locator("#opening")
    expect(opening.get_by_role("heading", name="audiogan")).to_be_visible()
    expect(opening.get_by_text(TAGLINE)).to_be_visible()
    lines = opening.get_by_text(TAGLINE).evaluate(
        """node => {
          const range = document.createRange();
          range.selectNodeContents(node);
          const tops = [...range.getClientRects()].filter(({ width }) => width).map(({ top }) => Math.round(top / 10));
          return new Set(tops).size;
        }"""
    )
    assert lines == 1 + tiles  # with how to play
    expect(opening.locator(".tiles")).to_be_visible(visible=tiles)
    expect(opening.get_by_role("status")).to_have_text("The page is on its way.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wait_until(page, lambda: held)
    held[0].continue_()
    expect(opening).to_have_count(0)
    expect(page.get_by_role("heading", name="audiogan")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 1280])
def test_tiles_stand_where_the_pads_come_and_nothing_over_them(context, site, width):
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script(FRAMES)
    page.goto(site.url)
    expect(page.locator(".pad")).to_have_count(16)
    seen = page.evaluate("seen")
    assert (seen["gradios"], seen["over"], seen["empty"]) == (True, False, False)
    assert [seen["opening"], seen["tiles"]] == pytest.approx(2 * [page.locator(".pads").bounding_box()["y"]], abs=4)
    assert seen["shift"] < 0.1


def test_code_that_does_not_come_is_said(context, site):
    page = context.new_page()
    page.route(CODE, lambda route: route.abort())
    page.goto(site.url, wait_until="commit")
    expect(page.get_by_role("status")).to_have_text("The page did not come through: check the connection and reload.")


def test_without_javascript_it_says_so(chromium, site):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)
    expect(page.get_by_text("This page needs JavaScript, which is switched off here.")).to_be_visible()
    context.close()


def _as_gradio_made_it(document: str) -> str:
    """With the configuration in the head again, and nothing of ours in the body."""
    config = re.search(r"<script>window\.gradio_config = .*?</script>", document, re.DOTALL)[0]
    ours = r"<style>\s*#opening.*?</div>\s*(?=<gradio-app)"
    body = re.sub(ours, "", document.replace(config, ""), flags=re.DOTALL)
    return body.replace("<script data-gradio-mode", config + "<script data-gradio-mode")
