import assert from "node:assert/strict";
import test from "node:test";
import { LOOK_AHEAD, lookAhead, StepClock, stepSeconds } from "../../audiogan/ui/static/clock.js";
import { tempoOf } from "../../audiogan/ui/static/transport.js";

const near = (one, other) => assert.ok(Math.abs(one - other) < 1e-9, `${one} is not ${other}`);

test("a step is a sixteenth", () => {
  near(stepSeconds(120), 0.125);
  near(stepSeconds(300), 0.05);
});

test("steps come once each, in order, as far as asked", () => {
  const clock = new StepClock(1, 120, 0);
  assert.deepEqual(clock.take(1).map(({ step }) => step), []);
  assert.deepEqual(clock.take(1.3).map(({ step }) => step), [0, 1, 2]);
  assert.deepEqual(clock.take(1.3), []);
  assert.deepEqual(clock.take(1.4).map(({ step }) => step), [3]);
});

test("an hour at 300 beats a minute does not drift", () => {
  const clock = new StepClock(5, 300, 0);
  const steps = clock.take(5 + 3600);
  assert.equal(steps.length, 72000);
  near(steps.at(-1).time, 5 + 71999 * 0.05);
});

test("swing makes every second step late and leaves the others", () => {
  const steps = new StepClock(0, 120, 50).take(0.6);
  [0, 0.1875, 0.25, 0.4375, 0.5].forEach((time, at) => near(steps[at].time, time));
});

test("a new tempo starts at the coming step, without a gap", () => {
  const clock = new StepClock(0, 120, 0);
  clock.take(0.5);
  clock.setTempo(60);
  near(clock.timeOf(clock.next), 0.5);
  near(clock.timeOf(clock.next + 1), 0.75);
});

test("a page that stalls looks farther ahead, for a while and within bounds", () => {
  assert.equal(lookAhead(LOOK_AHEAD, 0.025), LOOK_AHEAD);
  near(lookAhead(LOOK_AHEAD, 0.4), 0.8);
  assert.ok(lookAhead(0.8, 0.025) < 0.8);
  assert.ok(lookAhead(LOOK_AHEAD, 60) < 2);
});

test("a page that was busy gets the steps it missed", () => {
  const clock = new StepClock(0, 300, 0);
  clock.take(0.2);
  assert.deepEqual(clock.take(0.8).map(({ step }) => step), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
});

test("the nearest step is the one that is heard, late where it swings", () => {
  const clock = new StepClock(1, 120, 60);
  assert.deepEqual([0, 1, 1.09, 1.11, 1.2, 1.24, 1.3].map((time) => clock.nearest(time)), [0, 0, 0, 1, 1, 2, 2]);
  clock.take(2);
  clock.setTempo(60);
  assert.deepEqual([1.95, 2.3, 2.6].map((time) => clock.nearest(time)), [7, 9, 10]);
});

test("what is pressed just after a new tempo, and heard before it, comes to a step of the former one", () => {
  const clock = new StepClock(0, 60, 0);
  clock.take(1.25);
  clock.setTempo(300);
  assert.deepEqual([0.26, 1.0, 1.1, 1.24, 1.25, 1.29].map((time) => clock.nearest(time)), [1, 4, 4, 5, 5, 6]);
});

test("taps are a tempo from the third on, and reach another within eight", () => {
  const taps = [];
  const tap = (...times) => times.map((time) => tempoOf(taps, time)).at(-1);
  assert.deepEqual([tap(0, 500), tap(1000)], [null, 120]);
  assert.equal(tap(...Array.from({ length: 40 }, (_, at) => 1500 + 500 * at)), 120);
  assert.equal(tap(...Array.from({ length: 7 }, (_, at) => 21400 + 400 * at)), 150); // after the last at 21000
  assert.equal(tap(30000, 30600), null);
});
