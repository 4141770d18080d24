"""A first touch, before which browsers let nothing sound. Playwright's own calls would count as a gesture."""

import time

import pytest

from .listen import LONG_METER

pytestmark = pytest.mark.browser
SECONDS = 60


@pytest.mark.parametrize("latency", [600, pytest.param(0, marks=pytest.mark.long)])
def test_first_touch_of_a_pad_sounds(chromium, site, latency):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    tools = context.new_cdp_session(context.new_page())

    def ask(expression: str):
        return tools.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})["result"].get("value")

    def wait(expression: str) -> None:
        until = time.monotonic() + SECONDS
        while not ask(expression):
            assert time.monotonic() < until, expression
            time.sleep(0.05)

    speed = {"downloadThroughput": -1, "uploadThroughput": -1}
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency, **speed})
    tools.send("Page.enable")
    tools.send("Page.addScriptToEvaluateOnNewDocument", {"source": LONG_METER})
    tools.send("Page.navigate", {"url": site.url})
    wait("document.querySelectorAll('.pad').length === 16")
    assert not ask("navigator.userActivation.hasBeenActive")
    x, y = ask("(({ x, y }) => [x + 20, y + 20])(document.querySelector('.pad').getBoundingClientRect())")
    tools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait("peak() > 0.001")
    context.close()
