// Compare's computer keys: numbers switch between systems, the space bar starts and stops their loop.

import { isShown } from "./dom.js";
import { isTyped, pointing, space } from "./typing.js";

const DIGIT = /^(?:Digit|Numpad)([1-9])$/; // by its place, as Play's pads: whatever it takes to type it
const OPEN = '[role="tab"][aria-selected="true"]'; // the press that opened it may have come before anything listened here

// `count()` is how many systems can be heard; nothing is done while `root` is hidden behind another tab.
export function listenToKeys(root, { count, hear, toggle }) {
  const isPointed = pointing(root);
  const isIdle = (focused) => isPointed(focused) || focused.matches(OPEN);
  addEventListener("keydown", (event) => {
    if (!isShown(root) || event.altKey || event.ctrlKey || event.metaKey || isTyped(event.target, isPointed)) return;
    if (event.code === "Space") return event.target.matches?.("input") || space(event, toggle, isIdle);
    const number = Number(DIGIT.exec(event.code)?.[1]) - 1;
    if (!(number < count()) || event.key.length > 1) return; // where Num Lock is off, it is an arrow
    event.preventDefault();
    hear(number);
  });
}
