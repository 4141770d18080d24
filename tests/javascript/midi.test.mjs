import assert from "node:assert/strict";
import test from "node:test";
import { listenToMidi, padOf } from "../../audiogan/ui/static/midi.js";
import { levelOf } from "../../audiogan/ui/static/pattern.js";

test("the pads lie from C2 to D sharp 3", () => {
  assert.deepEqual([0, 35, 36, 51, 52, 127].map(padOf), [-1, -1, 0, 15, -1, -1]);
});

test("a hit has the level nearest to it, and is never left out", () => {
  assert.deepEqual([1 / 127, 0.5, 0.6, 0.8, 0.9, 1].map(levelOf), [1, 1, 2, 2, 3, 3]);
});

// Two controllers; each time that the page asks for access it gets an object of its own, as in Chromium.
function controllers() {
  const accesses = [];
  const requestMIDIAccess = async () => {
    accesses.push({ inputs: new Map([["pads", {}], ["keys", {}]]) });
    return accesses.at(-1);
  };
  Object.defineProperty(globalThis, "navigator", { value: { requestMIDIAccess }, configurable: true });
  const send = (input, ...data) => accesses.forEach(({ inputs }) => inputs.get(input).onmidimessage?.({ data }));
  const unplug = () => accesses.forEach(({ onstatechange }) => onstatechange?.({ port: { type: "input", state: "disconnected" } }));
  return { accesses, send, unplug };
}

test("one who asks for MIDI twice hears a note once, and nothing of a device that is gone or told to be silent goes on", async () => {
  const { accesses, send, unplug } = controllers();
  const told = [];
  const hear = { down: (pitch) => told.push(`+${pitch}`), up: (pitch) => told.push(`-${pitch}`), sustain: (on) => told.push(on) };
  const said = () => told.splice(0);
  assert.deepEqual(await Promise.all([listenToMidi(hear), listenToMidi(hear)]), [2, 2]);
  assert.equal(accesses.length, 1);
  send("keys", 0x90, 60, 100);
  send("pads", 0x99, 36, 1);
  assert.deepEqual(said(), ["+60", "+36"]);
  send("keys", 0xb0, 64, 127);
  send("keys", 0x90, 60, 0);
  assert.deepEqual(said(), [true, "-60"]);
  unplug();
  assert.deepEqual(said(), ["-36", false]);
  send("keys", 0x90, 62, 100);
  send("keys", 0xb0, 123, 0);
  assert.deepEqual(said(), ["+62", "-62"]);
  send("keys", 0x90, 62, 100);
  send("keys", 0xb0, 120, 0);
  assert.deepEqual(said(), ["+62", false, "-62"]);
  send("keys", 0xb0, 121, 0);
  assert.deepEqual(said(), [false]);
});
