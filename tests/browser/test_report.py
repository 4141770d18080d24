"""The evaluation's report in a browser: it fits a phone and paper, plays its sounds, and talks to nobody."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_fits_and_plays(evaluated, chromium, width, height, scheme):
    file = Path(evaluated[0]) / "report.html"
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("for (const audio of document.querySelectorAll('audio')) audio.loop = true")  # none ends of itself
    button = page.locator("#figure1 button.play").first
    button.click()
    assert button.get_attribute("data-state") == "playing"
    other = page.locator("#figure1 button.play").nth(1)
    other.click()
    assert button.get_attribute("data-state") == "idle"
    assert other.get_attribute("data-state") == "playing"
    height_of_button = button.bounding_box()["height"]
    context.close()
    assert height_of_button >= 44
    assert set(asked) <= {"file", "data"}
    assert said == []


def test_scores_are_explained_on_a_phone(evaluated, chromium):
    with chromium.new_page(viewport={"width": 390, "height": 844}) as page:
        page.goto((Path(evaluated[0]) / "report.html").as_uri())
        assert page.locator("#scores tbody th small").first.is_visible()
        assert page.locator("#scores td small").first.is_visible()


@pytest.mark.parametrize("width", [718, 1031])
def test_nothing_is_cut_off_on_paper(evaluated, chromium, width):
    """A4 upright, for browsers that turn no page, and across."""
    with chromium.new_page(viewport={"width": width, "height": 700}, color_scheme="dark") as page:
        page.goto((Path(evaluated[0]) / "report.html").as_uri())
        page.emulate_media(media="print")
        inside = "[...document.querySelectorAll('.scroll')].map(each => each.scrollWidth <= each.clientWidth)"
        assert set(page.evaluate(inside)) == {True}
        assert page.locator("#confusion table").last.is_visible()
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(24, 32, 42)"
