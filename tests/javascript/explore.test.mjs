import assert from "node:assert/strict";
import test from "node:test";
import { isSharp, midiName, noteName, pitchName, ticks, ticksHz } from "../../audiogan/ui/static/axis.js";
import { sourceName, verdict } from "../../audiogan/ui/static/likeness.js";
import { Lattice, SIDE, snap } from "../../audiogan/ui/static/lattice.js";
import { MAGMA } from "../../audiogan/ui/static/magma.js";
import { joined } from "../../audiogan/ui/static/morph.js";
import { changeOf, stops, wordsOf } from "../../audiogan/ui/static/sliders.js";
import { View } from "../../audiogan/ui/static/view.js";

const MIDDLE = { x: 16, y: 16 };

function filled(finger = MIDDLE, options = {}) {
  const lattice = new Lattice();
  const asked = [];
  for (let points = lattice.plan(finger, 8, options); points.length; points = lattice.plan(finger, 8, options)) {
    asked.push(...points);
    for (const point of points) lattice.put(point, `${point.x} ${point.y}`);
  }
  return { lattice, asked };
}

test("an untouched map fills its coarse grid, nearest to the finger first, and asks for nothing twice", () => {
  const { lattice, asked } = filled();
  assert.equal(asked.length, 81);
  assert.equal(new Set(asked.map(Lattice.key)).size, 81);
  assert.deepEqual(asked[0], MIDDLE);
  assert.ok(asked.slice(0, 25).every(({ x, y }) => x % 8 === 0 && y % 8 === 0));
  assert.deepEqual(lattice.progress(), [81, 81]);
});

test("where a finger rests, its own point comes first and its surroundings are filled finely", () => {
  const finger = { x: 5, y: 7 };
  const { lattice, asked } = filled(finger, { touched: true });
  assert.deepEqual(asked[0], finger);
  for (let x = 3; x <= 7; x += 1) for (let y = 5; y <= 9; y += 1) assert.ok(lattice.get({ x, y }), `${x} ${y}`);
  assert.equal(lattice.get({ x: 21, y: 21 }), undefined);
});

test("a stopped map asks only for what the finger needs", () => {
  const lattice = new Lattice();
  const points = lattice.plan({ x: 4, y: 4 }, 8, { touched: true, filling: false });
  assert.ok(points.every(({ x, y }) => Math.abs(x - 4) <= 5 && Math.abs(y - 4) <= 5));
  assert.deepEqual(lattice.plan({ x: 4, y: 4 }, 8, { filling: false }), []);
});

test("the nearest known point answers for one that is not known", () => {
  const lattice = new Lattice();
  assert.equal(lattice.nearest(MIDDLE), null);
  lattice.put({ x: 0, y: 0 }, "far");
  lattice.put({ x: 16, y: 20 }, "near");
  assert.equal(lattice.nearest(MIDDLE).sound, "near");
  assert.equal(lattice.nearest(MIDDLE).distance, 16);
});

test("a full lattice forgets fine points, oldest first, never the grid", () => {
  const lattice = new Lattice(3);
  lattice.put({ x: 1, y: 1 }, "old");
  lattice.put({ x: 0, y: 0 }, "grid");
  lattice.put({ x: 2, y: 1 }, "new");
  lattice.put({ x: 4, y: 4 }, "grid too");
  assert.equal(lattice.get({ x: 1, y: 1 }), undefined);
  assert.equal(lattice.get({ x: 2, y: 1 }), "new");
  assert.equal(lattice.get({ x: 0, y: 0 }), "grid");
});

test("a finger outside the map is on its edge", () => {
  assert.deepEqual([-0.2, 0, 0.5, 1, 3].map(snap), [0, 0, SIDE / 2, SIDE, SIDE]);
});

test("zoom keeps the second it is about and stays inside the clip", () => {
  const view = new View(1);
  view.zoom(2, 0.25);
  assert.deepEqual([view.from, view.to], [0.125, 0.625]);
  assert.equal(view.secondAt(view.fractionOf(0.3)), 0.3);
  view.pan(9);
  assert.deepEqual([view.from, view.to], [0.5, 1]);
  view.reveal(0.2);
  assert.deepEqual([view.from, view.to], [0.2, 0.7]);
  view.zoom(1e9);
  assert.ok(view.span > 0.003);
  view.zoom(1e-9);
  assert.deepEqual([view.from, view.to, view.zoomed], [0, 1, false]);
});

