// Computer keys by their place on the keyboard, whatever its layout: pads, notes, start and stop.

import { NOTE_CODES } from "./keyboard.js";
import { CODES } from "./pads.js";

const TYPED = "input:not([type=range]), textarea, select, [contenteditable], [role=menu] *, [role=listbox] *";

// `mode()` is "steps" or "keys"; nothing is heard while `element` is hidden behind another tab.
export function listenToTyping(element, { mode, player, notes, sequencer, actions, studio }) {
  const down = new Map();
  const away = (event) => !element.checkVisibility() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPED);
  addEventListener("keydown", (event) => {
    if (away(event)) return;
    if (event.code === "Space") return space(event, sequencer);
    if (event.repeat) return;
    const note = mode() === "keys" ? NOTE_CODES.indexOf(event.code) : -1;
    const pad = mode() === "steps" ? CODES.indexOf(event.code) : -1;
    if (note >= 0) {
      down.set(event.code, notes.base + note);
      notes.down(notes.base + note);
    } else if (pad >= 0) {
      if (event.shiftKey) actions.reroll(pad);
      else player.press(pad);
      studio.select(pad);
    }
  });
  addEventListener("keyup", (event) => {
    if (!down.has(event.code)) return;
    notes.up(down.get(event.code));
    down.delete(event.code);
  });
  addEventListener("blur", () => {
    for (const pitch of down.values()) notes.up(pitch);
    down.clear();
  });
}

// A button that has the focus keeps the space bar, except pads, which Enter plays.
function space(event, sequencer) {
  const focused = event.target.closest?.("button, a, summary, [role=tab]");
  if (focused && !focused.matches(".pad")) return;
  event.preventDefault();
  if (!event.repeat) sequencer.toggle();
}
