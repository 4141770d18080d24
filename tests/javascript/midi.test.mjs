import assert from "node:assert/strict";
import test from "node:test";
import { padOf } from "../../audiogan/ui/static/midi.js";
import { levelOf } from "../../audiogan/ui/static/pattern.js";

test("the pads lie from C2 to D sharp 3", () => {
  assert.deepEqual([0, 35, 36, 51, 52, 127].map(padOf), [-1, -1, 0, 15, -1, -1]);
});

test("a hit has the level nearest to it, and is never left out", () => {
  assert.deepEqual([1 / 127, 0.5, 0.6, 0.8, 0.9, 1].map(levelOf), [1, 1, 2, 2, 3, 3]);
});