test("ticks are round, inside and few", () => {
  assert.deepEqual(ticks(0, 1.024, 6).map(({ text }) => text), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
  assert.deepEqual(ticks(0.31, 0.342, 4).map(({ text }) => text), ["0.31", "0.32", "0.33", "0.34"]);
  assert.deepEqual(ticksHz(60, 4100).map(({ text }) => text), ["100", "200", "500", "1k", "2k", "4k"]);
});

test("notes are named with cents", () => {
  assert.equal(noteName(440), "A4 +0 ct");
  assert.equal(noteName(261.63), "C4 +0 ct");
  assert.equal(noteName(450), "A4 +39 ct");
  assert.equal(noteName(0), "");
  assert.deepEqual([66, 57.2, 56.8].map(pitchName), ["F♯4", "A3 +20 ct", "A3 −20 ct"]);
});

test("a note between two white keys has one name everywhere, its sharp", () => {
  const octave = Array.from({ length: 12 }, (_, at) => 60 + at);
  assert.deepEqual(octave.map(midiName), ["C4", "C♯4", "D4", "D♯4", "E4", "F4", "F♯4", "G4", "G♯4", "A4", "A♯4", "B4"]);
  assert.equal(octave.map((midi) => (isSharp(midi) ? "b" : "w")).join(""), "wbwbwwbwbwbw");
  assert.equal(noteName(311.13), "D♯4 +0 ct");
});

test("the palette has 256 colours that grow lighter", () => {
  assert.equal(MAGMA.length, 256);
  const light = MAGMA.map(([red, green, blue]) => 0.3 * red + 0.59 * green + 0.11 * blue);
  assert.ok(light.every((value, at) => at === 0 || value >= light[at - 1] - 0.5));
});

test("a slider's stops come nearest first and leave out where it is", () => {
  assert.deepEqual(stops(0, 1), [-0.5, 0.5, -1, 1]);
  assert.equal(stops(3, 3).length, 12);
});

test("a slider is called by what was measured, or by its number", () => {
  const steered = ["brightness", "level"];
  const brighter = { name: "brightness", low: "darker", high: "brighter", change: 400, unit: "Hz" };
  assert.deepEqual(wordsOf(0, brighter, steered), { name: "Brightness", low: "darker", high: "brighter" });
  assert.equal(wordsOf(2, undefined, steered).name, "Direction 1");
  assert.equal(wordsOf(3, brighter, steered).name, "Direction 2: brightness");
  const falling = { ...brighter, low: "brighter", high: "darker", change: -400 }; // along the direction
  assert.deepEqual(wordsOf(3, falling, steered), { name: "Direction 2: brightness", low: "darker", high: "brighter" });
  assert.equal(changeOf(brighter, 3), "± 300 Hz");
  assert.equal(changeOf({ name: "" }, 3), "");
});

test("sounds one after the other are one sound", () => {
  const { samples, sampleRate } = joined([{ samples: [1, 2], sampleRate: 8000 }, { samples: [3], sampleRate: 8000 }]);
  assert.deepEqual([...samples], [1, 2, 3]);
  assert.equal(sampleRate, 8000);
});

test("nearness to training sounds is judged by how near those lie to each other", () => {
  assert.match(verdict([{ distance_db: 2 }], 6), /may be a copy/);
  assert.equal(verdict([{ distance_db: 5 }], 6), "Nearest is 5.0 dB away; training sounds typically lie 6.0 dB from their nearest: no sign of copying.");
  assert.match(verdict([], 6), /no training sounds/);
  assert.equal(verdict([{ distance_db: 5 }], null), "The only training sound to compare with is 5.0 dB away.");
});

test("a training sound of a soundfont is called by its note, any other by its name", () => {
  const note = (bank, tuning) => `FluidR3_GM.sf2 bank ${bank} program 25 key 57 velocity 120 tuning ${tuning}`;
  assert.equal(sourceName(note(0, 0)), "A3, velocity 120 · FluidR3_GM");
  assert.equal(sourceName(note(0, -20)), "A3, velocity 120, tuning -20 · FluidR3_GM");
  assert.equal(sourceName(note(128, 0)), "drum 57, velocity 120 · FluidR3_GM");
  assert.equal(sourceName("kick 7.wav key 57"), "kick 7.wav key 57");
});
