"""The evaluation's report in a browser: it fits a phone, plays its sounds, and talks to nobody."""

from pathlib import Path

import pytest
from test_evaluate import evaluated, run_folder, votes  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_fits_and_plays(evaluated, chromium, width, height, scheme):  # noqa: F811
    file = Path(evaluated[0]) / "report.html"
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
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
