import assert from "node:assert/strict";
import test from "node:test";
import { resample } from "../../audiogan/ui/static/resample.js";

const RATES = [[16000, 48000], [16000, 44100], [32000, 44100], [22050, 48000], [15999, 48000], [48000, 44100]];

const tone = (hz, rate, count = rate / 4) => Float32Array.from({ length: count }, (_, n) => Math.sin((2 * Math.PI * hz * n) / rate));

// The amplitude of a frequency in the middle of samples, under a Hann window.
function amplitude(samples, hz, rate) {
  let [real, imaginary, area] = [0, 0, 0];
  const [begin, size] = [Math.round(samples.length / 4), Math.round(samples.length / 2)];
  for (let n = 0; n < size; n += 1) {
    const weight = 1 - Math.cos((2 * Math.PI * n) / size);
    const angle = (2 * Math.PI * hz * n) / rate;
    real += weight * samples[begin + n] * Math.cos(angle);
    imaginary += weight * samples[begin + n] * Math.sin(angle);
    area += weight;
  }
  return (2 * Math.hypot(real, imaginary)) / area;
}
const decibels = (value) => 20 * Math.log10(value);

for (const [from, to] of RATES) {
  test(`a tone at ${from} Hz keeps its level at ${to} Hz, and comes alone`, () => {
    for (const hz of [440, 3000, 6000]) {
      const played = resample(tone(hz, from), from, to);
      assert.ok(Math.abs(decibels(amplitude(played, hz, to))) < 0.01, `${hz} Hz`);
      const image = from - hz;
      if (image < to / 2) assert.ok(decibels(amplitude(played, image, to)) < -75, `the image of ${hz} Hz`);
      const residue = played.map((value, n) => value - Math.sin((2 * Math.PI * hz * n) / to)).subarray(500, -500);
      assert.ok(decibels(Math.max(...residue.map(Math.abs))) < -60, `what is added to ${hz} Hz`);
    }
  });
}

test("what a lower rate cannot hold is gone", () => {
  const played = resample(tone(14000, 48000), 48000, 16000);
  assert.ok(decibels(Math.max(...played.subarray(500, -500).map(Math.abs))) < -75);
});

test("a click stays where it is, at either end, too", () => {
  for (const at of [0, 50, 99]) {
    const click = new Float32Array(100);
    click[at] = 1;
    const played = resample(click, 16000, 48000);
    assert.equal(played.length, 300);
    assert.ok(Math.abs(played[3 * at] - 1) < 1e-6);
  }
});

test("silence stays silent, and no samples stay none", () => {
  assert.ok(resample(new Float32Array(160), 16000, 44100).every((value) => value === 0));
  assert.equal(resample(new Float32Array(0), 16000, 44100).length, 0);
});
