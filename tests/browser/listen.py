"""What a test needs to know of the sound: every start of a source, by the page's clocks."""

from playwright.sync_api import Page

LISTEN = """
globalThis.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  if (this.context instanceof AudioContext) {
    const now = this.context.currentTime;
    heard.push({ when: when || now, now, at: performance.now(), pressed, seconds: this.buffer.duration });
  }
  return start.call(this, when, ...rest);
};
globalThis.pressed = 0;
for (const type of ["pointerdown", "keydown"])
  addEventListener(type, (event) => (globalThis.pressed = event.timeStamp), { capture: true });
"""


def heard(page: Page) -> list[dict]:
    """Each start: `when` and `now` on the audio clock in seconds, `at` and the last `pressed` in milliseconds."""
    return page.evaluate("heard")


def latencies(starts: list[dict]) -> list[float]:
    """Milliseconds from a press to the audio time that its sound is scheduled for."""
    return [start["at"] - start["pressed"] + 1000 * max(start["when"] - start["now"], 0) for start in starts]
