// The step grid: the selected pad's sixteen steps, or every pad's.

import { midiName } from "./axis.js";
import { button, make, roveFocus } from "./dom.js";
import { STEPS } from "./clock.js";
import { familyOf, nameOf } from "./pads.js";

const LEVEL_WORDS = ["off", "soft", "normal", "accent"];

export function buildSteps(studio, sequencer, player) {
  const node = make("div", { className: "steps", role: "group", ariaLabel: "Step grid" });
  const state = { all: false, paint: null, last: null, before: null, finger: null };
  const rows = studio.pads.map((_, number) => buildRow(number, studio, sequencer, player, state));
  node.append(...rows.map((row) => row.node));
  const settleFocus = roveFocus(node, ".step", () => studio.kit.steps);
  const show = (number) => {
    const focused = node.contains(document.activeElement) ? document.activeElement : null;
    rows.forEach((row, at) => {
      row.node.hidden = !state.all && at !== studio.selected;
      if (number === null || number === at) row.show();
    });
    settleFocus();
    if (focused?.closest("[hidden]")) rows[studio.selected].cells[focused.dataset.step]?.focus(); // its row gave way to another's
  };
  node.addEventListener("pointerover", (event) => paintOver(event, studio, state));
  const lift = (event) => {
    if (event.pointerId !== state.finger) return; // another finger's
    if (event.type === "pointercancel") studio.setBeat(state.before); // it came to scroll the page
    Object.assign(state, { paint: null, finger: null });
  };
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, lift);
  studio.addEventListener("changed", ({ detail }) => show(detail));
  studio.addEventListener("selected", () => show(null));
  sequencer.addEventListener("running", () => follow(node, rows, sequencer));
  show(null);
  return {
    node,
    setAll: (all) => {
      state.all = all;
      node.dataset.all = all;
      show(null);
    },
    setLevel: (level) => (sequencer.level = level),
  };
}

function buildRow(number, studio, sequencer, player, state) {
  const name = button("", () => {
    studio.select(number);
    player.press(number);
  }, { className: "row-name" });
  const mute = toggle("M", "Mute", number, studio, "muted");
  const solo = toggle("S", "Solo", number, studio, "soloed");
  const cells = Array.from({ length: STEPS }, (_, step) => buildStep(number, step, studio, sequencer, state));
  const track = make("div", { className: "track" }, ...cells);
  const node = make("div", { className: "step-row", role: "group" }, name, mute, solo, track);
  const show = () => {
    const { sound, muted, soloed } = studio.pads[number];
    node.ariaLabel = `Steps of pad ${number + 1}, ${nameOf(sound)}`;
    node.dataset.family = familyOf(sound.label);
    name.firstChild.textContent = nameOf(sound);
    name.ariaLabel = `Play pad ${number + 1}, ${nameOf(sound)}`;
    mute.ariaPressed = muted;
    solo.ariaPressed = soloed;
    cells.forEach((cell, step) => showStep(cell, studio, number, step));
  };
  return { node, cells, show };
}

function toggle(letter, name, number, studio, field) {
  const node = button(letter, () => {
    studio.pads[number][field] = !studio.pads[number][field];
    studio.changed();
  }, { className: "letter", title: name });
  node.ariaLabel = `${name} pad ${number + 1}`;
  return node;
}

function buildStep(number, step, studio, sequencer, state) {
  const cell = make("button", { type: "button", className: "step", tabIndex: -1 }, make("i", {}), make("span", { className: "note" }));
  cell.dataset.number = number;
  cell.dataset.step = step;
  const tap = () => studio.setStep(number, step, studio.kit.pattern[number][step] === sequencer.level ? 0 : sequencer.level);
  cell.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault(); // no focus: the space bar stays with the sequencer
    cell.releasePointerCapture?.(event.pointerId);
    const before = studio.beatNow();
    tap();
    if ((state.finger ?? event.pointerId) !== event.pointerId) return; // another paints already
    Object.assign(state, { before, paint: studio.kit.pattern[number][step], last: { number, step }, finger: event.pointerId });
  });
  cell.addEventListener("keydown", (event) => {
    const change = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (change) studio.setStep(number, step, Math.min(Math.max(studio.kit.pattern[number][step] + change, 0), 3));
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      tap();
    }
  });
  cell.addEventListener("keyup", (event) => event.key === " " && event.preventDefault()); // Firefox would click as well
  cell.addEventListener("click", (event) => event.detail || tap()); // of assistive tools: a press was heard before
  return cell;
}

function paintOver(event, studio, state) {
  const cell = event.target.closest?.(".step");
  if (event.pointerId !== state.finger || event.buttons !== 1 || !cell) return;
  const [number, step] = [Number(cell.dataset.number), Number(cell.dataset.step)];
  for (const one of stepsTo(state.last, number, step)) studio.setStep(number, one, state.paint);
  state.last = { number, step };
}

// From the last that was painted to this one, between which a quick finger is seen nowhere; this one where the row is another.
export function stepsTo(last, number, step) {
  const from = last.number === number ? last.step : step;
  return Array.from({ length: Math.abs(step - from) + 1 }, (_, at) => Math.min(from, step) + at);
}

function showStep(cell, studio, number, step) {
  const level = studio.kit.pattern[number][step];
  const pitch = studio.kit.pitches[number][step];
  const note = pitch === null ? "" : midiName(pitch);
  cell.dataset.level = level;
  cell.dataset.beat = step % 4 === 0;
  cell.hidden = step >= studio.kit.steps;
  cell.ariaPressed = level > 0;
  cell.lastChild.textContent = note;
  cell.ariaLabel = [`Step ${step + 1}`, LEVEL_WORDS[level], note].filter(Boolean).join(", ");
}

// The light that runs along: follows what is heard, not what is scheduled.
function follow(node, rows, sequencer) {
  let lit = null;
  const frame = () => {
    const column = sequencer.column();
    if (column !== lit) {
      for (const { cells } of rows) {
        cells[lit]?.removeAttribute("data-now");
        cells[column]?.setAttribute("data-now", "");
      }
      lit = column;
    }
    if (sequencer.running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
