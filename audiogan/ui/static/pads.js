// Sixteen pads: a press sounds at once, Shift and a press makes another sound, holding opens a menu.

import { icon, make, roveFocus, words } from "./dom.js";
import { audio } from "./engine.js";
import { isHeard } from "./kit.js";
import { letterOf, readLetters } from "./letters.js";
import { showMenu } from "./menu.js";
import { drawOutline } from "./wave.js";

export const CODES = [..."1234QWERASDFZXCV"].map((key) => (/\d/.test(key) ? `Digit${key}` : `Key${key}`));
const HOLD_MILLISECONDS = 480;
const MOVED = 10; // pixels: a finger that scrolls is no hold
const FAMILIES = {
  drum: ["Bass_drum", "Snare_drum", "Hi-hat", "Tambourine", "Clap", "Side_stick", "Tom", "Hand_drum", "Woodblock"],
  metal: ["Cowbell", "Gong", "Chime", "Glockenspiel", "Crash_cymbal", "Ride_cymbal"],
  string: ["Double_bass", "Acoustic_guitar", "Violin_or_fiddle", "Cello", "Electric_piano"],
};

export function familyOf(label) {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family].includes(label)) ?? "wind";
}

// What a pad is called where it is seen: the key that plays it.
export function keyOf(number) {
  return letterOf(CODES[number]);
}

export function nameOf(sound) {
  return sound.label ? words(sound.label) : `Sound ${sound.seed === null ? "" : sound.index + 1}`.trim();
}

export function buildPads(studio, player, actions) {
  const grid = make("div", { className: "pads", role: "group", ariaLabel: "Pads" });
  const fingers = new Set();
  const pads = studio.pads.map((_, number) => buildPad(number, studio, actions, fingers));
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, ({ pointerId }) => fingers.delete(pointerId));
  grid.append(...pads.map(({ node }) => node));
  pads.forEach(({ node }, number) => (node.tabIndex = number ? -1 : 0));
  roveFocus(grid, ".pad", () => 4);
  studio.addEventListener("changed", ({ detail }) => pads.forEach((pad, number) => (detail ?? number) === number && pad.show()));
  studio.addEventListener("selected", () => pads.forEach((pad) => pad.mark()));
  player.addEventListener("hit", ({ detail }) => pads[detail.number].flash(detail.time));
  new ResizeObserver(() => pads.forEach((pad) => pad.draw())).observe(grid);
  studio.addEventListener("mode", () => pads.forEach((pad) => pad.show()));
  readLetters(() => pads.forEach((pad) => pad.show()));
  return grid;
}

function buildPad(number, studio, actions, fingers) {
  const name = make("span", { className: "name" });
  const wave = make("canvas", { className: "wave", "aria-hidden": "true" });
  const beat = make("span", { className: "beat", "aria-hidden": "true" });
  const key = make("kbd", { "aria-hidden": "true" });
  const badge = make("span", { className: "badge", "aria-hidden": "true" });
  const node = make("button", { type: "button", className: "pad" }, make("span", { className: "top" }, key, badge), wave, name, beat);
  node.dataset.number = number;
  const draw = () => studio.pads[number].sound && drawOutline(wave, studio.pads[number].sound.samples, { share: studio.pads[number].length / 100 });
  const mark = () => {
    node.dataset.selected = studio.selected === number;
    node.setAttribute("aria-current", studio.selected === number);
  };
  const show = () => {
    showPad(number, studio, { node, key, name, beat, badge });
    mark();
    draw();
  };
  listen(node, number, studio, actions, fingers);
  show();
  return { node, show, draw, mark, flash: (time) => flash(node, time) };
}

function showPad(number, studio, { node, key, name, beat, badge }) {
  const pad = studio.pads[number];
  const busy = studio.busy.has(number);
  key.textContent = keyOf(number);
  name.textContent = nameOf(pad.sound);
  node.dataset.family = familyOf(pad.sound.label);
  node.dataset.busy = busy;
  node.dataset.heard = isHeard(studio.pads, number);
  badge.replaceChildren(...(pad.locked ? [icon("lock")] : []));
  const facts = [pad.locked && "locked", pad.muted && "muted", pad.soloed && "solo", busy && "being made"].filter(Boolean);
  const letter = !node.closest("[data-mode='keys']") && `key ${key.textContent}`; // else it plays a note
  node.ariaLabel = [`Pad ${number + 1}`, nameOf(pad.sound), letter, ...facts].filter(Boolean).join(", ");
  const levels = studio.kit.pattern[number].slice(0, studio.kit.steps);
  beat.replaceChildren(...(levels.some(Boolean) ? levels.map((level) => dot(level)) : []));
}

function dot(level) {
  const mark = make("i", {});
  mark.dataset.level = level;
  return mark;
}

// `fingers` are those that are down on any pad: whoever has two plays, and holds one for the sound, not for the menu.
function listen(node, number, studio, actions, fingers) {
  let held = null;
  let from = null;
  let pressed = false;
  const release = () => clearTimeout(held);
  const menu = () => {
    release();
    if (fingers.size > 1) return;
    studio.select(number);
    padMenu(node, number, studio, actions);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // no focus: the space bar stays with the sequencer
    fingers.add(event.pointerId);
    pressed = true;
    from = event;
    if (event.shiftKey) actions.reroll(number);
    else actions.press(number);
    studio.select(number);
    held = setTimeout(menu, HOLD_MILLISECONDS);
  });
  node.addEventListener("pointermove", (event) => {
    if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > MOVED) release();
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) node.addEventListener(end, release);
  node.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    menu();
  });
  node.addEventListener("click", (event) => {
    const sounded = pressed && event.detail > 0; // by the press; Enter and assistive tools come without one
    pressed = false;
    if (sounded) return;
    studio.select(number);
    if (event.shiftKey) actions.reroll(number);
    else actions.press(number);
  });
}

function padMenu(node, number, studio, actions) {
  const pad = studio.pads[number];
  const others = [
    ["Re-roll", "dice", () => actions.reroll(number)],
    ["Vary", "vary", () => actions.vary(number)],
    pad.past.length && ["Undo", "back", () => actions.undo(number)],
  ].filter(Boolean);
  showMenu(node, `Pad ${number + 1}`, [
    ...(pad.locked ? [] : others),
    [pad.locked ? "Unlock" : "Lock", pad.locked ? "unlock" : "lock", () => actions.lock(number)],
    null,
    ["Download WAV", "download", () => actions.download(number)],
    ["Level, pitch, length", "more", () => actions.adjust(number)],
  ]);
}

// Lights the pad when its sound is heard, which is later than now for what the sequencer scheduled.
function flash(node, time) {
  const light = () => {
    node.classList.remove("hit");
    void node.offsetWidth; // restarts the animation
    node.classList.add("hit");
  };
  const wait = (time - audio().currentTime) * 1000;
  if (wait > 5) setTimeout(light, wait);
  else light();
}

