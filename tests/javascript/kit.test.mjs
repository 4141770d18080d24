import assert from "node:assert/strict";
import test from "node:test";
import { addressOf, readAddress } from "../../audiogan/ui/static/address.js";
import { describeKit, fileName, isHeard, MAX_SEED, newKit, randomSeed, seedOf } from "../../audiogan/ui/static/kit.js";
import { readKit } from "../../audiogan/ui/static/kit_file.js";
import { OPENING, PATTERNS, packPattern, ROLES, startingPattern, unpackPattern } from "../../audiogan/ui/static/pattern.js";
import { base64Of } from "./base64.mjs";

const MODELS = [
  { name: "one", labels: ["Flute", "Snare_drum"] },
  { name: "two", labels: [] },
];
const BASE = { model: "one", label: null, seed: "7", labels: new Array(16).fill("Flute") };
const LATENT = new Float32Array([0.1, -0.25, 1 / 3]);

function sound(index, changes = {}) {
  const z = base64Of(new Uint8Array(LATENT.buffer));
  return { model: "one", label: "Flute", seed: "7", index, pitch: null, truncation: 1, z, ...changes };
}

function kit() {
  const made = newKit();
  made.pads.forEach((pad, number) => (pad.sound = sound(number)));
  return made;
}

test("a kit survives its file, latents to the last bit", () => {
  const made = kit();
  Object.assign(made.pads[3], { gain: -6, tune: 7, length: 40, locked: true, muted: true });
  made.pattern[3][5] = 3;
  Object.assign(made, { tempo: 93, swing: 31, steps: 12 });
  const { kit: read, wanted } = readKit(JSON.stringify(describeKit(made)));
  assert.deepEqual(Float32Array.from(wanted[3].z), LATENT);
  assert.equal(wanted[3].seed, "7");
  assert.deepEqual(read.pattern, made.pattern);
  assert.deepEqual([read.tempo, read.swing, read.steps], [93, 31, 12]);
  const { gain, tune, length, locked, muted, soloed } = read.pads[3];
  assert.deepEqual([gain, tune, length, locked, muted, soloed], [-6, 7, 40, true, true, false]);
});

test("a file that is no kit is refused with what to do", () => {
  const good = describeKit(kit());
  const NO_KIT = /This file is no kit: choose the ZIP of a saved kit, or the kit\.json in it\./;
  for (const [text, words] of [
    ["{", NO_KIT],
    ["null", NO_KIT],
    [JSON.stringify({ ...good, version: 2 }), NO_KIT],
    [JSON.stringify({ ...good, pads: [] }), /16 pads/],
    [JSON.stringify({ ...good, pattern: [[1]] }), /pattern/],
    [JSON.stringify({ ...good, pattern: good.pattern.map((row) => row.map(() => 4)) }), /pattern/],
  ]) assert.throws(() => readKit(text), words);
});

test("values out of range come back within it", () => {
  const file = describeKit(kit());
  file.pads[0] = { ...file.pads[0], gain: 1e9, tune: "high", length: -1, locked: "yes" };
  const [pad] = readKit(JSON.stringify({ ...file, tempo: 1e6, steps: 99 })).kit.pads;
  assert.deepEqual([pad.gain, pad.tune, pad.length, pad.locked], [12, 0, 5, false]);
});

test("an address opens what it was made from", () => {
  const made = kit();
  made.pads[2].sound = sound(4, { model: "two", label: null, seed: "99" });
  made.pads[5].sound = sound(5, { seed: null, index: null });
  made.pattern[0][0] = 2;
  made.tempo = 77;
  const address = addressOf(BASE, made, "", "?__theme=dark&seed=1");
  assert.equal(new URLSearchParams(address).get("__theme"), "dark");
  const asked = readAddress(address, MODELS);
  assert.deepEqual([asked.model, asked.label, asked.seed, asked.tempo], ["one", null, "7", 77]);
  assert.deepEqual(asked.pattern, made.pattern);
  assert.deepEqual(asked.pads, [{ number: 2, model: "two", label: null, seed: "99", index: 4 }]);
});

