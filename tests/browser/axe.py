"""What axe-core finds wrong with a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
FADED_IN = """() => document.getAnimations()
  .every((one) => one.playState !== "running" || one.effect.getComputedTiming().iterations === Infinity)"""


def serious(page: Page, context: str | None = None) -> list[tuple[str, str]]:
    """Each serious violation: its rule, and the first element that breaks it."""
    page.wait_for_function(FADED_IN)  # what fades in has little contrast for a moment
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]}).response["violations"]
    return [(item["id"], item["nodes"][0]["html"][:200]) for item in found if item["impact"] in SERIOUS]
