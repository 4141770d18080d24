// One line about what went wrong and what to do, or about what was done.

import { button, lendFocus, make } from "./dom.js";

const SECONDS = { wrong: 9, done: 4, undo: 10 };
const MOST = 2; // as many as have room above the controls
let shelf = null;

// What could be taken back is no more, or what of one kind could be.
export function dropUndo(kind = null) {
  const all = [...(shelf?.querySelectorAll(".take-back") ?? [])];
  for (const { parentNode } of all) if (!kind || parentNode.dataset.kind === kind) parentNode.dispatchEvent(new Event("outdated"));
}

// With `undo`, what was done can be taken back while the line stands; in another tab it would be in the way. Of one kind only
// the last can be: an earlier one would undo what came after it as well. Answers what takes the line away.
export function toast(text, state = "wrong", undo = null, kind = "") {
  shelf ??= document.body.appendChild(make("div", { className: "toasts" }));
  const line = make("p", { textContent: text });
  const note = make("div", { className: `toast ${state}`, role: state === "wrong" ? "alert" : "status" }, line);
  const giveBack = lendFocus(note);
  const close = () => {
    removeEventListener("tab", close); // which would keep what can be taken back
    giveBack();
    note.remove();
  };
  if (kind) dropUndo(kind);
  if (undo) {
    note.dataset.kind = kind;
    const takeBack = () => {
      close();
      undo();
    };
    note.append(button("Undo", takeBack, { image: "back", className: "take-back" }));
    addEventListener("tab", close);
  }
  note.append(button("Dismiss", close, { image: "clear", className: "dismiss", wordless: true }));
  const others = [...shelf.children].filter((other) => other.querySelector("p").textContent !== text); // said once, it stands
  shelf.replaceChildren(...others.slice(1 - MOST), note);
  note.addEventListener("outdated", close);
  setTimeout(close, SECONDS[undo ? "undo" : state] * 1000);
  return close;
}