test("a pad of another instrument is listed even under the kit's own seed", () => {
  const made = kit();
  made.pads[3].sound = sound(3, { label: "Snare_drum" });
  assert.equal(new URLSearchParams(addressOf(BASE, made, "")).get("pads"), "3~one~Snare_drum~7~3");
});

test("an untouched kit has a short address", () => {
  const made = kit();
  assert.equal(addressOf(BASE, made, packPattern(made.pattern)), "?model=one&seed=7");
});

test("an address says how pads are played, and nothing of those that are played as ever", () => {
  const made = kit();
  Object.assign(made.pads[3], { gain: -6.5, tune: 7, length: 40, locked: true });
  Object.assign(made.pads[15], { tune: -12, muted: true, soloed: true });
  const address = addressOf(BASE, made, packPattern(made.pattern));
  assert.equal(address, "?model=one&seed=7&mix=3g-6.5t7l40k_15t-12ms");
  const { mix } = readAddress(address, MODELS);
  assert.deepEqual(mix, [
    { number: 3, gain: -6.5, tune: 7, length: 40, locked: true },
    { number: 15, tune: -12, muted: true, soloed: true },
  ]);
  assert.deepEqual(readAddress("?mix=16m_3_x_3g_-1m_3gNaN_3z1_3g1e9_0gg1_4g999l0", MODELS).mix, [{ number: 4, gain: 12, length: 5 }]);
  assert.deepEqual(readAddress("?model=one&seed=7", MODELS).mix, []);
});

test("an address that makes no sense asks for nothing", () => {
  const asked = readAddress("?model=../x&label=Flute&seed=-1&pads=99~one~Flute~1~1,1~one~Gong~1~1,x&beat=zz&tempo=fast", MODELS);
  assert.deepEqual([asked.model, asked.label, asked.seed, asked.pads, asked.pattern, asked.tempo], [null, null, null, [], null, 122]);
  assert.equal(readAddress("?tempo=", MODELS).tempo, 122);
});

test("an address names what is not here, where that can be a name", () => {
  const asked = (search) => /^This link asks for (.*), which is not here: what it opens is another kit\.$/.exec(readAddress(search, MODELS).wrong)?.[1] ?? "";
  assert.equal(asked("?model=their-own_2.1&label=Flute"), "a model called their-own_2.1");
  assert.equal(asked("?model=one&label=Fl%C3%B6te"), "an instrument called Fl\u00f6te");
  assert.equal(asked("?model=%3Cb%3E"), "a model");
  assert.equal(asked("?model=one&seed=7&pads=2~theirs~Gong~9~4"), "a model called theirs");
  assert.equal(asked("?model=one&label=call%20this%20number"), "an instrument");
  for (const known of ["", "?seed=7", "?model=one", "?model=one&label=Flute", "?model=&label=", "?label=Gong", "?pads=x,1~one~Flute~1~1"]) assert.equal(asked(known), "");
});

