// SFZ instruments (sfzformat.com): text that samplers read beside WAV files.

import { FADE, rateOf } from "./engine.js";

export const FIRST_KEY = 36; // C2, where drum pads start in General MIDI controllers

// A pad a key from C2 up. Pads as { file, gain in dB, tune in semitones, seconds until it is cut where it is }.
export function kitSfz(pads) {
  const regions = pads.map(({ file, gain, tune, seconds }, index) => {
    const key = FIRST_KEY + index;
    const fields = [`sample=${file}`, `key=${key}`, "loop_mode=one_shot", `group=${index + 1}`, `off_by=${index + 1}`];
    if (gain) fields.push(`volume=${gain}`);
    if (tune) fields.push(`transpose=${Math.trunc(tune)}`, `tune=${Math.round(100 * (tune % 1))}`);
    return `<region> ${fields.join(" ")}${cut(seconds)}`;
  });
  return ["// A kit of invented sounds, made with audiogan.", ...regions, ""].join("\n");
}

// The fields of a sound that is cut after so many seconds; none for one that sounds whole.
function cut(seconds) {
  return seconds ? ` ampeg_hold=${Math.max(seconds - FADE, FADE).toFixed(4)} ampeg_decay=${FADE} ampeg_sustain=0` : "";
}

// One sound at many pitches, as { file, gain in dB, pitch, seconds until it is cut there }; the lowest and highest sample
// reach to the ends of the keyboard. What is cut has a region for every key: one that plays it faster is sooner at the cut.
export function chromaticSfz(notes) {
  const sorted = [...notes].sort((one, other) => one.pitch - other.pitch);
  const regions = sorted.flatMap(({ file, gain, pitch, seconds }, index) => {
    const low = index === 0 ? 0 : pitch;
    const high = index === sorted.length - 1 ? 127 : sorted[index + 1].pitch - 1;
    const region = (from, to) => `<region> sample=${file} pitch_keycenter=${pitch} lokey=${from} hikey=${to}${gain ? ` volume=${gain}` : ""}`;
    if (!seconds) return [region(low, high)];
    return Array.from({ length: high - low + 1 }, (_, at) => region(low + at, low + at) + cut(seconds / rateOf(low + at - pitch)));
  });
  return ["// An invented instrument, made with audiogan.", "<global> ampeg_release=0.25", ...regions, ""].join("\n");
}
