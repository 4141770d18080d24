// The listening test's sounds while the audio wakes up, for which some devices take a second: one at a time all the same.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const context = { destination: {}, currentTime: 0 };
const sounding = new Set();
globalThis.AudioContext = function () {
  return context;
};
globalThis.AudioBufferSourceNode = class {
  connect() {}
  start() {
    sounding.add(this);
  }
  stop() {
    sounding.delete(this);
    this.onended();
  }
};
const NODE = { classList: { toggle() {}, add() {} }, isConnected: true, setAttribute() {}, removeAttribute() {}, append() {}, addEventListener() {} };
const element = () => ({ ...NODE, dataset: {} });
Object.assign(globalThis, { document: { createElement: element, createElementNS: element }, requestAnimationFrame() {} });
const { play, stop } = await import("../../audiogan/ui/static/rate_sound.js");
const { player } = await import("../../audiogan/ui/static/rate_player.js");

const BUFFER = { duration: 1 };
const UNHEARD = { ms: 0, whole: false };
const settle = () => new Promise((resume) => setTimeout(resume));
let wake = null;

beforeEach(() => {
  sounding.clear();
  const woken = new Promise((resolve) => (wake = resolve));
  Object.assign(context, { state: "suspended", resume: () => woken });
});

// Plays a second of the clock, to the end of what sounds.
async function end() {
  context.currentTime += 1;
  for (const source of [...sounding]) source.stop();
  await settle();
}

test("of two plays that wait for the audio, the later one sounds", async () => {
  const first = play([BUFFER]);
  const second = play([BUFFER]);
  wake();
  assert.deepEqual(await first, UNHEARD);
  await settle();
  assert.equal(sounding.size, 1);
  await end();
  assert.deepEqual(await second, { ms: 1000, whole: true });
});

test("what is stopped before the audio is awake does not sound", async () => {
  const played = play([BUFFER]);
  stop();
  wake();
  assert.deepEqual(await played, UNHEARD);
  assert.equal(sounding.size, 0);
});

test("where the speaker is taken, by a call, the sound counts as no play, and the next press tries again", async () => {
  const heard = [];
  const sound = player("The sound", { heard: (part) => heard.push(part) });
  sound.ready([BUFFER]);
  context.resume = () => Promise.reject(new Error("interrupted"));
  sound.toggle();
  await settle();
  assert.deepEqual(heard, [UNHEARD]);
  context.state = "running";
  sound.toggle();
  await settle();
  await end();
  assert.deepEqual(heard.slice(1), [{ ms: 1000, whole: true }]);
});

test("a second press before anything is heard stops, and counts as no play", async () => {
  const heard = [];
  const sound = player("The sound", { heard: (part) => heard.push(part) });
  sound.ready([BUFFER]);
  sound.toggle();
  sound.toggle();
  wake();
  await settle();
  assert.equal(sounding.size, 0);
  assert.deepEqual(heard, [UNHEARD]);
  sound.toggle();
  await settle();
  await end();
  assert.deepEqual(heard.slice(1), [{ ms: 1000, whole: true }]);
});

test("a sound that gives way to another player's before it is heard counts as no play", async () => {
  const [heard, other] = [[], []];
  const [sound, exemplar] = [player("The sound", { heard: (part) => heard.push(part) }), player("A real flute", { heard: (part) => other.push(part) })];
  for (const one of [sound, exemplar]) {
    one.ready([BUFFER]);
    one.toggle();
  }
  wake();
  await settle();
  await end();
  assert.deepEqual([heard, other], [[UNHEARD], [{ ms: 1000, whole: true }]]);
});

test("a row that is stopped, or gives way to another sound, between two of its own is over", async () => {
  context.state = "running";
  const later = globalThis.setTimeout;
  for (const interrupt of [stop, () => play([BUFFER])]) {
    const pauses = []; // each lasts until the test ends it
    globalThis.setTimeout = (call) => pauses.push(call);
    const row = play([BUFFER, BUFFER, BUFFER]);
    await Promise.resolve();
    context.currentTime += 1;
    for (const source of [...sounding]) source.stop();
    while (!pauses.length) await Promise.resolve();
    globalThis.setTimeout = later;
    const other = interrupt();
    await settle();
    pauses[0]();
    assert.deepEqual(await row, { ms: 1000, whole: false });
    assert.equal(sounding.size, other ? 1 : 0);
    await end();
    await other;
  }
});
