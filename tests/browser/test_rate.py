"""A listener's whole session in headless Chromium: by keyboard, by touch, through trouble; and all that it sent."""

import os
import re
import shutil
from dataclasses import dataclass

import pytest
from conftest import save_tiny_checkpoint
from listeners import free_port, serve, wait_for
from playwright.sync_api import Page, expect
from sitting import secrets_of
from tiny_study import write_study

from audiogan.listening.store import Store
from audiogan.listening.study import Study

from .axe import serious

pytestmark = pytest.mark.browser
DESIGN = {
    "trials": {"training": 2, "test": 4, "gold": 1, "repeat": 1},
    "modules": {"naming": 1, "preference": 1, "diversity": 1},
}
NAMES = """(button) => {
  globalThis.names = [];
  new MutationObserver(() => names.push(button.ariaLabel)).observe(button, { attributeFilter: ["aria-label"] });
}"""
FILL = "(one) => getComputedStyle(one).backgroundColor"
TRIALS = 2 + 4 + 1 + 1 + 3


@dataclass
class RateSite:
    """A running app with a study whose systems are none of the app's models."""

    url: str
    study: Study
    store: Store


@pytest.fixture(scope="module")
def rate_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rate")
    save_tiny_checkpoint(folder / "checkpoints" / "tiny", "wavegan")
    study = Study.load(write_study(folder / "study", **DESIGN))
    url, port = f"sqlite:///{folder / 'votes.sqlite3'}", free_port()
    environment = os.environ | {"AUDIOGAN_DATABASE_URL": url, "AUDIOGAN_STUDY": str(study.folder)}
    with open(folder / "log", "wb") as log:
        process = serve(port, folder / "checkpoints", environment | {"GRADIO_TEMP_DIR": str(folder)}, log)
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield RateSite(f"http://127.0.0.1:{port}/", study, Store(url))
        assert "Traceback" not in (folder / "log").read_text()
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def visit(chromium, rate_site):
    """Opens the Rate tab in a fresh profile, or in a given one; errors on the page fail the test."""
    contexts, complaints = [], []

    def open_tab(width=1280, height=800, address="", **options) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        open_rate(page, rate_site.url + address)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


def open_rate(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".rate .place > *")).to_be_visible()


def begin(page: Page) -> None:
    """Consent, volume, no headphones; then the first practice trial."""
    page.get_by_role("button", name="I agree: begin").click()
    page.get_by_role("button", name="The volume is right").click()
    page.get_by_role("button", name="I have no headphones").click()
    expect(page.locator(".trial")).to_be_visible()


def hear_and_answer(page: Page) -> None:
    """One trial with the keyboard alone, up to its submission."""
    play = page.locator(".trial .player .play").first
    expect(play).to_be_enabled()
    if play.get_attribute("data-state") != "playing" and page.locator(".answers:enabled").count() == 0:
        page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    press_answers(page)
    if page.locator(".trial .part[hidden]").count():
        page.keyboard.press("Enter")
        press_answers(page)


def press_answers(page: Page) -> None:
    for _ in range(page.locator(".trial .part:enabled .question:visible").count()):
        page.keyboard.press("2")


def answer_by_keys(page: Page) -> str:
    """One trial with the keyboard alone; its receipt."""
    hear_and_answer(page)
    before = receipt(page)
    page.keyboard.press("Enter")
    expect(page.locator(".rate .saved")).to_have_text(re.compile(rf"Stored\. Receipt (?!{before or 'x'})"))
    if page.locator(".feedback").count():
        page.keyboard.press("Enter")
    expect(page.locator(".feedback")).to_have_count(0)
    return receipt(page)


def receipt(page: Page) -> str:
    return (re.findall(r"Receipt (\S+)", page.locator(".rate .saved").inner_text()) or [""])[0]


def votes(site: RateSite) -> list[dict]:
    return [row for row in site.store.rows() if row["kind"] == "vote"]


