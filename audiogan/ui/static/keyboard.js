// Two octaves of keys for fingers, computer keys and MIDI; a narrow screen shows the lower one.

import { isSharp, midiName } from "./axis.js";
import { allow, button, make, roveFocus } from "./dom.js";
import { letterOf, readLetters } from "./letters.js";
import { BASE, COUNT } from "./notes.js";
import { nameOf } from "./pads.js";

const LOWER = ["KeyZ", "KeyS", "KeyX", "KeyD", "KeyC", "KeyV", "KeyG", "KeyB", "KeyH", "KeyN", "KeyJ", "KeyM"];
const UPPER = ["KeyQ", "Digit2", "KeyW", "Digit3", "KeyE", "KeyR", "Digit5", "KeyT", "Digit6", "KeyY", "Digit7", "KeyU", "KeyI"];
export const NOTE_CODES = [...LOWER, ...UPPER];
const FINGER = 44; // pixels: no white key is narrower where two octaves are shown

export function buildKeyboard(studio, notes, actions) {
  const keys = Array.from({ length: COUNT }, (_, at) => buildKey(at));
  const piano = make("div", { className: "piano", role: "group", ariaLabel: "Keyboard" }, ...keys);
  const about = make("p", { className: "about", role: "status" });
  const show = () => {
    keys.forEach((key, at) => {
      nameKey(key, notes.base + at);
      key.dataset.known = notes.isKnown(notes.base + at);
      key.toggleAttribute("data-down", notes.held.has(notes.base + at));
    });
    about.textContent = describe(notes);
    piano.dataset.busy = false;
  };
  touch(piano, keys, notes);
  const settleFocus = roveFocus(piano, ".key", () => COUNT);
  new ResizeObserver(() => {
    fit(piano, keys);
    settleFocus();
  }).observe(piano);
  notes.addEventListener("ready", show);
  notes.addEventListener("busy", () => {
    piano.dataset.busy = true;
    about.textContent = `Making ${nameOf(notes.sound)} at ${COUNT} pitches…`;
  });
  notes.addEventListener("note", ({ detail }) => keys[detail - notes.base]?.toggleAttribute("data-down", notes.held.has(detail)));
  show();
  readLetters(() => keys.forEach((key, at) => (key.querySelector("kbd").textContent = letterOf(NOTE_CODES[at]))));
  return make("section", { className: "keys", ariaLabel: "Keys" }, buildTools(notes, actions, about), piano);
}

function describe(notes) {
  const name = nameOf(notes.sound);
  const drawn = "every key is drawn by the model at its pitch; dim keys are beyond what it learned";
  const how = notes.pitched ? drawn : "one sound, played faster and slower";
  return `${name}: ${how}.`;
}

function buildTools(notes, actions, about) {
  const shift = (octaves) => () => actions.run(notes.setBase(notes.base + 12 * octaves));
  const down = button("Octave down", shift(-1), { className: "tool small" });
  const up = button("Octave up", shift(1), { className: "tool small" });
  const sustain = button("Sustain", () => notes.setSustain(!notes.sustain), { className: "tool small" });
  const showSustain = () => (sustain.ariaPressed = notes.sustain);
  notes.addEventListener("sustain", showSustain); // a pedal moves it too
  showSustain();
  const save = button("Save SFZ", actions.saveKeys, { image: "download", title: "The keyboard's notes as WAV files with an SFZ instrument" });
  const tools = make("div", { className: "key-tools" }, down, up, sustain, save, about);
  notes.addEventListener("ready", () => {
    allow(down, notes.base > BASE.min);
    allow(up, notes.base < BASE.max);
  });
  return tools;
}

function buildKey(at) {
  const key = make("button", { type: "button", className: `key ${isSharp(at) ? "black" : "white"}`, tabIndex: at ? -1 : 0 });
  key.append(make("kbd", { "aria-hidden": "true" }), make("span", { "aria-hidden": "true" }));
  key.dataset.at = at;
  key.style.setProperty("--at", whiteBefore(at));
  return key;
}

// White keys to the left, which is where a key stands.
function whiteBefore(at) {
  return Array.from({ length: at }, (_, other) => other).filter((other) => !isSharp(other)).length;
}

// One octave where the keys of two would be too narrow for a finger: nothing is left to scroll, so fingers can slide.
function fit(piano, keys) {
  const count = piano.clientWidth < FINGER * whiteBefore(COUNT) ? 13 : COUNT;
  keys.forEach((key, at) => (key.hidden = at >= count));
  piano.style.setProperty("--whites", whiteBefore(count));
}

function nameKey(key, pitch) {
  const name = midiName(pitch);
  key.ariaLabel = name;
  key.lastChild.textContent = pitch % 12 === 0 ? name : "";
}

// Fingers play, several at once, and slide from key to key.
function touch(piano, keys, notes) {
  const playing = new Map();
  const move = (event, key) => {
    const pitch = key ? notes.base + Number(key.dataset.at) : null;
    const before = playing.get(event.pointerId);
    if (pitch === before) return;
    if (before != null) notes.up(before);
    playing.set(event.pointerId, pitch);
    if (pitch !== null) notes.down(pitch);
  };
  const under = (event) => {
    const key = document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");
    return key && piano.contains(key) ? key : null;
  };
  piano.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.target.closest(".key")) return;
    event.preventDefault();
    piano.setPointerCapture(event.pointerId);
    move(event, event.target.closest(".key"));
  });
  piano.addEventListener("pointermove", (event) => playing.has(event.pointerId) && move(event, under(event)));
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    piano.addEventListener(end, (event) => {
      move(event, null);
      playing.delete(event.pointerId);
    });
  }
  piano.addEventListener("click", (event) => {
    const key = event.detail === 0 ? event.target.closest(".key") : null; // Enter, or an assistive tool
    if (!key) return;
    const pitch = notes.base + Number(key.dataset.at);
    notes.down(pitch);
    setTimeout(() => notes.up(pitch), 400);
  });
}
