// Where nothing came: what is wrong, and a way to ask again, in the place of what should be there.

import { button, make } from "./dom.js";

export function lost(text, again) {
  const node = make("div", { className: "lost" }, make("p", { textContent: text, role: "alert" }), button("Try again", again));
  for (const event of ["pointerdown", "keydown"]) node.addEventListener(event, (told) => told.stopPropagation()); // no touch of what is below
  return node;
}
