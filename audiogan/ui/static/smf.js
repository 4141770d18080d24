// Standard MIDI files (RP-001): the beat as notes that any sequencer reads, for the samplers that read the kit's SFZ.

import { stepsOfLoop } from "./clock.js";
import { rateOf } from "./engine.js";
import { isHeard } from "./kit.js";
import { LEVELS } from "./pattern.js";
import { FIRST_KEY } from "./sfz.js";

const QUARTER = 480; // ticks
const STEP = QUARTER / 4;
const CHANNELS = 16;
const DRUMS = 9; // channel 10, counted from 0
const [NAME, TEMPO, END] = [0x03, 0x51, 0x2f];

// The beat until it is as it was at first: its steps on the keys of kit.sfz, and the notes of each pad at their pitches, in a track of its own
// and on a channel that is not the drums': the last pad has the first one's.
export function beatMidi(kit) {
  const played = kit.pads.flatMap((pad, number) => (isHeard(kit.pads, number) ? notesOf(kit, number) : []));
  const keys = played.filter(({ pitch }) => pitch === null).map((note) => ({ ...note, key: FIRST_KEY + note.number, channel: DRUMS }));
  const tracks = [track(kit, "Beat", [meta(TEMPO, bytesOf(Math.round(6e7 / kit.tempo), 3))]), track(kit, "Kit", keys.flatMap(events))];
  kit.pads.forEach(({ sound }, number) => {
    const own = played.filter((note) => note.number === number && note.pitch !== null);
    const notes = own.map((note) => ({ ...note, key: note.pitch, channel: number < DRUMS ? number : (number + 1) % CHANNELS }));
    if (notes.length) tracks.push(track(kit, `Pad ${number + 1} ${sound.label ?? ""}`.trim(), notes.flatMap(events)));
  });
  return Uint8Array.from([...chunk("MThd", [0, 1, ...bytesOf(tracks.length, 2), ...bytesOf(QUARTER, 2)]), ...tracks.flat()]);
}

// What a pad plays, as { number, pitch, velocity, from, to } in ticks: each until it has ended, or the pad is struck again.
function notesOf(kit, number) {
  const { sound, tune, length } = kit.pads[number];
  const count = stepsOfLoop(kit);
  const struck = Array.from({ length: count }, (_, step) => step).filter((step) => kit.pattern[number][step % kit.steps]);
  const perSecond = (kit.tempo / 60) * QUARTER;
  return struck.map((step, at) => {
    const column = step % kit.steps;
    const pitch = kit.pitches[number][column];
    const seconds = ((sound.buffer.duration * length) / 100) / (pitch === null ? rateOf(tune) : 1);
    const [from, next] = [tickOf(kit, step), at + 1 < struck.length ? tickOf(kit, struck[at + 1]) : count * STEP];
    const velocity = Math.round(127 * Math.sqrt(LEVELS[kit.pattern[number][column]])); // samplers square it
    return { number, pitch, velocity, from, to: Math.max(Math.min(Math.round(from + seconds * perSecond), next), from + 1) };
  });
}

function tickOf({ swing }, step) {
  return Math.round((step + (step % 2 ? swing / 100 : 0)) * STEP);
}

function events({ key, channel, velocity, from, to }) {
  return [{ tick: from, bytes: [0x90 | channel, key, velocity] }, { tick: to, bytes: [0x80 | channel, key, 64] }];
}

function meta(kind, bytes) {
  return { tick: 0, bytes: [0xff, kind, ...quantity(bytes.length), ...bytes] };
}

// A track as long as the beat; at one tick what ends comes before what begins.
function track(kit, name, content) {
  const begins = ({ bytes }) => Number(bytes[0] >> 4 === 9);
  const ordered = [meta(NAME, new TextEncoder().encode(name)), ...content].sort((one, other) => one.tick - other.tick || begins(one) - begins(other));
  let now = 0;
  const bytes = [...ordered, { ...meta(END, []), tick: stepsOfLoop(kit) * STEP }].flatMap((event) => {
    const delta = event.tick - now;
    now = event.tick;
    return [...quantity(delta), ...event.bytes];
  });
  return chunk("MTrk", bytes);
}

function chunk(kind, bytes) {
  return [...new TextEncoder().encode(kind), ...bytesOf(bytes.length, 4), ...bytes];
}

function bytesOf(value, count) {
  return Array.from({ length: count }, (_, at) => (value >>> (8 * (count - 1 - at))) & 255);
}

// A number in groups of seven bits, all but the last marked.
function quantity(value) {
  const groups = [value & 127];
  for (let rest = value >>> 7; rest; rest >>>= 7) groups.unshift((rest & 127) | 128);
  return groups;
}
