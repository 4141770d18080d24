// The kit: sixteen sounds and how each is played. A sound is what the server answered and is never changed.

import { TEMPO, SWING, STEPS } from "./clock.js";
import { emptyPattern, emptyPitches, PADS } from "./pattern.js";
import { latentOf } from "./pcm.js";

export const GAIN = { min: -24, max: 12 };
export const TUNE = { min: -24, max: 24 };
export const LENGTH = { min: 5, max: 100 };
export const MAX_SEED = 2n ** 63n - 1n;
export const FORMAT = "audiogan-kit";
const IDENTITY = ["model", "label", "seed", "index", "pitch", "truncation"];

export function newPad() {
  return { sound: null, past: [], locked: false, muted: false, soloed: false, gain: 0, tune: 0, length: 100 };
}

export function newKit() {
  return { pads: Array.from({ length: PADS }, newPad), pattern: emptyPattern(), pitches: emptyPitches(), tempo: TEMPO.value, swing: SWING.value, steps: STEPS };
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

// Whether a model has an instrument; one without any has none of them.
export function hasLabel(model, label) {
  return label ? model.labels.includes(label) : !model.labels.length;
}

// What files of a model's sounds begin with, as the server names them.
export function stemOf(model, label) {
  return `${model}-${(label || "any").replaceAll(" ", "_")}`;
}

export function fileName(sound, number) {
  const place = sound.seed === null ? "latent" : `${sound.seed}-${sound.index}`;
  const name = `${stemOf(sound.model, sound.label)}-${place}`;
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
  const pitches = kit.pitches.flat().some((pitch) => pitch !== null) ? { pitches: kit.pitches } : {};
  return { format: FORMAT, version: 1, tempo: kit.tempo, swing: kit.swing, steps: kit.steps, pattern: kit.pattern, ...pitches, pads };
}

export function within(value, { min, max }, otherwise) {
  return Number.isFinite(value) ? Math.min(Math.max(value, min), max) : otherwise;
}

// A seed as the server writes it, without zeros before it; null for what is none.
export function seedOf(text) {
  return /^\d{1,19}$/.test(text ?? "") && BigInt(text) <= MAX_SEED ? String(BigInt(text)) : null;
}

// As text, like every seed: a number is exact in the browser only up to 2**53.
export function randomSeed() {
  return String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);
}