test("a seed that is none and a beat that cannot be read are said, a part that is empty is not", () => {
  const wrong = (search) => readAddress(search, MODELS).wrong;
  for (const seed of ["abc", "-1", "9223372036854775808"]) assert.match(wrong(`?model=one&seed=${seed}`), /should name a seed from 0 to 9223372036854775807/);
  assert.match(wrong("?model=one&beat=zzzz"), /^This link's beat cannot be read/);
  for (const fine of ["?seed=", "?beat=", `?seed=0&beat=${packPattern(kit().pattern)}`]) assert.equal(wrong(fine), "");
});

test("seeds are exact to the last one", () => {
  assert.equal(MAX_SEED, 9223372036854775807n);
  assert.equal(seedOf(String(MAX_SEED)), String(MAX_SEED));
  for (const text of ["9223372036854775808", "-1", "1e3", "", null, "٣"]) assert.equal(seedOf(text), null);
});

test("a seed is written as the server writes it, wherever it comes from", () => {
  assert.deepEqual(["007", "0", "000", "7"].map(seedOf), ["7", "0", "0", "7"]);
  const { seed, pads } = readAddress("?model=one&seed=007&pads=2~one~Flute~042~4", MODELS);
  assert.deepEqual([seed, pads[0].seed], ["7", "42"]);
  assert.equal(readAddress("?model=one&seed=0", MODELS).seed, "0");
});

test("a random seed is a seed as any other: text", () => {
  const seeds = Array.from({ length: 50 }, randomSeed);
  assert.ok(seeds.every((seed) => seedOf(seed) === seed));
  assert.ok(new Set(seeds).size > 40);
});

test("solo silences the others, mute wins", () => {
  const { pads } = kit();
  assert.ok(isHeard(pads, 0));
  pads[1].soloed = true;
  assert.deepEqual([isHeard(pads, 0), isHeard(pads, 1)], [false, true]);
  pads[1].muted = true;
  assert.ok(!isHeard(pads, 1));
});

test("files say what they hold", () => {
  assert.equal(fileName(sound(3)), "one-Flute-7-3.wav");
  assert.equal(fileName(sound(3, { seed: null, label: "A b" }), 8), "09-one-A_b-latent.wav");
});

test("patterns survive packing and fall on the pads that have their instrument", () => {
  for (const name of Object.keys(PATTERNS)) {
    const grid = startingPattern(name, [...ROLES].reverse());
    assert.deepEqual(unpackPattern(packPattern(grid)), grid);
    for (const [role, marks] of Object.entries(PATTERNS[name].rows)) {
      assert.equal(marks.length, 16);
      assert.equal(grid[[...ROLES].reverse().indexOf(role)].filter(Boolean).length, [...marks].filter((mark) => mark !== ".").length);
    }
  }
  assert.equal(unpackPattern("?"), null);
  assert.ok(Object.keys(PATTERNS[OPENING].rows).length >= 7); // what the kit has, not drums alone
  assert.ok(["bass", "chime", "mallet"].every((role) => role in PATTERNS[OPENING].rows));
});

// As hybrid-drums lies on the pads.
const DRUMS = ["kick", "snare", "hat", "bell", "clap", "tom", "hand", "block", "crash", "ride", "kick", "snare", "hat", "bell", "clap", "tom"];

test("a role that no pad has goes to a stand-in, and no row is written over another", () => {
  const rows = (name, role) => startingPattern(name, DRUMS)[DRUMS.indexOf(role)].map((level) => ".-ox"[level]).join("");
  assert.equal(rows("Son clave", "bell"), PATTERNS["Son clave"].rows.bell); // the clave itself
  assert.equal(rows("Son clave", "hat"), PATTERNS["Son clave"].rows.shaker);
  assert.equal(rows("Bossa nova", "hat"), PATTERNS["Bossa nova"].rows.shaker);
  assert.equal(rows("Boom bap", "hat"), PATTERNS["Boom bap"].rows.hat); // and the shaker is the second hat
  assert.equal(rows("Small hours", "tom"), PATTERNS["Small hours"].rows.bass);
  for (const name of Object.keys(PATTERNS)) {
    const grid = startingPattern(name, DRUMS);
    assert.ok(grid.filter((row) => row.some(Boolean)).length >= 4, name);
    for (const silent of ["crash", "clap"]) assert.ok(!grid[DRUMS.indexOf(silent)].some(Boolean), name);
  }
  const filled = startingPattern("Small hours", ["kick", "snare", "gong", "hat"]).map((row) => row.some(Boolean));
  assert.deepEqual(filled.slice(0, 5), [true, true, false, true, false]); // no stand-in either
});

test("a kit of one instrument, or of labels that have no role, plays its pads by number", () => {
  for (const role of ["lead", ""]) {
    const filled = startingPattern("Small hours", new Array(16).fill(role)).flatMap((row, pad) => (row.some(Boolean) ? [pad] : []));
    assert.deepEqual(filled, ["kick", "snare", "hat", "bass", "key", "lead"].map((name) => ROLES.indexOf(name)));
  }
});

test("a pad that an address names often has what it names last", () => {
  const often = Array.from({ length: 400 }, (_, seed) => `0~one~Flute~${seed}~3`).join();
  assert.deepEqual(readAddress(`?model=one&pads=${often}`, MODELS).pads.map(({ number, seed }) => [number, seed]), [[0, "399"]]);
});
