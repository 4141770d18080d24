"""A study in German: whoever takes part reads nothing in another language from consent to thanks."""

import re

import pytest
from playwright.sync_api import expect

from audiogan.listening.wording import read_wording, sentences

from ..rating import hear_and_answer
from .conftest import running

pytestmark = pytest.mark.browser
SAY = read_wording({"tag": "de"})
DESIGN = {
    "title": "Echt oder erfunden?",
    "consent": {"version": "1", "text": "Sie hören kurze Klänge."},
    "questions": [
        {"name": "real", "kind": "choice", "prompt": "Aufgenommen oder erfunden?", "words": ["real", "invented"]},
        {
            "name": "resemblance",
            "kind": "scale",
            "prompt": "Wie ähnlich ist es: {label}?",
            "words": ["Gar nicht", "Kaum", "Etwas", "Ziemlich", "Völlig"],
            "exemplar": True,
        },
    ],
    "trials": {"training": 1, "test": 1, "gold": 0, "repeat": 0},
    "modules": {"naming": 1, "preference": 1, "diversity": 0},
    "exclusions": {},
    "language": {"tag": "de"},
}


@pytest.fixture(scope="module")
def rate_site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("german"), **DESIGN) as site:
        yield site


@pytest.mark.long
def test_a_sitting_in_german(visit):
    page = visit()
    rate, read = page.locator(".rate"), []
    expect(rate).to_have_attribute("lang", "de")

    def press(sentence: str) -> None:
        read.append(rate.inner_text())
        page.get_by_role("button", name=SAY(sentence)).click()

    press("I agree: begin")
    press("The volume is right")
    press("I have no headphones")
    for _ in range(4):
        position = page.locator(".trial .position").inner_text()
        hear_and_answer(page)
        read.append(rate.inner_text())
        page.keyboard.press("Enter")
        expect(page.locator(".saved")).to_contain_text("Gespeichert. Quittung")
        if page.locator(".feedback").count():
            press("Next")
        expect(page.locator(".position").filter(has_text=position)).to_have_count(0)
    expect(page.get_by_role("heading", name="Vielen Dank")).to_be_visible()
    page.get_by_text(SAY("Each sound and your answers")).click()
    read.append(rate.inner_text())
    shown = "\n".join(read)
    assert [english for english in sentences() if re.search(rf"\b{_pattern(english)}(?!\w)", shown)] == ["Instrument"]
    for sentence in ("Zum Vergleich eine echte Aufnahme", "Das war ", "1 zum Üben", "Vergleich"):
        assert sentence in shown


def _pattern(sentence: str) -> str:
    """The sentence, with anything in its places."""
    return ".+".join(map(re.escape, re.split(r"\{\w+\}", sentence)))
