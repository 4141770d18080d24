// Compare's computer keys: numbers switch between systems, the space bar starts and stops their loop.

import { isShown } from "./dom.js";
import { pointing, space } from "./typing.js";

const TYPED = "input:not([type=checkbox]), textarea, select";
const OPEN = '[role="tab"][aria-selected="true"]'; // the press that opened it may have come before anything listened here

// `count()` is how many systems can be heard; nothing is done while `root` is hidden behind another tab.
export function listenToKeys(root, { count, hear, toggle }) {
  const isPointed = pointing(root);
  const isIdle = (focused) => isPointed(focused) || focused.matches(OPEN);
  addEventListener("keydown", (event) => {
    if (!isShown(root) || event.altKey || event.ctrlKey || event.metaKey || event.target.closest?.(TYPED)) return;
    if (event.code === "Space") return event.target.matches?.("input") || space(event, toggle, isIdle);
    const number = Number(event.key) - 1;
    if (!(number >= 0 && number < count())) return;
    event.preventDefault();
    hear(number);
  });
}
