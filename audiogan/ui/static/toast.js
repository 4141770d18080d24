// One line about what went wrong and what to do, or about what was done.

import { button, make } from "./dom.js";

const SECONDS = { wrong: 9, done: 4 };
let shelf = null;

export function toast(text, state = "wrong") {
  shelf ??= document.body.appendChild(make("div", { className: "toasts" }));
  const line = make("p", { textContent: text });
  const note = make("div", { className: `toast ${state}`, role: state === "wrong" ? "alert" : "status" }, line);
  note.append(button("Dismiss", () => note.remove(), { image: "clear", className: "dismiss", wordless: true }));
  shelf.replaceChildren(...[...shelf.children].slice(-2), note);
  setTimeout(() => note.remove(), SECONDS[state] * 1000);
}
