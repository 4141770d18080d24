import assert from "node:assert/strict";
import test from "node:test";
import { settle, studio } from "./a_studio.mjs";
import { addressOf, readAddress } from "../../audiogan/ui/static/address.js";
import { describeKit } from "../../audiogan/ui/static/kit.js";
import { readKit } from "../../audiogan/ui/static/kit_file.js";
import { emptyPattern, emptyPitches, packPattern, packPitches, unpackPitches } from "../../audiogan/ui/static/pattern.js";
import { Tuner } from "../../audiogan/ui/static/tuner.js";

const BASE = { model: "one", label: null, seed: "7", labels: new Array(16).fill("Flute") };

// A studio whose pad 6 plays C3 and D sharp 3, and pad 16 G9 at its last step; its model takes a pitch, if so wanted.
function tune({ pitched = {} } = {}) {
  const { studio: it, calls } = studio();
  it.models = [{ ...it.models[0], pitched }];
  it.setBeat({ pattern: emptyPattern() });
  it.setStep(5, 0, 2, 48);
  it.setStep(5, 4, 3, 51);
  it.setStep(15, 15, 1, 127);
  return { it, calls };
}

test("notes survive packing, and what makes no sense is left out", () => {
  const { pattern, pitches } = tune().it.kit;
  assert.equal(packPitches(pitches), "5a48e51_15p127");
  assert.deepEqual(unpackPitches("5a48e51_15p127", pattern), pitches);
  assert.equal(packPitches(emptyPitches()), "");
  for (const text of [null, "", "5", "5q48", "16a48", "x5a48", "5b48", "5a128", "5a", "a48", "5a-1", "5a4.5"]) {
    assert.deepEqual(unpackPitches(text, pattern), emptyPitches(), text);
  }
});

test("an address keeps notes, and one without any opens as ever", () => {
  const { kit } = tune().it;
  const address = addressOf(BASE, kit, packPattern(emptyPattern()), "?notes=9a9");
  assert.match(address, /&notes=5a48e51_15p127&tempo=/);
  const asked = readAddress(address, []);
  assert.deepEqual([asked.pattern, asked.pitches], [kit.pattern, kit.pitches]);
  const old = readAddress(`?seed=7&beat=${packPattern(kit.pattern)}`, []);
  assert.deepEqual([old.pattern, old.pitches], [kit.pattern, emptyPitches()]);
  assert.match(addressOf(BASE, kit, packPattern(kit.pattern)), /beat=.*notes=/); // a note on the opening beat
});

test("an address opens with its notes, and one that says nothing of the beat leaves them", async () => {
  const { it } = tune();
  const { pitches } = it.kit;
  const { studio: other } = studio();
  await other.openAddress(it.address(""));
  assert.deepEqual(other.kit.pitches, pitches);
  await other.openAddress("");
  assert.deepEqual(other.kit.pitches, pitches);
});

test("a kit's file keeps notes, and one of before has none", () => {
  const { kit } = tune().it;
  const file = describeKit(kit);
  assert.deepEqual(readKit(JSON.stringify(file)).kit.pitches, kit.pitches);
  const { pitches, ...old } = file;
  assert.deepEqual(readKit(JSON.stringify(old)).kit.pitches, emptyPitches());
  pitches[0][0] = 60; // where the pattern is silent
  assert.equal(readKit(JSON.stringify({ ...old, pitches })).kit.pitches[0][0], null);
  for (const wrong of [[], 7, pitches.map((row) => row.map(() => 128)), pitches.map((row) => row.map(() => "60"))]) {
    assert.throws(() => readKit(JSON.stringify({ ...old, pitches: wrong })), /A kit's pitches must be 16 rows of 16 MIDI numbers, or null\./);
  }
  assert.ok(!("pitches" in describeKit(studio().studio.kit)));
});

test("a step keeps its note when it is played softer, and loses it when it falls silent", () => {
  const { it } = tune();
  it.setStep(5, 0, 1);
  assert.equal(it.kit.pitches[5][0], 48);
  it.setStep(5, 0, 0);
  it.setStep(5, 0, 2);
  assert.equal(it.kit.pitches[5][0], null);
});

test("a beat that is replaced or cleared takes its notes along, and brings them back", () => {
  const { it } = tune();
  const { pitches } = it.kit;
  const before = it.startWith("Boom bap");
  assert.deepEqual(it.kit.pitches, emptyPitches());
  it.setBeat(before);
  assert.deepEqual(it.kit.pitches, pitches);
});

test("the notes of a beat are fetched once, each at its pitch of the pad's own latent", async () => {
  const { it, calls } = tune({ pitched: { Flute: [40, 80] } });
  const tuner = new Tuner(it);
  const ready = Promise.all([tuner.prepare(), tuner.prepare()]);
  await settle();
  assert.deepEqual(calls.map(({ sounds }) => sounds.map(({ pitch }) => pitch)), [[48, 51], [127]]);
  assert.deepEqual(calls[0].sounds[0].z, [0, 0]);
  const [pad] = it.pads.slice(5);
  assert.equal(tuner.step(pad, 48).rate, 0.5); // from middle C, until the note is there
  for (const { reply } of calls) reply();
  await ready;
  assert.equal(tuner.step(pad, 48).rate, 1);
  assert.notEqual(tuner.step(pad, 48).buffer, pad.sound.buffer);
  await tuner.prepare();
  assert.equal(calls.length, 2);
});

test("an address is opened without the notes of the kit that it replaces", async () => {
  const { it } = tune();
  const { studio: other, calls } = studio();
  other.models = [{ ...other.models[0], pitched: { Flute: [40, 80] } }];
  const tuner = new Tuner(other);
  other.addEventListener("changed", () => tuner.prepare());
  const opened = other.openAddress(it.address("").replace("seed=7", "seed=9"));
  for (let call = 0; call < 4; call += 1) {
    while (calls.length <= call) await settle();
    calls[call].reply();
  }
  assert.equal(await opened, true);
  const notes = calls.flatMap(({ sounds }) => sounds).filter(({ pitch }) => pitch);
  assert.deepEqual(notes.map(({ pitch }) => pitch), [48, 51, 127]);
});

test("a model that takes no pitch has its sound played faster, whatever the pad's own pitch", async () => {
  const { it, calls } = tune();
  const tuner = new Tuner(it);
  await tuner.prepare();
  assert.equal(calls.length, 0);
  const pad = Object.assign(it.pads[5], { tune: 12 });
  assert.deepEqual([72, 60, 48].map((pitch) => tuner.step(pad, pitch).rate), [2, 1, 0.5]);
  assert.equal(tuner.step(pad, null).rate, 2);
});
