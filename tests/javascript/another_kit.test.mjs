import assert from "node:assert/strict";
import test from "node:test";
import { settle, studio } from "./a_studio.mjs";
import { offerKits } from "../../audiogan/ui/static/another_kit.js";

// A studio whose kits can be had back: `told` are the ways back that were offered.
function offered() {
  const { studio: it, calls } = studio();
  const told = [];
  const standing = new Set();
  const load = offerKits(it, (takeBack) => {
    told.push(takeBack);
    standing.add(takeBack);
    return () => standing.delete(takeBack);
  });
  const answer = async (upTo) => {
    while (calls.length < upTo) await settle();
    calls[upTo - 1].reply();
  };
  const seeds = () => [...new Set(it.pads.map(({ sound }) => sound.seed))].join();
  return { it, load, answer, seeds, told, standing, calls };
}

const kit = (seed) => ({ model: "one", label: null, seed });

test("the kit before another comes back, but for what was locked meanwhile, and the beat stays", async () => {
  const { it, load, answer, seeds, told } = offered();
  const made = load(kit("8"));
  await answer(1);
  assert.equal(told.length, 0); // half of it is there
  await answer(2);
  await made;
  assert.equal(told.length, 1);
  it.setStep(3, 7, 3);
  it.pads[5].locked = true;
  it.pads[6].gain = -6;
  told[0]();
  assert.deepEqual([it.base.seed, it.settled.seed, it.pads[5].sound.seed, it.pads[6].gain], ["7", "7", "8", -6]);
  assert.deepEqual([it.pads[4].sound.seed, it.pads[4].past.length, it.kit.pattern[3][7]], ["7", 0, 3]);
  it.pads[5].sound = it.pads[4].sound;
  assert.equal(seeds(), "7");
});

test("of two kits in a hurry the second leads back to what was there before both", async () => {
  const { load, answer, seeds, told } = offered();
  const first = load(kit("8"));
  await answer(1);
  await settle();
  assert.equal(seeds(), "8,7");
  const second = load(kit("9"));
  for (const call of [2, 3, 4]) await answer(call);
  await Promise.all([first, second]);
  assert.deepEqual([seeds(), told.length], ["9", 1]);
  told[0]();
  assert.equal(seeds(), "7");
});

test("of two kits one after the other each leads back to the one before, until another is asked for", async () => {
  const { it, load, answer, seeds, told, standing } = offered();
  for (const [at, seed] of ["8", "9"].entries()) {
    const made = load(kit(seed));
    for (const call of [1, 2]) await answer(2 * at + call);
    await made;
  }
  const third = load(kit("10"));
  assert.equal(standing.size, 0);
  await answer(5);
  told[1]();
  await third;
  assert.deepEqual([seeds(), it.base.seed, it.busy.size, told.length], ["8", "8", 0, 2]);
});

for (const how of ["stopped", "failed"]) {
  test(`a kit that ${how} after a part of it had come leads back to the one before`, async () => {
    const { it, load, answer, seeds, told, calls } = offered();
    const made = load(kit("8"));
    await answer(1);
    while (calls.length < 2) await settle();
    if (how === "stopped") it.task.cancel(); // whatever the server says to the rest
    else calls[1].resolve({ error: "No." });
    await (how === "stopped" ? made : assert.rejects(made));
    assert.deepEqual([seeds(), it.base.seed, told.length], ["8,7", "7", 1]);
    told[0]();
    assert.deepEqual([seeds(), it.pads[0].past.length], ["7", 0]);
  });
}

test("a part of a kit that gave way to what came after it offers no way back", async () => {
  const { it, load, answer, told, calls } = offered();
  const [first, second] = [load(kit("8")), load(kit("9"))];
  await answer(2);
  while (calls.length < 3) await settle();
  const before = it.exchange({ kit: { ...it.kit, pads: it.pads.map((pad) => ({ ...pad })) }, beat: "", base: it.base });
  await Promise.all([first, second]);
  const third = load(kit("10"));
  await answer(4);
  while (calls.length < 5) await settle();
  const opened = it.working([], "Opening a kit", () => settle().then(() => it.exchange(before)));
  await Promise.all([third, opened]);
  assert.equal(told.length, 0);
});

test("a kit of which nothing came, or in which every pad is locked, offers no way back", async () => {
  const { it, load, told, calls } = offered();
  const stopped = load(kit("8"));
  it.task.cancel();
  await stopped;
  const failed = load(kit("9"));
  while (calls.length < 2) await settle();
  calls[1].resolve({ error: "No." });
  await assert.rejects(failed);
  for (const pad of it.pads) pad.locked = true;
  await assert.rejects(load(kit("10")));
  assert.equal(told.length, 0);
});

test("a starting pattern that nobody changed goes with the instruments of another kit, and comes back with it", async () => {
  const { it, load, answer, told } = offered();
  const labels = ["Gong", "Hi-hat", "Snare_drum", "Bass_drum"];
  Object.assign(it.model("one"), { pad_labels: Array.from({ length: 16 }, (_, at) => labels[at % 4]) });
  it.roles = { Gong: "gong", "Hi-hat": "hat", Snare_drum: "snare", Bass_drum: "kick" };
  const filled = () => it.kit.pattern.flatMap((row, pad) => (row.some(Boolean) ? [pad] : []));
  const before = filled();
  it.kit.tempo = 99;
  const made = load(kit("8"));
  for (const call of [1, 2]) await answer(call);
  await made;
  assert.deepEqual([filled(), it.beat, it.kit.tempo], [[1, 2, 3], "Four on the floor", 99]);
  told[0]();
  assert.deepEqual(filled(), before);
});
