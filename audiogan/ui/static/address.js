// The address: which sounds a kit holds, how each is played, and the beat. What is as it was at first is left out.

import { STEPS, SWING, TEMPO } from "./clock.js";
import { GAIN, hasLabel, LENGTH, MAX_SEED, newPad, seedOf, TUNE, within } from "./kit.js";
import { emptyPattern, PADS, packPattern, packPitches, unpackPattern, unpackPitches } from "./pattern.js";

const VALUES = { g: ["gain", GAIN], t: ["tune", TUNE], l: ["length", LENGTH] };
const SWITCHES = { m: "muted", s: "soloed", k: "locked" };
const BEAT = "This link's beat cannot be read: what it opens has another.";
const SEEDS = `from 0 to ${MAX_SEED}`;
const PLAYED = /^(\d{1,2})((?:[gtl]-?\d{1,3}(?:\.\d{1,2})?|[msk])+)$/;

// The address that opens this kit: `base` is { model, label, seed, labels }; pads that differ from it are listed, and so are
// pads that are played in a way of their own and a beat other than the packed `opening`. What else the address held stays.
export function addressOf(base, kit, opening, search = "") {
  const query = new URLSearchParams(search);
  for (const name of ["model", "label", "seed", "pads", "mix", "beat", "notes", "tempo", "swing", "steps"]) query.delete(name);
  query.set("model", base.model);
  if (base.label) query.set("label", base.label);
  query.set("seed", base.seed);
  const others = kit.pads.flatMap((pad, number) => otherPad(base, pad.sound, number));
  if (others.length) query.set("pads", others.join(","));
  const mix = packMix(kit.pads);
  if (mix) query.set("mix", mix);
  const beat = packPattern(kit.pattern);
  const notes = packPitches(kit.pitches);
  const other = notes || beat !== opening;
  if (other) query.set("beat", beat);
  if (notes) query.set("notes", notes);
  if (other || kit.tempo !== TEMPO.value || kit.swing || kit.steps !== STEPS) {
    for (const name of ["tempo", "swing", "steps"]) query.set(name, kit[name]);
  }
  return `?${query}`;
}

function otherPad(base, sound, number) {
  const drawn = sound.model === base.model && sound.seed === String(base.seed) && sound.index === number;
  if (sound.seed === null || (drawn && sound.label === base.labels[number])) return [];
  return [[number, sound.model, sound.label ?? "", sound.seed, sound.index].join("~")];
}

// Pads that are not played as a new one is: `3g-6t7k_15s` for pad 4 at -6 dB, 7 semitones up and locked, and pad 16 solo.
function packMix(pads) {
  const usual = newPad();
  const packed = pads.map((pad) => {
    const values = Object.entries(VALUES).map(([letter, [name]]) => [letter, name, Number(pad[name].toFixed(2))]);
    const changed = values.filter(([, name, value]) => value !== usual[name]).map(([letter, , value]) => letter + value);
    return [...changed, ...Object.keys(SWITCHES).filter((letter) => pad[SWITCHES[letter]])].join("");
  });
  return packed.flatMap((how, number) => (how ? [number + how] : [])).join("_");
}

// What an address asks for; a part that makes no sense is left out.
export function readAddress(search, models) {
  const query = new URLSearchParams(search);
  const model = models.find(({ name }) => name === query.get("model")) ?? null;
  const label = model?.labels.find((name) => name === query.get("label")) ?? null;
  const seed = seedOf(query.get("seed"));
  const listed = (query.get("pads") ?? "").split(",");
  const number = (name, range, otherwise) => (query.get(name) ? within(Number(query.get(name)), range, otherwise) : otherwise);
  const pattern = unpackPattern(query.get("beat"));
  const lacks = missing(models, [query.get("model"), ...listed.map((text) => text.split("~")[1])], model && !label && query.get("label"));
  return {
    model: model?.name ?? null,
    label,
    seed,
    wrong: wrongWith("kit", lacks, query.get("seed") && !seed && "a seed") || (query.get("beat") && !pattern ? BEAT : ""),
    pads: [...new Map(listed.flatMap((text) => readPad(text, models)).map((pad) => [pad.number, pad])).values()],
    mix: (query.get("mix") ?? "").split("_").flatMap(readPlayed),
    pattern,
    pitches: unpackPitches(query.get("notes"), pattern ?? emptyPattern()),
    tempo: number("tempo", TEMPO, TEMPO.value),
    swing: number("swing", SWING, 0),
    steps: Math.round(number("steps", { min: 1, max: STEPS }, STEPS)),
  };
}

// What is wrong with a link is a sentence, and what it opens is there by then.
export class WrongLink extends Error {}

// What is wrong with a link to a kit or a map: what is not here, or the seeds that are none; "" for nothing.
export function wrongWith(what, lacks, seeds) {
  if (lacks) return `This link asks for ${lacks}, which is not here: what it opens is another ${what}.`;
  return seeds ? `This link should name ${seeds} ${SEEDS}: what it opens is another ${what}.` : "";
}

// The first of the models that is not here, else the instrument that its model lacks; "" for nothing.
export function missing(models, wanted, label) {
  const other = wanted.find((name) => name && models.every((model) => model.name !== name));
  if (other) return sayable("a model", other);
  return label ? sayable("an instrument", label) : "";
}

// What somebody else may have written into a link or a file stands in a sentence of ours only if it can be a name.
export function sayable(kind, name) {
  return /^[\p{L}\p{M}\p{N}_.-]{1,40}$/u.test(name) ? `${kind} called ${name}` : kind;
}

function readPad(text, models) {
  const [number, model, label, typed, index] = text.split("~");
  const seed = seedOf(typed);
  const known = models.find(({ name }) => name === model);
  if (!(Number(number) < PADS) || !/^\d+$/.test(number) || !known || !seed || !/^\d{1,6}$/.test(index)) return [];
  if (!hasLabel(known, label)) return [];
  return [{ number: Number(number), model, label: label || null, seed, index: Number(index) }];
}

function readPlayed(text) {
  const [, number, how] = PLAYED.exec(text) ?? [];
  if (!(Number(number) < PADS)) return [];
  const facts = [...how.matchAll(/([a-z])([^a-z]*)/g)].map(([, letter, value]) => {
    const [name, range] = VALUES[letter] ?? [];
    return name ? [name, within(Number(value), range)] : [SWITCHES[letter], true];
  });
  return [{ number: Number(number), ...Object.fromEntries(facts) }];
}
