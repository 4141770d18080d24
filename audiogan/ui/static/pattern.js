// What the sequencer plays: a velocity from 0 (silent) to 3 (accent) for each pad and step, and the pitch of those that are
// notes, a MIDI number.

import { STEPS } from "./clock.js";

export const PADS = 16;
export const LEVELS = [0, 0.4, 0.72, 1];
export const NORMAL = 2;

// Rows by the role of a pad in a kit (see `kit.py`): x accent, o normal, - soft, . silent.
export const PATTERNS = {
  "Four on the floor": { tempo: 122, swing: 0, rows: { kick: "x...x...x...x...", snare: "....o.......o..-", hat: "..o...o...o...o.", bell: "..........-..-..", bass: "..o...o..o....o.", chime: "x...............", mallet: "......-.....-..." } },
  "Boom bap": { tempo: 90, swing: 34, rows: { kick: "x......-..x.....", snare: "....x.......x...", hat: "o.o.o.o.o.o.o.oo", shaker: "..-...-...-...-." } },
  "Bossa nova": { tempo: 132, swing: 0, rows: { kick: "x..ox..ox..ox..o", shaker: "o-o-o-o-o-o-o-o-", bell: "x..o..o...o..o..", bass: "o..-o..-o..-o..-" } },
  "Two step": { tempo: 134, swing: 22, rows: { kick: "x.........x.....", snare: "....x.......x...", hat: "..o.-.o...o.-.o-", bell: ".......-.....-..", bass: "o.....o...o....." } },
  "Son clave": { tempo: 104, swing: 10, rows: { bell: "x..x..x...x.x...", kick: "o.....o.o.....o.", shaker: "-.o.-.o.-.o.-.o.", bass: "...o..o....o..o.", key: "x.....o...o....." } },
  "Small hours": { tempo: 76, swing: 40, rows: { kick: "x.......-.o.....", snare: "........x.......", hat: "-.-.-.-.-.-.-.--", bass: "x.....o...-.....", key: "x.........o.....", lead: "....-.......o..." } },
};
export const ROLES = ["kick", "snare", "hat", "shaker", "bell", "gong", "chime", "mallet", "bass", "key", "pluck", "lead"];
const STAND_INS = { kick: ["tom"], snare: ["clap", "stick"], hat: ["shaker", "ride"], shaker: ["hat", "ride"], bell: ["block", "stick"], bass: ["tom"], key: ["block"], mallet: ["block"], lead: ["hand"] };
export const OPENING = "Four on the floor";
const MARKS = ".-ox";
const FIRST_LETTER = "a".charCodeAt(0);
const NOTES = /^(\d|1\d)((?:[a-p]\d{1,3})+)$/;

// The level that is nearest to how hard something was played, from 0 to 1; whatever was played is heard.
export function levelOf(velocity) {
  const away = (level) => Math.abs(LEVELS[level] - velocity);
  return [1, 2, 3].reduce((best, level) => (away(level) < away(best) ? level : best));
}

export function emptyPattern() {
  return Array.from({ length: PADS }, () => new Array(STEPS).fill(0));
}

export function emptyPitches() {
  return Array.from({ length: PADS }, () => new Array(STEPS).fill(null));
}

// A starting pattern for pads with these roles.
export function startingPattern(name, roles) {
  const grid = emptyPattern();
  const { rows } = PATTERNS[name];
  for (const [role, pad] of padsOf(Object.keys(rows), roles)) grid[pad] = [...rows[role]].map((mark) => MARKS.indexOf(mark));
  return grid;
}

// Which pad plays each role: [role, number]. A role that no pad has goes to a stand-in that plays nothing else, or is left
// out. Where there is nothing to choose by, in a kit of one instrument or of labels without a role, pads play by number.
function padsOf(wanted, roles) {
  if (new Set(roles.filter(Boolean)).size < 3) return wanted.map((role) => [role, ROLES.indexOf(role)]);
  const placed = new Map(wanted.filter((role) => roles.includes(role)).map((role) => [role, roles.indexOf(role)]));
  const free = (role) => roles.findIndex((other, pad) => other === role && ![...placed.values()].includes(pad));
  for (const role of wanted.filter((one) => !placed.has(one))) {
    const pad = (STAND_INS[role] ?? []).map(free).find((number) => number >= 0);
    if (pad !== undefined) placed.set(role, pad);
  }
  return [...placed];
}

export function isEmpty(grid) {
  return grid.every((row) => row.every((level) => level === 0));
}

// The grid in 86 letters for an address: two bits a step.
export function packPattern(grid) {
  const levels = grid.flat();
  const bytes = Array.from({ length: levels.length / 4 }, (_, at) =>
    levels.slice(4 * at, 4 * at + 4).reduce((byte, level) => byte * 4 + level, 0),
  );
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// The grid that `packPattern` packed; null for any other text.
export function unpackPattern(text) {
  if (!/^[\w-]{86}$/.test(text ?? "")) return null;
  const bytes = [...atob(text.replaceAll("-", "+").replaceAll("_", "/") + "==")].map((letter) => letter.charCodeAt(0));
  const levels = bytes.flatMap((byte) => [byte >> 6, (byte >> 4) & 3, (byte >> 2) & 3, byte & 3]);
  return Array.from({ length: PADS }, (_, pad) => levels.slice(pad * STEPS, (pad + 1) * STEPS));
}

// The notes as text for an address, "" for none: `5a48e51_7c60` has pad 6 play 48 at its first step and 51 at its fifth, and
// pad 8 play 60 at its third.
export function packPitches(grid) {
  const rows = grid.map((row) => row.map((pitch, step) => (pitch === null ? "" : letterOf(step) + pitch)).join(""));
  return rows.flatMap((row, pad) => (row ? [pad + row] : [])).join("_");
}

// The notes that `packPitches` packed; what makes no sense, or falls on a silent step of the pattern, is left out.
export function unpackPitches(text, pattern) {
  const grid = emptyPitches();
  for (const part of (text ?? "").split("_")) {
    const [, pad, row] = NOTES.exec(part) ?? [];
    for (const [, letter, pitch] of (row ?? "").matchAll(/([a-p])(\d+)/g)) {
      const step = letter.charCodeAt(0) - FIRST_LETTER;
      if (pattern[pad]?.[step] && isPitch(Number(pitch))) grid[pad][step] = Number(pitch);
    }
  }
  return grid;
}

export function isPitch(value) {
  return Number.isInteger(value) && value >= 0 && value <= 127;
}

function letterOf(step) {
  return String.fromCharCode(FIRST_LETTER + step);
}
