"""How a test gets at the Explore tab: its map and its buttons."""

from playwright.sync_api import Page, expect


def explore(page: Page, model: str = "tiny-one") -> None:
    """Open the tab, choose a model and wait until its whole map is known."""
    page.get_by_role("tab", name="Explore").click()
    page.locator(".explore").get_by_label("Model").select_option(model)
    expect(page.locator(".scope .identity")).to_contain_text(f"{model} · seeds 1, 2, 3, 4")
    expect(page.locator(".explore .progress-line").first).to_be_hidden()


def tool(page: Page, name: str):
    return page.locator(".explore").get_by_role("button", name=name, exact=True)
