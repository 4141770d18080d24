// The kit: sixteen sounds and how each is played. A sound is what the server answered and is never changed.

import { TEMPO, SWING, STEPS } from "./clock.js";
import { emptyPattern, LEVELS, PADS } from "./pattern.js";
import { latentOf } from "./pcm.js";
import { isZip, unzipped } from "./unzip.js";

export const GAIN = { min: -24, max: 12 };
export const TUNE = { min: -24, max: 24 };
export const LENGTH = { min: 5, max: 100 };
const FORMAT = "audiogan-kit";
const MAX_BYTES = 4_000_000; // a kit of long latents has a tenth of it
const IDENTITY = ["model", "label", "seed", "index", "pitch", "truncation"];

export function newPad() {
  return { sound: null, past: [], locked: false, muted: false, soloed: false, gain: 0, tune: 0, length: 100 };
}

export function newKit() {
  return { pads: Array.from({ length: PADS }, newPad), pattern: emptyPattern(), tempo: TEMPO.value, swing: SWING.value, steps: STEPS };
}

// What draws most of the kit's sounds, { model, label, seed }; null where no seed draws any.
export function baseOf(pads) {
  const sounds = pads.map(({ sound }) => sound).filter(({ seed }) => seed !== null);
  const count = ({ model, seed }) => sounds.filter((sound) => sound.model === model && sound.seed === seed).length;
  const [most] = [...sounds].sort((one, other) => count(other) - count(one));
  if (!most) return null;
  const { model, label, seed } = most;
  return { model, label: pads.every(({ sound }) => sound.label === label) ? label : null, seed };
}

// What a pad sounds at with others soloed or itself muted.
export function isHeard(pads, number) {
  return !pads[number].muted && (pads[number].soloed || !pads.some((pad) => pad.soloed));
}

export function identityOf(sound) {
  return Object.fromEntries(IDENTITY.map((name) => [name, sound[name]]));
}

export function fileName(sound, number) {
  const place = sound.seed === null ? "latent" : `${sound.seed}-${sound.index}`;
  const name = `${sound.model}-${(sound.label ?? "any").replaceAll(" ", "_")}-${place}`;
  return number === undefined ? `${name}.wav` : `${String(number + 1).padStart(2, "0")}-${name}.wav`;
}

// The kit as JSON types, latents written out: float32 values survive the way through decimal text unchanged.
export function describeKit(kit) {
  const pads = kit.pads.map((pad, number) => ({
    file: fileName(pad.sound, number),
    ...identityOf(pad.sound),
    z: latentOf(pad.sound.z),
    ...Object.fromEntries(["gain", "tune", "length", "locked", "muted", "soloed"].map((name) => [name, pad[name]])),
  }));
  return { format: FORMAT, version: 1, tempo: kit.tempo, swing: kit.swing, steps: kit.steps, pattern: kit.pattern, pads };
}

// The text of a kit file: of the ZIP that was saved, or of the kit.json in it.
export async function kitText(file) {
  if (await isZip(file)) return unzipped(file, "kit.json", MAX_BYTES);
  if (file.size > MAX_BYTES) throw new Error("This file is too large to be a kit.");
  return file.text();
}

// A kit file's text as { kit, wanted }: pads without their sounds, and what to ask the server for.
export function readKit(text) {
  const kit = parse(text);
  if (kit?.format !== FORMAT || kit.version !== 1) throw new Error("This file is not a kit exported here: choose a kit's JSON.");
  if (!Array.isArray(kit.pads) || kit.pads.length !== PADS) throw new Error(`A kit must have ${PADS} pads.`);
  if (!isPattern(kit.pattern)) throw new Error(`A kit's pattern must be ${PADS} rows of ${STEPS} levels from 0 to 3.`);
  const pads = kit.pads.map((pad) => ({
    ...newPad(),
    gain: within(pad?.gain, GAIN, 0),
    tune: within(pad?.tune, TUNE, 0),
    length: within(pad?.length, LENGTH, 100),
    ...Object.fromEntries(["locked", "muted", "soloed"].map((name) => [name, pad?.[name] === true])),
  }));
  const song = {
    tempo: within(kit.tempo, TEMPO, TEMPO.value),
    swing: within(kit.swing, SWING, 0),
    steps: Math.round(within(kit.steps, { min: 1, max: STEPS }, STEPS)),
  };
  const wanted = kit.pads.map((pad) => ({ ...identityOf(pad ?? {}), z: pad?.z ?? [] }));
  return { kit: { pads, pattern: kit.pattern, ...song }, wanted };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("This file is no kit: choose the ZIP of a saved kit, or the kit.json in it.");
  }
}

function isPattern(grid) {
  const isRow = (row) => Array.isArray(row) && row.length === STEPS && row.every((level) => Number.isInteger(level) && level in LEVELS);
  return Array.isArray(grid) && grid.length === PADS && grid.every(isRow);
}

export function within(value, { min, max }, otherwise) {
  return Number.isFinite(value) ? Math.min(Math.max(value, min), max) : otherwise;
}

export function isSeed(text) {
  return /^\d{1,19}$/.test(text ?? "") && BigInt(text) <= 2n ** 63n - 1n;
}
