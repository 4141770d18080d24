import assert from "node:assert/strict";
import test from "node:test";
import { studio } from "./a_studio.mjs";
import { StepClock } from "../../audiogan/ui/static/clock.js";
import { emptyPattern } from "../../audiogan/ui/static/pattern.js";
import { Sequencer } from "../../audiogan/ui/static/sequencer.js";
import { stepsTo } from "../../audiogan/ui/static/steps.js";

const now = { currentTime: 0, outputLatency: 0, state: "running" };
globalThis.AudioContext = function () {
  return now;
};
for (const name of ["ConstantSourceNode", "DynamicsCompressorNode", "GainNode", "WaveShaperNode"]) {
  globalThis[name] = class {
    connect = (to) => to;
    start() {}
  };
}

// A sequencer at its first step, 30 beats a minute: half a second a step. `beats` are the hits it asked for.
function running() {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 30 });
  const beats = [];
  const sequencer = new Sequencer(it, { beat: (number, time, _velocity, pitch) => beats.push(pitch === null ? [number, time] : [number, time, pitch]), hush: () => {} });
  Object.assign(sequencer, { clock: new StepClock(0, 30, 0), halt: () => {}, reach: 0.15, ticked: 0 });
  const at = (time) => {
    now.currentTime = time;
    sequencer.tick();
  };
  at(0);
  return { it, sequencer, beats, at };
}

test("what is pressed in a take comes to the nearest step, and sounds there from the next turn on", () => {
  const { it, sequencer, beats, at } = running();
  sequencer.record(true);
  at(0.3);
  sequencer.write(4); // before step 1, which is not scheduled yet: the press is what is heard of it
  at(0.6);
  sequencer.write(5);
  assert.deepEqual([it.kit.pattern[4][1], it.kit.pattern[5][1], it.beat], [2, 2, ""]);
  assert.deepEqual(beats, []);
  at(8.45);
  assert.deepEqual(beats, [[4, 8.5], [5, 8.5]]);
});

test("a key that is played in a take comes to the nearest step with its pitch, the last of two wins", () => {
  const { it, sequencer, beats, at } = running();
  sequencer.record(true);
  at(0.3);
  sequencer.write(4, { pitch: 52, velocity: 0.9 });
  sequencer.write(4, { pitch: 55, velocity: 0.3 });
  at(0.6);
  sequencer.write(5, { pitch: 60 });
  sequencer.write(5);
  assert.deepEqual([it.kit.pattern[4][1], it.kit.pitches[4][1]], [1, 55]);
  assert.deepEqual([it.kit.pattern[5][1], it.kit.pitches[5][1]], [2, null]);
  at(8.45);
  assert.deepEqual(beats, [[4, 8.5, 55], [5, 8.5]]);
  const { before } = sequencer.take;
  it.setBeat(before);
  assert.deepEqual([it.kit.pattern[4][1], it.kit.pitches[4][1]], [0, null]);
});

test("a take that is over tells of the beat before it, one in which nothing was played does not", () => {
  const { it, sequencer } = running();
  const told = [];
  sequencer.addEventListener("recording", ({ detail }) => told.push(detail));
  sequencer.write(3);
  sequencer.record(true);
  sequencer.record(false);
  sequencer.record(true);
  sequencer.write(3);
  sequencer.stop();
  assert.deepEqual(told.map(Boolean), [false, false, false, true]);
  assert.equal(it.kit.pattern[3][0], 2);
  it.setBeat(told[3]);
  assert.equal(it.kit.pattern[3][0], 0);
});

test("a take that goes on in another kit is of that kit's beat alone", () => {
  const { it, sequencer, at } = running();
  const told = [];
  sequencer.addEventListener("recording", ({ detail }) => detail && told.push(detail));
  sequencer.record(true);
  at(0.3);
  sequencer.write(4);
  it.exchange({ kit: { ...it.kit, pattern: emptyPattern(), tempo: 80 }, beat: "", base: it.base });
  sequencer.beginTake();
  sequencer.record(false);
  assert.deepEqual(told, []);
  sequencer.record(true);
  sequencer.write(5);
  sequencer.record(false);
  assert.equal(told[0].tempo, 80);
});

test("a beat that nobody looks at keeps no columns that were heard", () => {
  const { sequencer, at } = running();
  for (let second = 1; second < 60; second += 1) at(second);
  assert.ok(sequencer.shown.length < 8); // the one that is heard, and those ahead
  assert.equal(sequencer.column(), 6); // second 59 is step 118
});

test("a take on an empty beat counts a bar with a metronome, which goes on and is written nowhere", async (context) => {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 60 }); // a beat a second
  const clicks = [];
  let hushed = 0;
  const metronome = { click: (time, accent) => clicks.push([Number(Math.abs(time - 0.06).toFixed(2)), accent]), hush: () => (hushed += 1) };
  const sequencer = new Sequencer(it, { beat: () => {}, hush: () => {} }, metronome);
  context.after(() => sequencer.stop()); // else its ticks go on
  now.currentTime = 0;
  await sequencer.countIn();
  const counts = [];
  for (let time = 0; time < 9; time += 0.1) {
    now.currentTime = time;
    sequencer.tick();
    if (Math.abs(time - 2.5) < 0.01) sequencer.write(1); // while it is counted
    if (Math.abs(time - 4) < 0.01) sequencer.write(2); // a little early
    if (sequencer.count && counts.at(-1) !== sequencer.count) counts.push(sequencer.count);
  }
  assert.deepEqual(counts, [1, 2, 3, 4]);
  assert.deepEqual(clicks, Array.from({ length: 10 }, (_, beat) => [beat, beat % 4 === 0]).slice(0, clicks.length));
  assert.ok(clicks.length >= 9);
  assert.deepEqual([it.kit.pattern[1].some(Boolean), it.kit.pattern[2][0]], [false, 2]);
  sequencer.stop();
  assert.deepEqual([hushed > 0, sequencer.take, sequencer.count], [true, null, null]);
});

test("a count that is stopped leaves nothing behind, and a beat with steps is not counted", async (context) => {
  const { studio: it } = studio();
  it.setBeat({ pattern: emptyPattern(), tempo: 60 });
  const sequencer = new Sequencer(it, { beat: () => {}, hush: () => {} }, { click: () => {}, hush: () => {} });
  context.after(() => sequencer.stop());
  now.currentTime = 20;
  await sequencer.countIn();
  assert.deepEqual([sequencer.count, sequencer.running], [1, true]);
  sequencer.stop();
  assert.deepEqual([sequencer.count, sequencer.running, sequencer.take], [null, false, null]);
  sequencer.record(true);
  await sequencer.start();
  assert.equal(sequencer.count, null);
  sequencer.stop();
});

test("steps that a quick finger jumped over are painted with those it was seen on, in its row alone", () => {
  assert.deepEqual([stepsTo({ number: 2, step: 3 }, 2, 6), stepsTo({ number: 2, step: 6 }, 2, 3)], [[3, 4, 5, 6], [3, 4, 5, 6]]);
  assert.deepEqual([stepsTo({ number: 2, step: 3 }, 2, 3), stepsTo({ number: 2, step: 3 }, 1, 6)], [[3], [6]]);
});
