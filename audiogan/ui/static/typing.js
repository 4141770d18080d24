// Computer keys by their place on the keyboard, whatever its layout: pads, notes, start and stop.

import { isShown } from "./dom.js";
import { NOTE_CODES } from "./keyboard.js";
import { CODES } from "./pads.js";

const TYPED = "input:not([type=range], [type=checkbox]), textarea, [contenteditable], [role=menu] *, [role=listbox] *";
const PRESSED = "button, a, summary";

// `mode()` is "steps" or "keys"; nothing is heard while `element` is hidden behind another tab.
export function listenToTyping(element, { mode, notes, sequencer, actions, studio }) {
  const down = new Map();
  const isPointed = pointing(element);
  const away = (event) => !isShown(element) || event.ctrlKey || event.metaKey || event.altKey || isTyped(event.target, isPointed);
  addEventListener("keydown", (event) => {
    if (away(event)) return;
    if (event.key.length === 1 && event.target.matches?.("select")) event.preventDefault(); // else the letter would choose
    if (event.code === "Space") return space(event, () => sequencer.toggle(), isPointed);
    if (event.repeat) return;
    const note = mode() === "keys" ? NOTE_CODES.indexOf(event.code) : -1;
    const pad = mode() === "steps" ? CODES.indexOf(event.code) : -1;
    if (note >= 0) {
      down.set(event.code, notes.base + note);
      notes.down(notes.base + note);
    } else if (pad >= 0) {
      if (event.shiftKey) actions.reroll(pad);
      else actions.press(pad);
      studio.select(pad);
    }
  });
  const letGo = () => {
    for (const pitch of down.values()) notes.up(pitch);
    down.clear();
  };
  addEventListener("keyup", (event) => {
    if (event.key === "Meta") return letGo(); // macOS tells of no key that was released under it
    if (!down.has(event.code)) return;
    notes.up(down.get(event.code));
    down.delete(event.code);
  });
  addEventListener("blur", letGo);
}

// Whether what is pressed is meant for a field. A list of choices that was pressed is done with once one is chosen.
export function isTyped(target, isPointed) {
  return Boolean(target.closest?.(TYPED)) || (Boolean(target.matches?.("select")) && !isPointed(target));
}

// Whether something has the focus only because it was pressed with a mouse or a finger: the keys are not meant for it.
// A press elsewhere ends typing, also where it takes no focus itself: what was typed counts, and the keys play again.
export function pointing(element) {
  let pointed = null;
  const press = ({ target }) => {
    pointed = target.closest?.(`label, ${PRESSED}`);
    if (element.contains(pointed) && !pointed.contains(document.activeElement)) document.activeElement.blur();
  };
  addEventListener("pointerdown", press, { capture: true });
  addEventListener("keydown", ({ key }) => key === "Tab" && (pointed = null), { capture: true });
  return (focused) => Boolean(pointed?.contains(focused));
}

// A button that was reached by keys keeps the space bar, except pads, which Enter plays.
export function space(event, toggle, isPointed) {
  const focused = event.target.closest?.(PRESSED);
  if (focused && !focused.matches(".pad") && !isPointed(focused)) return;
  event.preventDefault();
  if (!event.repeat) toggle();
}
