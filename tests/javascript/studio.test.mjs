import assert from "node:assert/strict";
import test from "node:test";
import { settle, studio } from "./a_studio.mjs";
import { askedOf } from "../../audiogan/ui/static/inspector.js";

test("eight re-rolls cost one request, and the next is fetched before it is needed", async () => {
  const { studio: it, calls } = studio();
  const first = it.reroll(0);
  await settle();
  calls[0].reply();
  await first;
  for (let turn = 0; turn < 4; turn += 1) await it.reroll(turn);
  assert.equal(calls.length, 1);
  assert.equal(calls[0].sounds.length, 8);
  await it.reroll(5);
  assert.equal(calls.length, 2);
  assert.notEqual(calls[0].sounds[0].seed, calls[1].sounds[0].seed);
});

test("two pads that re-roll at once share a request and get different sounds", async () => {
  const { studio: it, calls } = studio();
  const both = Promise.all([it.reroll(0), it.reroll(1)]);
  await settle();
  assert.equal(calls.length, 1);
  calls[0].reply();
  await both;
  assert.notEqual(it.pads[0].sound.index, it.pads[1].sound.index);
});

test("a pad that is locked while its sound is on the way keeps the one it has", async () => {
  const { studio: it, calls } = studio();
  const made = it.load({ model: "one", label: null, seed: "8" });
  it.pads[2].locked = true;
  for (let batch = 0; batch < 2; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  assert.equal(await made, true);
  assert.deepEqual([it.pads[2].sound.seed, it.pads[3].sound.seed, it.pads[2].past.length, it.busy.size], ["7", "8", 0, 0]);
  const varied = it.vary(3);
  it.pads[3].locked = true;
  while (calls.length < 3) await settle();
  calls[2].reply();
  assert.equal(await varied, null);
  assert.deepEqual([it.pads[3].sound.seed, it.busy.size], ["8", 0]);
});

test("a locked pad keeps its sound whatever is asked", async () => {
  const { studio: it, calls } = studio();
  it.pads[2].locked = true;
  assert.equal(await it.reroll(2), null);
  assert.equal(await it.vary(2), null);
  const kit = it.load({ model: "one", label: null, seed: "8" });
  for (let batch = 0; batch < 2; batch += 1) {
    await settle();
    calls[batch].reply();
  }
  await kit;
  assert.equal(it.pads[2].sound.seed, "7");
  assert.equal(it.pads[3].sound.seed, "8");
  assert.ok(!calls.some(({ sounds }) => sounds.some(({ index }) => index === 2)));
});

test("a kit that is asked for while every pad is locked is refused in words, and changes no name", async () => {
  const { studio: it, calls } = studio();
  const { base } = it;
  for (const pad of it.pads) pad.locked = true;
  await assert.rejects(it.load({ model: "one", label: null, seed: "8" }), /^Error: All pads are locked: unlock one/);
  assert.deepEqual([calls.length, it.base, it.settled, it.busy.size], [0, base, base, 0]);
  assert.equal(it.address(""), "?model=one&seed=7&mix=" + it.pads.map((_, at) => `${at}k`).join("_"));
});

test("a later kit takes over from an earlier one that is still being made", async () => {
  const { studio: it, calls } = studio();
  const early = it.load({ model: "one", label: null, seed: "8" });
  const late = it.load({ model: "one", label: null, seed: "9" });
  await settle();
  for (const call of [...calls]) call.reply();
  await settle();
  calls.at(-1).reply();
  await Promise.all([early, late]);
  assert.deepEqual([...new Set(it.pads.map((pad) => pad.sound.seed))], ["9"]);
  assert.equal(it.busy.size, 0);
});

test("a kit that is cancelled leaves the pads it had not reached", async () => {
  const { studio: it, calls } = studio();
  const kit = it.load({ model: "one", label: null, seed: "8" });
  await settle();
  calls[0].reply();
  await settle();
  it.task.cancel();
  calls[1].reply();
  await kit;
  assert.equal(it.pads[0].sound.seed, "8");
  assert.equal(it.pads[15].sound.seed, "7");
  assert.equal(it.busy.size, 0);
});

test("a kit that never came is not named, whether it failed, was cancelled or gave way to one that failed", async () => {
  const { studio: it, calls } = studio();
  const first = it.load({ model: "one", label: null, seed: "8" });
  assert.equal(it.base.seed, "8");
  const second = it.load({ model: "one", label: "Flute", seed: "9" });
  await settle();
  calls[1].resolve({ error: "the server has no room" });
  await assert.rejects(second);
  calls[0].reply();
  await first;
  assert.deepEqual(it.base, { model: "one", label: null, seed: "7" });
  const third = it.load({ model: "one", label: null, seed: "10" });
  it.task.cancel();
  await settle();
  calls[2].reply();
  await third;
  assert.equal(it.base.seed, "7");
});

test("what the server refuses is a sentence, and the pad is free again", async () => {
  const { studio: it, calls } = studio();
  const turn = it.reroll(0);
  await settle();
  calls[0].resolve({ error: "the server has no room" });
  await assert.rejects(turn, /^Error: The server has no room\.$/);
  assert.equal(it.busy.size, 0);
  assert.equal(it.pads[0].sound.seed, "7");
});

test("an address locks its pads once they have their sounds", async () => {
  const { studio: it, calls } = studio();
  const opened = it.openAddress("?model=one&seed=8&mix=2t5k", [{ number: 4, model: "one", label: "Flute", pitch: null, z: [0, 0] }]);
  for (let batch = 0; batch < 3; batch += 1) {
    await settle();
    calls[batch].reply();
  }
  await opened;
  assert.deepEqual([it.pads[2].sound.seed, it.pads[2].tune, it.pads[2].locked], ["8", 5, true]);
  assert.equal(it.pads[4].sound.seed, null);
  assert.equal(it.address(""), "?model=one&seed=8&mix=2t5k");
});

test("what else an address asks for gives way to a kit that is asked for meanwhile", async () => {
  const { studio: it, calls } = studio();
  const opened = it.openAddress("?model=one&seed=8&pads=4~one~Flute~5~0&mix=4k_12k");
  const kit = it.load({ model: "one", label: null, seed: "9" });
  for (let batch = 0; batch < 3; batch += 1) {
    await settle();
    calls[batch].reply();
  }
  await kit;
  assert.equal(await opened, false);
  assert.equal(calls.length, 3);
  assert.deepEqual([...new Set(it.pads.map((pad) => `${pad.sound.seed} ${pad.locked}`))], ["9 false"]);
});

test("what is being made is said again once a lost connection is back", async () => {
  const { studio: it, calls } = studio();
  const said = [];
  it.addEventListener("said", ({ detail }) => said.push(detail));
  const made = it.load({ model: "one", label: null, seed: "9" });
  await settle();
  calls[0].resolve(null);
  for (let batch = 1; batch < 3; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  await made;
  assert.deepEqual(said, ["Making 16 sounds…", "No connection: asking again.", "Making 16 sounds…", ""]);
});

test("a beat that another replaced comes back as it was", () => {
  const { studio: it } = studio();
  it.kit.pattern[4][4] = 3;
  Object.assign(it.kit, { tempo: 99, steps: 12 });
  const own = structuredClone(it.kit.pattern);
  const before = it.startWith("Boom bap");
  assert.deepEqual([it.beat, it.kit.tempo, it.kit.steps], ["Boom bap", 90, 16]);
  it.setBeat(before);
  assert.deepEqual([it.beat, it.kit.pattern, it.kit.tempo, it.kit.steps], ["Four on the floor", own, 99, 12]);
});

test("an address that asks for a model that is not here says so, and opens the rest", async () => {
  const { studio: it } = studio();
  await assert.rejects(it.openAddress("?model=another&seed=7&tempo=90"), /^Error: This link asks for a model called another, which is not here/);
  assert.deepEqual([it.base.model, it.kit.tempo], ["one", 90]);
});

test("undo goes back through a pad's sounds", async () => {
  const { studio: it, calls } = studio();
  const turn = it.reroll(0);
  await settle();
  calls[0].reply();
  await turn;
  await it.reroll(0);
  it.undo(0);
  it.undo(0);
  it.undo(0);
  assert.equal(it.pads[0].sound.seed, "7");
});

test("what a pad was asked for last is what it gets", async () => {
  const { studio: it, calls } = studio();
  const kit = it.load({ model: "one", label: null, seed: "8" });
  await settle();
  const chosen = it.change(12, "one", "Flute"); // its kit's half has not been asked for yet
  await settle();
  calls[1].resolve({ sounds: [{ ...calls[1].sounds[0], pitch: null, z: "", pcm: "", sample_rate: 16000, seed: "555" }] });
  assert.equal((await chosen).seed, "555");
  calls[0].reply();
  while (calls.length < 3) await settle();
  calls[2].reply();
  await kit;
  assert.deepEqual([it.pads[12].sound.seed, it.pads[13].sound.seed, it.busy.size], ["555", "8", 0]);
  const rolled = it.reroll(3);
  await settle();
  const another = it.load({ model: "one", label: null, seed: "9" });
  await settle();
  calls[4].reply();
  while (calls.length < 6) await settle();
  calls[5].reply();
  await another;
  calls[3].reply();
  assert.equal(await rolled, null);
  assert.deepEqual([it.pads[3].sound.seed, it.busy.size], ["9", 0]);
});

test("a pad has the model and the instrument that it waits for, and its own again where they cannot be made", async () => {
  const { studio: it, calls } = studio();
  const named = () => [askedOf(it, 3).model, askedOf(it, 3).label];
  const shown = [];
  it.addEventListener("changed", () => shown.push(named().join()));
  const first = it.change(3, "two", "Gong");
  assert.deepEqual([shown.pop(), named(), askedOf(it, 4).model], ["two,Gong", ["two", "Gong"], "one"]);
  const second = it.change(3, askedOf(it, 3).model, "Bell");
  await settle();
  calls[0].resolve({ error: "No." });
  await assert.rejects(first);
  assert.deepEqual(named(), ["two", "Bell"]);
  calls[1].resolve({ error: "No." });
  await assert.rejects(second);
  assert.deepEqual([shown.pop(), named()], ["one,Flute", ["one", "Flute"]]);
});

test("a sound has its rate under the page's own name, as morphs and comparisons have it", async () => {
  const { studio: it } = studio();
  const { sound } = it.pads[0];
  assert.deepEqual([sound.sampleRate, sound.buffer.sampleRate, sound.samples.length], [16000, 16000, 2]);
  assert.equal("sample_rate" in sound, false);
});
