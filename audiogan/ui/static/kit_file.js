// A kit's file, as it was saved: read, and opened in the place of the kit that is there.

import { sayable } from "./address.js";
import { STEPS, SWING, TEMPO } from "./clock.js";
import { baseOf, FORMAT, GAIN, hasLabel, identityOf, LENGTH, newPad, TUNE, within } from "./kit.js";
import { emptyPitches, isPitch, LEVELS, PADS } from "./pattern.js";
import { batches } from "./supply.js";
import { isZip, unzipped } from "./unzip.js";

const MAX_LATENT = 4096; // numbers; the page's models have 100 or so
const MAX_BYTES = 4_000_000; // a kit of long latents has a tenth of it
const NO_KIT = "This file is no kit: choose the ZIP of a saved kit, or the kit.json in it.";

// All or nothing; answers the kit before, or null where this one was not opened.
export async function openFile(studio, file) {
  const { kit, wanted } = readKit(await kitText(file));
  for (const { model, label } of wanted) {
    if (!studio.model(model)) throw new Error(`This kit needs ${sayable("a model", model)}, which this page does not have.`);
    if (!hasLabel(studio.model(model), label)) throw new Error(`This kit needs ${label ? sayable("an instrument", label) : "sounds without an instrument"}, which ${model} does not have.`);
  }
  const numbered = wanted.map((request, number) => ({ number, ...request }));
  let before = null;
  await studio.working(numbered, "Opening the kit", async (task) => {
    for (const batch of batches(numbered)) {
      const sounds = await studio.fetch(batch.map(({ number, ...request }) => request));
      sounds.forEach((sound, at) => (kit.pads[batch[at].number].sound = sound));
    }
    if (!task.cancelled) before = studio.exchange({ kit, beat: "", base: baseOf(kit.pads) ?? studio.base });
  });
  return before;
}

// The text of a kit file: of the ZIP that was saved, or of the kit.json in it.
async function kitText(file) {
  if (await isZip(file)) return unzipped(file, "kit.json", MAX_BYTES);
  if (file.size > MAX_BYTES) throw new Error("This file is too large to be a kit.");
  return file.text();
}

// A kit file's text as { kit, wanted }: pads without their sounds, and what to ask the server for.
export function readKit(text) {
  const kit = parse(text);
  if (kit?.format !== FORMAT || kit.version !== 1) throw new Error(NO_KIT);
  if (!Array.isArray(kit.pads) || kit.pads.length !== PADS || !kit.pads.every(isPad)) throw new Error(`A kit must have ${PADS} pads, each with a model, an instrument and numbers.`);
  if (!isGrid(kit.pattern, (level) => Number.isInteger(level) && level in LEVELS)) throw new Error(`A kit's pattern must be ${PADS} rows of ${STEPS} levels from 0 to 3.`);
  const pitches = kit.pitches ?? emptyPitches();
  if (!isGrid(pitches, (pitch) => pitch === null || isPitch(pitch))) throw new Error(`A kit's pitches must be ${PADS} rows of ${STEPS} MIDI numbers, or null.`);
  const pads = kit.pads.map((pad) => ({
    ...newPad(),
    gain: within(pad.gain, GAIN, 0),
    tune: within(pad.tune, TUNE, 0),
    length: within(pad.length, LENGTH, 100),
    ...Object.fromEntries(["locked", "muted", "soloed"].map((name) => [name, pad[name] === true])),
  }));
  const song = {
    tempo: within(kit.tempo, TEMPO, TEMPO.value),
    swing: within(kit.swing, SWING, 0),
    steps: Math.round(within(kit.steps, { min: 1, max: STEPS }, STEPS)),
  };
  const wanted = kit.pads.map((pad) => ({ ...identityOf(pad), z: pad.z }));
  const notes = pitches.map((row, number) => row.map((pitch, step) => (kit.pattern[number][step] ? pitch : null)));
  return { kit: { pads, pattern: kit.pattern, pitches: notes, ...song }, wanted };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(NO_KIT);
  }
}

// Whether it says which sound it is.
function isPad(pad) {
  const isText = (text) => typeof text === "string";
  const { model, label, z } = pad ?? {};
  return isText(model) && (isText(label) || (label ?? null) === null) && Array.isArray(z) && z.length <= MAX_LATENT && z.every(Number.isFinite);
}

function isGrid(grid, isCell) {
  const isRow = (row) => Array.isArray(row) && row.length === STEPS && row.every(isCell);
  return Array.isArray(grid) && grid.length === PADS && grid.every(isRow);
}