def test_keyboard_alone_finishes_and_nothing_sent_on_the_way_names_a_system(visit, rate_site):
    before, heard = len(votes(rate_site)), []
    page = visit()

    def record(response):
        request = response.request
        sent = f"{request.method} {request.url} {request.headers} {request.post_data}"
        try:
            body = response.text()
        except Exception:  # a stream that is still open, or an image
            body = ""
        heard.append(f"{sent} {response.headers} {body}")

    page.on("response", record)
    page.reload()
    page.keyboard.press("Tab")
    page.get_by_role("tab", name="Rate").focus()
    page.keyboard.press("Enter")
    begin_button = page.get_by_role("button", name="I agree: begin")
    begin_button.focus()
    page.keyboard.press("Enter")
    for name in ("The volume is right", "I have no headphones"):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
    receipts = [answer_by_keys(page) for _ in range(TRIALS - 1)]
    page.wait_for_timeout(300)
    events = [text for text in heard if "/component_server" in text]
    for secret in secrets_of(rate_site.study):
        assert not [text[:200] for text in events if secret in text]
        assert secret not in page.locator(".rate").inner_html()
    for secret in secrets_of(rate_site.study) - {"anchor"}:  # a word that stylesheets and scripts have too
        assert not [text[:200] for text in heard if secret in text]
        assert secret not in page.content()
    assert any('"fn_name":"sounds"' in text for text in heard)
    receipts.append(answer_by_keys(page))
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert serious(page) == []
    assert len(set(receipts)) == TRIALS
    assert len(votes(rate_site)) - before == 8 * 4 + 3
    expect(page.locator(".done")).to_contain_text("secretgan-alpha")  # only now
    left_out = "2 for practice, 1 that check the listening, 3 with other questions"
    expect(page.locator(".done")).to_contain_text(f"of 5 sounds. Not counted: {left_out}.")
    page.get_by_role("button", name="What others said").press("Enter")
    expect(page.locator("#results")).to_contain_text("Real or invented?")


def test_instrument_is_told_only_once_what_is_asked_before_is_answered(visit, rate_site):
    page = visit(390, 844)
    begin(page)
    before = len(votes(rate_site))
    expect(page.locator(".trial")).not_to_contain_text(re.compile("flute|snare", re.IGNORECASE), use_inner_text=True)
    expect(page.get_by_role("button", name="Play: A real")).to_have_count(0)
    page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    page.keyboard.press("4")
    page.keyboard.press("Enter")  # one is still open
    page.keyboard.press("3")
    expect(page.get_by_role("button", name="Next")).to_be_enabled()
    quality = page.get_by_role("group", name="How good is the sound quality?")
    quality.get_by_role("radio", name="2 Poor").check(force=True)  # until here it can be changed
    page.keyboard.press("Enter")
    expect(page.locator(".trial .player").first).to_have_text(re.compile("^(Flute|Snare drum)$"))
    expect(page.locator(".rate .status")).to_have_text(re.compile("^Meant to be: (Flute|Snare drum)"))
    expect(page.get_by_role("group", name="Meant to be:")).to_be_focused()
    expect(page.get_by_role("button", name="Play: A real")).to_be_visible()
    expect(quality.get_by_role("radio", name="5 Excellent")).to_be_disabled()
    assert serious(page) == []
    for key in ("5", "1"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".feedback")).to_be_visible()
    given = {vote["question"]: vote["value"] for vote in votes(rate_site)[before:]}
    assert given == {"quality": 2, "intelligibility": 3, "resemblance": 5, "real": "real"}


