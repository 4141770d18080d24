"""What a test needs to know of the sound: every start of a source, by the page's clocks."""

from playwright.sync_api import Page

LISTEN = """
globalThis.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, offset = 0, ...rest) {
  if (this.context instanceof AudioContext) {
    const now = this.context.currentTime;
    heard.push({ when: when || now, offset, now, at: performance.now(), pressed, seconds: this.buffer.duration });
    this.heard = heard.at(-1);
  }
  return start.call(this, when, offset, ...rest);
};
const stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.stop = function (when = 0) {
  if (this.heard) this.heard.until = when || this.context.currentTime;
  return stop.call(this, when);
};
globalThis.pressed = 0;
for (const type of ["pointerdown", "keydown"])
  addEventListener(type, (event) => (globalThis.pressed = event.timeStamp), { capture: true });
"""

GAINS = """  // the gain of each voice, as it starts
globalThis.gains = [];
globalThis.GainNode = class extends GainNode {
  constructor(where, options) {
    super(where, options);
    gains.push(options.gain);
  }
};
"""

METER = """
const connect = AudioNode.prototype.connect;
globalThis.meters = [];
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode && this.context instanceof AudioContext) {
    const meter = new AnalyserNode(this.context, { fftSize: 2048 });
    connect.call(this, meter);
    meters.push(meter);
  }
  return connect.call(this, to, ...rest);
};
globalThis.peak = () => Math.max(0, ...meters.flatMap((meter) => {
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  return [...samples].map(Math.abs);
}));
"""


LONG_METER = METER.replace("2048", "32768")  # remembers 0.7 seconds: a sound that is over when it is asked counts, too


def heard(page: Page) -> list[dict]:
    """Each start: `when`, `until`, `now` in seconds of the audio clock, `offset` in seconds of the sound, `at` and the
    last `pressed` in milliseconds.
    """
    return page.evaluate("heard")


def peak(page: Page, milliseconds: int = 800) -> float:
    """The loudest sample that leaves the page meanwhile; the page needs `METER`."""
    script = """async (milliseconds) => {
        const end = performance.now() + milliseconds;
        let most = 0;
        while (performance.now() < end) {
          most = Math.max(most, peak());
          await new Promise((resume) => setTimeout(resume, 20));
        }
        return most;
    }"""
    return page.evaluate(script, milliseconds)


def expect_sound(page: Page) -> None:
    """See something sound, however long the page takes to begin; it needs `METER`, and a sound that goes on."""
    page.wait_for_function("peak() > 0.001")


def wait_for_fade(page: Page, seconds: float = 0.15) -> None:
    """Until so much was played: by the audio clock, which may stand still where the machine is busy."""
    begun = page.evaluate("meters[0].context.currentTime")
    page.wait_for_function(f"meters[0].context.currentTime > {begun + seconds}")


def latencies(starts: list[dict]) -> list[float]:
    """Milliseconds from a press to the audio time that its sound is scheduled for."""
    return [start["at"] - start["pressed"] + 1000 * max(start["when"] - start["now"], 0) for start in starts]
