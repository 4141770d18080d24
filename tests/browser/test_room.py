"""What has room on the Play tab: toasts beside what is waited for, pads and Play in sight, on screens of many sizes."""

import pytest

pytestmark = pytest.mark.browser


def test_three_rows_of_pads_are_in_sight_on_a_phone_on_its_side(visit):
    page = visit(844, 390, touch=True)
    box = page.locator(".pad").nth(8).bounding_box()
    assert box["y"] + box["height"] <= 390
    shown = [page.get_by_role("button", name=name, exact=True) for name in ("New kit", "Share", "Save kit", "Open kit")]
    boxes = [one.bounding_box() for one in shown]
    assert len({box["y"] for box in boxes}) == 1
    assert min(min(box["width"], box["height"]) for box in boxes) >= 40


def test_play_is_in_sight_between_a_phones_browser_bars(visit):
    page = visit(390, 664, touch=True)
    run = page.locator(".transport .run").bounding_box()
    assert run["y"] + run["height"] <= 664
