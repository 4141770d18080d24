import assert from "node:assert/strict";
import test from "node:test";
import { centroid, decibels, fft, KINDS, spectrogram } from "../../audiogan/ui/static/spectrum.js";

const RATE = 16000;
const tone = (hz, amplitude = 0.5, length = 16384) => Float32Array.from({ length }, (_, n) => amplitude * Math.sin((2 * Math.PI * hz * n) / RATE));

function loudest({ rows, columns, levels }, column) {
  let best = 0;
  for (let row = 0; row < rows; row += 1) if (levels[row * columns + column] > levels[best * columns + column]) best = row;
  return { row: best, db: decibels(levels[best * columns + column]) };
}

test("the transform of a hand-worked signal", () => {
  const real = Float64Array.from([1, 2, 3, 4]);
  const imaginary = new Float64Array(4);
  fft(real, imaginary);
  [10, -2, -2, -2].forEach((value, at) => assert.ok(Math.abs(real[at] - value) < 1e-12));
  [0, 2, 0, -2].forEach((value, at) => assert.ok(Math.abs(imaginary[at] - value) < 1e-12));
});

for (const kind of Object.keys(KINDS)) {
  test(`${kind}: a tone lies at its frequency and its level`, () => {
    for (const hz of [220, 440, 1760, 5000]) {
      const picture = spectrogram(kind, tone(hz), RATE);
      const { row, db } = loudest(picture, Math.floor(picture.columns / 2));
      assert.ok(Math.abs(row - picture.row(hz)) <= 1, `${hz} Hz in row ${row}, not ${picture.row(hz)}`);
      assert.ok(Math.abs(db + 6) < 2, `${db} dB`); // a tone between two bands loses up to that
    }
  });

  test(`${kind}: a click lies at its second, silence at the floor`, () => {
    const clip = new Float32Array(16384);
    clip[8000] = 1;
    const { rows, columns, step, levels, row } = spectrogram(kind, clip, RATE);
    const at = Math.round(row(4000));
    const values = [...levels.subarray(at * columns, (at + 1) * columns)];
    const most = values.reduce((a, b) => Math.max(a, b));
    assert.ok(Math.abs(values.indexOf(most) * step - 0.5) < 0.03);
    assert.ok(spectrogram(kind, new Float32Array(16384), RATE).levels.every((level) => level === 0));
    assert.equal(levels.length, rows * columns);
  });

  test(`${kind}: hz and row undo each other, and time ends with the clip`, () => {
    const picture = spectrogram(kind, tone(440), RATE);
    assert.ok(Math.abs(picture.row(picture.hz(12.5)) - 12.5) < 1e-6);
    assert.ok(Math.abs(picture.step * picture.columns - 1.024) < 0.02);
  });

  test(`${kind}: a clip shorter than a window`, () => {
    assert.ok(spectrogram(kind, tone(440, 0.5, 300), RATE).columns >= 1);
  });
}

test("the centroid of a tone and of two", () => {
  assert.ok(Math.abs(centroid(tone(1000), RATE) - 1000) < 20);
  const other = tone(3000);
  const both = tone(1000).map((value, n) => value + other[n]);
  assert.ok(Math.abs(centroid(both, RATE) - 2000) < 40);
});
