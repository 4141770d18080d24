import assert from "node:assert/strict";
import test from "node:test";
import { describeKit } from "../../audiogan/ui/static/kit.js";
import { openFile } from "../../audiogan/ui/static/kit_file.js";
import { settle, studio } from "./a_studio.mjs";

test("a kit from a file is called after what draws most of it, and the one before comes back as it was", async () => {
  const { studio: it, calls } = studio();
  const own = it.kit;
  own.pattern[4][4] = 3;
  const file = describeKit(own);
  file.pads.forEach((pad, number) => (pad.seed = number ? "9" : null));
  const opened = openFile(it, new Blob([JSON.stringify(file)]));
  for (let batch = 0; batch < 2; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  const before = await opened;
  assert.deepEqual(it.base, { model: "one", label: "Flute", seed: "9" });
  assert.equal(it.pads[5].sound.seed, "9");
  it.exchange(before);
  assert.equal(it.kit, own);
  assert.deepEqual([it.base.seed, it.beat], ["7", "Four on the floor"]);
});

test("a kit that is still on its way when the one before comes back does not come into that", async () => {
  const { studio: it, calls } = studio();
  const opened = openFile(it, new Blob([JSON.stringify(describeKit(it.kit))]));
  for (let batch = 0; batch < 2; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  const before = await opened;
  const made = it.load({ model: "one", label: null, seed: "8" });
  await settle();
  it.exchange(before);
  assert.deepEqual([it.busy.size, it.task], [0, null]);
  calls[2].reply();
  assert.equal(await made, false);
  assert.deepEqual([...new Set(it.pads.map(({ sound }) => sound.seed))], ["7"]);
  assert.deepEqual([it.base.seed, it.settled.seed], ["7", "7"]);
});

test("a kit of a model that is not here says so, and leaves what is being made alone", async () => {
  const { studio: it, calls } = studio();
  const file = describeKit(it.kit);
  file.pads[3].model = "another";
  const made = it.load({ model: "one", label: null, seed: "8" });
  await assert.rejects(openFile(it, new Blob([JSON.stringify(file)])), /^Error: This kit needs a model called another, which this page does not have\.$/);
  for (let batch = 0; batch < 2; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  assert.equal(await made, true);
});

test("a kit of an instrument that its model does not have says so", async () => {
  const { studio: it, calls } = studio();
  for (const label of ["Gong", null]) {
    const file = describeKit(it.kit);
    file.pads[3].label = label;
    const words = new RegExp(`^Error: This kit needs ${label ? "an instrument called Gong" : "sounds without an instrument"}, which one does not have\\.$`);
    await assert.rejects(openFile(it, new Blob([JSON.stringify(file)])), words);
  }
  assert.equal(calls.length, 0);
});

test("a re-roll that comes after a kit was opened leaves that kit as its file says", async () => {
  const { studio: it, calls } = studio();
  const turn = it.reroll(3);
  await settle();
  const opened = openFile(it, new Blob([JSON.stringify(describeKit(it.kit))]));
  for (let batch = 1; batch < 3; batch += 1) {
    while (calls.length <= batch) await settle();
    calls[batch].reply();
  }
  await opened;
  calls[0].reply();
  assert.equal(await turn, null);
  assert.equal(it.pads[3].sound.seed, "7");
  assert.equal(it.busy.size, 0);
});

test("a file whose pads are no sounds is no kit, and what it says stays in it", async () => {
  const { studio: it, calls } = studio();
  const deep = JSON.parse("[".repeat(2000) + "]".repeat(2000));
  const changes = [null, 7, { model: 5 }, { label: {} }, { z: null }, { z: ["1"] }, { z: [deep] }, { z: new Array(5000).fill(0) }];
  for (const change of changes) {
    const file = describeKit(it.kit);
    file.pads[2] = change && typeof change === "object" ? { ...file.pads[2], ...change } : change;
    await assert.rejects(openFile(it, new Blob([JSON.stringify(file)])), /^Error: A kit must have 16 pads, each with/);
  }
  const file = describeKit(it.kit);
  file.pads[2].model = "please call 555 ".repeat(90);
  await assert.rejects(openFile(it, new Blob([JSON.stringify(file)])), /^Error: This kit needs a model, which this page does not have\.$/);
  assert.equal(calls.length, 0);
});