def test_phone_finishes_by_touch_with_room_for_every_thumb(visit, rate_site):
    page = visit(390, 844, has_touch=True, is_mobile=True, color_scheme="dark", reduced_motion="reduce")
    begin(page)
    for number in range(TRIALS):
        place = page.locator(".rate .position span").inner_text()
        if page.locator(".answers:enabled").count() == 0:
            play = page.locator(".trial .player .play").first
            expect(play).to_be_enabled()
            if play.get_attribute("data-state") != "playing":
                play.tap()
        expect(page.locator(".trial .answers:enabled")).to_be_visible()
        for name in ("Next", "Submit"):
            press = page.get_by_role("button", name=name)
            if press.count() == 0:
                continue  # not every trial has two parts
            expect(press).to_be_in_viewport(ratio=1)  # nothing to scroll for
            if number == 0:
                assert serious(page) == []
                assert_room_for_thumbs(page)
            for question in page.locator(".trial .part:enabled .question:visible").all():
                question.locator("label").first.tap()
            press.tap()
        if number < 2:
            page.locator(".feedback button").tap()
        expect(page.locator(".rate .position span", has_text=place)).to_have_count(0)
        expect(page.locator(".trial, .done")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert serious(page) == []
    assert {vote["device_class"] for vote in votes(rate_site)} >= {"phone"}


def assert_room_for_thumbs(page: Page) -> None:
    for target in page.locator(".trial button:visible, .trial .choices label:visible").all():
        box = target.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_reload_and_second_device_resume_at_the_same_trial(visit, rate_site):
    page = visit()
    begin(page)
    answer_by_keys(page)
    place = page.locator(".rate .position span").inner_text()
    open_rate(page, rate_site.url)
    expect(page.locator(".rate .position span")).to_have_text(place)
    session = page.evaluate("localStorage.getItem('audiogan-session')")
    other = visit(390, 844, address=f"#session={session}")
    expect(other.locator(".rate .position span")).to_have_text(place)
    assert session not in other.url


def test_space_before_the_sound_is_there_plays_it_once_it_is(visit):
    page = visit()
    late, sent = [], []
    page.on("request", lambda request: sent.append(request.post_data or ""))

    def hold(route):
        if sounds_in(route):
            late.append(route)
        else:
            route.continue_()

    page.route("**/component_server**", hold)
    begin(page)
    expect(page.locator(".trial .play").first).to_be_focused()
    page.keyboard.press("Space")
    for route in late:
        route.continue_()
    page.unroute("**/component_server**")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    assert not [data for data in sent if '"skip"' in data]  # for the sounds of screens that were left meanwhile


def test_a_second_press_before_the_answer_is_no_second_answer(visit):
    page = visit()
    sent, held = [], []
    page.on("request", lambda request: sent.append(request.post_data or ""))

    def hold(route):
        if '"action":"answer"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.get_by_role("button", name="I agree: begin").dblclick()
    page.get_by_role("button", name="The volume is right").click()
    page.route("**/component_server**", hold)
    none = page.get_by_role("button", name="I have no headphones")
    none.click()
    none.click()
    held[0].continue_()
    page.unroute("**/component_server**")
    expect(page.locator(".trial")).to_be_visible()
    assert len([data for data in sent if '"choices":null' in data]) == 1
    assert len([data for data in sent if '"action":"consent"' in data]) == 1


def sounds_in(route) -> bool:
    return '"fn_name":"sounds"' in (route.request.post_data or "")


def test_answer_survives_a_dropped_connection(visit, rate_site):
    page = visit()
    begin(page)
    lost = []

    def drop_twice(route):
        if "response_ms" in (route.request.post_data or "") and len(lost) < 2:
            lost.append(route.request.post_data)
            if len(lost) == 1:
                route.abort()  # the request never arrives
                return
            route.fetch()  # it arrives, and its reply is lost
            route.abort()
            return
        route.continue_()

    page.route("**/component_server**", drop_twice)
    before = len(votes(rate_site))
    answer_by_keys(page)
    assert len(lost) == 2
    assert len(votes(rate_site)) - before == 4


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 720)])
def test_status_stays_in_sight(visit, width, height):
    page = visit(width, height)
    status = page.locator(".rate .status")
    begin(page)
    expect(status).to_have_text("Listen to the whole sound, then answer.")
    expect(status).to_be_in_viewport(ratio=1)
    hear_and_answer(page)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(status).to_have_text("No connection: your answers are kept here and sent again.")
    expect(status).to_be_in_viewport(ratio=1)
    page.context.set_offline(False)
    expect(page.locator(".feedback")).to_be_visible()


