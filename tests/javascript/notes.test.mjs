import assert from "node:assert/strict";
import test from "node:test";
import { Notes } from "../../audiogan/ui/static/notes.js";
import { Tuner } from "../../audiogan/ui/static/tuner.js";
import { settle } from "./a_studio.mjs";
import { base64Of } from "./base64.mjs";

// A keyboard for one sound at middle C; `asked` are the pitches of each request.
function keyboard() {
  const asked = [];
  const sound = { model: "one", label: "Flute", pitch: 60, z: base64Of(new Uint8Array(8)) };
  const fetch = async (sounds) => {
    asked.push(sounds.map(({ pitch }) => pitch));
    await settle();
    return sounds.map((request) => ({ ...sound, ...request }));
  };
  const studio = { pads: [{ sound }], selected: 0, model: () => ({ pitched: { Flute: [48, 84] } }), fetch };
  const notes = new Notes(studio, new Tuner(studio));
  return { notes, asked, sound };
}

const pitches = (lowest) => Array.from({ length: 25 }, (_, at) => lowest + at);

test("an octave up asks for the notes that are not here, and back for none", async () => {
  const { notes, asked, sound } = keyboard();
  await notes.refresh();
  assert.deepEqual(asked, [pitches(60).slice(1)]);
  assert.equal((await notes.files())[0].sound, sound);
  await notes.setBase(72);
  assert.deepEqual(asked[1], pitches(72).slice(13));
  assert.deepEqual((await notes.files()).map(({ pitch }) => pitch), pitches(72));
  await notes.setBase(60);
  assert.equal(asked.length, 2);
});

test("two octaves in a hurry leave every note once", async () => {
  const { notes } = keyboard();
  await Promise.all([notes.refresh(), notes.setBase(72), notes.setBase(48)]);
  assert.deepEqual((await notes.files()).map(({ pitch }) => pitch), pitches(48));
});

test("a sound that comes back to its pad is drawn anew where its notes are gone", async () => {
  const { notes, asked, sound } = keyboard();
  await notes.refresh();
  const { pads } = notes.studio;
  pads[0].sound = { ...sound, z: base64Of(new Uint8Array(12)) };
  notes.tuner.of(pads[0].sound);
  pads[0].sound = sound;
  await notes.refresh();
  assert.deepEqual(asked, [pitches(60).slice(1), pitches(60).slice(1)]);
});

test("a keyboard that is saved while its notes are made has all of them, of the sound that was asked for", async () => {
  const { notes, asked, sound } = keyboard();
  notes.refresh();
  const saved = notes.files();
  notes.studio.pads[0].sound = { ...sound, z: base64Of(new Uint8Array(12)) };
  assert.deepEqual((await saved).map((one) => [one.pitch, one.sound.z]), pitches(60).map((pitch) => [pitch, pitch === 60 ? sound.z : [0, 0]]));
  assert.equal(asked.length, 1);
});
