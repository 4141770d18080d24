"""A participant whom a platform sends: from its address through a whole sitting to the address that confirms it."""

import pytest
from playwright.sync_api import expect
from test_questionnaire import DEVICE, SHORT, TRAINING
from test_recruitment import RECRUITMENT, URL

from ..axe import serious
from ..rating import answer_about, answer_by_keys, get_ready
from .conftest import running, votes

pytestmark = pytest.mark.browser
ID = "5f0c1d2e3b4a"


@pytest.fixture(scope="module")
def paid_site(tmp_path_factory):
    with running(tmp_path_factory.mktemp("paid"), recruitment=RECRUITMENT, **SHORT) as site:
        yield site


@pytest.fixture
def arrive(chromium, paid_site):
    """Opens an address in a fresh profile, and notes all that the page is told until the thanks."""
    contexts, complaints = [], []

    def open_address(address: str):
        context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(paid_site.url + address)
        expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert complaints == []


def test_participant_finishes_on_two_devices_and_confirms_it(arrive, paid_site):
    page, told = arrive(f"?PROLIFIC_PID={ID}&STUDY_ID=1&SESSION_ID=2#/rate"), []
    expect(page.locator(".consent")).to_contain_text("The id that a platform gave you is kept with your answers")
    assert ID not in page.url  # a link that is copied from here is for others
    assert serious(page) == []
    page.reload()
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.get_by_role("heading", name="About you")).to_be_focused()
    assert serious(page) == []
    page.keyboard.press("2")  # of the first question
    expect(page.get_by_role("radio", name="1 to 5")).to_be_checked()
    page.reload()
    expect(page.get_by_role("heading", name="About you")).to_be_visible()
    page.on("response", lambda response: told.append(response) if "component_server" in response.url else None)
    answer_about(page, {TRAINING["prompt"]: "None"})
    get_ready(page)
    answer_by_keys(page)
    assert not [response for response in told if "ABC123" in response.text()]
    assert "ABC123" not in page.content()
    said = {row["asked"]: row["said"] for row in paid_site.store.rows() if row["kind"] == "background"}
    assert said == {"training": "None", DEVICE["name"]: ""}
    place = page.locator(".rate .position span").inner_text()

    other = arrive(f"#/rate?PROLIFIC_PID={ID}")
    other.get_by_role("button", name="I agree: begin").click()
    expect(other.locator(".rate .position span")).to_have_text(place)
    answer_by_keys(other)
    expect(other.get_by_role("heading", name="Thank you")).to_be_visible()
    assert serious(other) == []
    expect(other.get_by_role("button", name="Rate more sounds")).to_have_count(0)
    other.get_by_role("button", name="Copy the code").click()
    expect(other.locator(".rate .status")).to_have_text("The code is copied.")
    assert other.evaluate("navigator.clipboard.readText()") == "ABC123"
    other.route(URL, lambda route: route.fulfill(body="Thank you for your submission."))
    other.get_by_role("link", name="Confirm on app.prolific.com").click()
    expect(other.locator("body")).to_have_text("Thank you for your submission.")
    assert other.url == URL

    late = arrive(f"?PROLIFIC_PID={ID}#/rate")
    late.get_by_role("button", name="I agree: begin").click()
    expect(late.locator(".rate .status")).to_contain_text("You have taken part in this study already")
    assert len({vote["session_id"] for vote in votes(paid_site)}) == 1
    assert list(paid_site.store.participants.by_session().values()) == [ID]
    assert ID not in paid_site.log.read_text()


def test_address_that_names_nobody_says_so(arrive, paid_site):
    before = len(paid_site.store.participants.by_session())
    for address in (f"?PROLIFIC_PID={'x' * 5000}#/rate", "?PROLIFIC_PID=<img src=x>#/rate"):
        page = arrive(address)
        expect(page.locator(".consent")).to_contain_text("This address names no participant")
        assert page.locator(".rate img").count() == 0
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.get_by_role("heading", name="About you")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set the volume")).to_be_visible()
    assert len(paid_site.store.participants.by_session()) == before