def test_sound_that_does_not_load_is_retried_then_skipped_and_noted(visit, rate_site):
    page = visit()
    tried = []

    def refuse(route):
        if sounds_in(route):
            tried.append(1)
            route.abort()
        else:
            route.continue_()

    before = len(rate_site.store.notes())
    page.route("**/component_server**", refuse)
    page.get_by_role("button", name="I agree: begin").click()
    expect(page.locator(".rate .status")).to_contain_text("did not load")
    assert len(tried) >= 4
    assert "did not play" in rate_site.store.notes()[before]["reason"]


def test_there_is_nothing_to_continue_elsewhere_before_there_is_a_session(visit, rate_site):
    page = visit()
    page.route("**/component_server**", lambda route: route.abort())
    page.goto(rate_site.url)
    page.get_by_role("tab", name="Rate").click()
    expect(page.locator(".rate .status")).to_contain_text("No connection")
    expect(page.get_by_text("Continue on another device")).to_be_hidden()
    page.unroute("**/component_server**")
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()
    expect(page.get_by_text("Continue on another device")).to_be_hidden()
    begin(page)
    expect(page.get_by_role("button", name="Continue on another device")).to_be_visible()


def test_receipt_takes_the_answers_back(visit, rate_site):
    page = visit()
    begin(page)
    taken = answer_by_keys(page)
    other = visit()
    other.locator("summary", has_text="Withdraw answers").click()
    other.get_by_label("Receipt").fill(f" {taken.upper()} ")
    other.get_by_role("button", name="Withdraw").click()
    expect(other.locator(".rate .status")).to_contain_text("Withdrawn")
    assert [row["rule"] for row in rate_site.store.rows() if row["kind"] == "exclusion"][-1] == "withdrawn"
    open_rate(page, rate_site.url)
    expect(page.get_by_role("heading", name="Withdrawn")).to_be_visible()
    page.get_by_role("button", name="Start anew").click()
    expect(page.get_by_role("button", name="I agree: begin")).to_be_visible()


def test_what_is_no_receipt_is_said_in_words_and_markup_stays_text(visit):
    page = visit()
    page.locator("summary", has_text="Withdraw answers").click()
    page.get_by_label("Receipt").fill("<img src=x onerror=alert(1)>")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".rate .status")).to_contain_text("Receipt must be 16 digits")
    assert page.locator(".rate img").count() == 0


def test_questions_are_named_groups_of_named_radios_and_changes_are_announced(visit):
    page = visit()
    begin(page)
    page.keyboard.press("Space")
    expect(page.locator(".trial .answers:enabled")).to_be_visible()
    assert serious(page) == []
    group = page.get_by_role("group", name="How good is the sound quality?")
    expect(group.get_by_role("radio", name="5 Excellent")).to_be_visible()
    group.get_by_role("radio", name="1 Bad").focus()
    page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="2 Poor")).to_be_checked()
    page.emulate_media(forced_colors="active")
    assert group.locator("label:has(:checked)").evaluate(FILL) != group.locator("label").first.evaluate(FILL)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    exemplar = page.locator(".question", has_text="resemble").get_by_role("button", name="Play: A real")
    exemplar.evaluate(NAMES)
    exemplar.press("Enter")
    page.wait_for_function("names.some((name) => name.startsWith('Stop: A real'))")  # for a tenth of a second
    page.get_by_role("group", name="Was it recorded").get_by_role("radio", name="Real").focus()
    page.keyboard.press("2")
    expect(page.locator(".rate [role=status][aria-live=polite]")).not_to_be_empty()
    assert page.evaluate("getComputedStyle(document.activeElement.closest('label')).outlineStyle") == "solid"
