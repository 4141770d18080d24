// The listening test's buttons.

import { make } from "./dom.js";

export function primary(label, action) {
  return button("primary", label, action);
}

export function secondary(label, action) {
  return button("secondary", label, action);
}

export function button(className, label, action) {
  const node = make("button", { type: "button", className, textContent: label });
  node.addEventListener("click", action);
  return node;
}
